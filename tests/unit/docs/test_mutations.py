"""Every promise in docs/guarantees.md can be broken on purpose: `make breaks` has how."""

import pytest

from tests.mutations.model import Break
from tests.mutations.table import BREAKS
from tests.unit.docs.test_guarantees import _rows

_PRODUCTION = (
    "cli/",
    "functions/",
    "graphql/",
    "emulator/",
    "sdk/",
    "template.yaml",
)


def _promised() -> list[str]:
    return [test.strip("`") for _, test in _rows()]


@pytest.mark.parametrize("test", _promised())
def test_every_promise_has_a_break(test: str) -> None:
    assert test in {each.test for each in BREAKS}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda each: each.test.split("::")[1])
def test_a_break_is_one_edit_of_production_code_against_a_promise(broken: Break) -> None:
    assert broken.test in _promised()
    assert broken.file.startswith(_PRODUCTION)
    text = broken.path.read_text()
    assert broken.applied_to(text) != text
