"""`make breaks` runs each mutation's test, also one that pytest deselects by default."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.mutations.runner import command
from tests.mutations.table import MUTATIONS
from tests.support.stack import ROOT

_FILES = sorted({each.test.partition("::")[0] for each in MUTATIONS})
_PYTHON = [file for file in _FILES if file.endswith(".py")]


def _deselected() -> set[str]:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    found = re.search(r"-m 'not \((.+)\)'", options["addopts"])
    assert found
    return set(found[1].split(" or "))


def _chosen(test: str) -> set[str]:
    options = command(test, Path("junit.xml"))[3:]  # after `python -m pytest`
    return {options[at + 1] for at, option in enumerate(options) if option == "-m"}


def test_some_are_deselected_by_default() -> None:
    assert _chosen("tests/deploy/test_keys.py::test_x") == {"deploys"}
    assert _chosen("tests/faults/test_bus.py::test_x") == {"faults"}
    assert _chosen("tests/unit/docs/test_words.py::test_x") == set()


@pytest.mark.parametrize("file", _PYTHON)
def test_the_runner_asks_for_what_is_deselected(file: str) -> None:
    marks = set(re.findall(r"pytest\.mark\.(\w+)", (ROOT / file).read_text()))
    assert _chosen(f"{file}::test_x") == marks & _deselected()
