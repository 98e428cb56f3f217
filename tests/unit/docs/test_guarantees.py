"""Every promise in docs/guarantees.md names a test, and every test that it names exists."""

import ast
import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT

_ROW = re.compile(r"^\| (?!promise)(?P<promise>[^|]+) \| (?P<test>[^|]+) \|$", re.MULTILINE)
_TEST = re.compile(
    r"`(tests/[\w/]+\.py)::(test_\w+)`|`(sdk/typescript/tests/\w+\.test\.ts)::([^`]+)`"
)


def _rows() -> list[tuple[str, str]]:
    text = (ROOT / "docs" / "guarantees.md").read_text()
    return [(row["promise"], row["test"]) for row in _ROW.finditer(text)]


def _tests_in(path: Path) -> set[str]:
    if path.suffix == ".ts":
        text = path.read_text()
        scenarios = (ROOT / "sdk/scenarios").glob("*.json") if "loadScenarios()" in text else ()
        return {*re.findall(r"\btest\('([^']+)'", text), *(each.stem for each in scenarios)}
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_there_are_promises() -> None:
    assert len(_rows()) > 25


@pytest.mark.parametrize(("promise", "test"), _rows())
def test_a_promise_is_held_by_a_test(promise: str, test: str) -> None:
    found = _TEST.fullmatch(test)
    assert found, f"{promise!r} names no test: {test}"
    path, name = filter(None, found.groups())
    assert (ROOT / path).is_file(), path
    assert name in _tests_in(ROOT / path)
