"""Import directions: pyproject.toml's contracts hold them between packages, the rest is here."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import ROOT

_FUNCTIONS = ROOT / "functions"
_HANDLERS = sorted(_FUNCTIONS.glob("*.py"))
_DOMAIN = sorted((_FUNCTIONS / "globalws_functions" / "domain").rglob("*.py"))
_OF_HANDLERS = sys.stdlib_module_names | {"aws_lambda_powertools", "globalws_functions"}
# What would give the domain a clock, a die or a file of its own, although no import tells.
_IMPURE = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today"),
    *("Random", "SystemRandom", "random.random", "open", "print", "input"),
}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module)


def _called(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("handler", _HANDLERS, ids=lambda path: path.stem)
def test_a_handler_imports_only_what_is_packaged_with_it(handler: Path) -> None:
    assert {name.split(".")[0] for name in _imported(handler)} <= _OF_HANDLERS


def test_nothing_imports_a_handler() -> None:
    handlers = {path.stem for path in _HANDLERS}
    assert handlers >= {"replay"}
    for path in [*_HANDLERS, *(_FUNCTIONS / "globalws_functions").rglob("*.py")]:
        assert not handlers & set(_imported(path)), path


@pytest.mark.parametrize("module", _DOMAIN, ids=lambda path: path.stem)
def test_the_domain_is_given_its_clock_and_its_dice(module: Path) -> None:
    assert not _IMPURE & set(_called(module))
