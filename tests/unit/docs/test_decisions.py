"""docs/decisions/: one numbering without gaps, one form, and an index of all of them."""

import re
from pathlib import Path

import pytest

from tests.support.stack import ROOT

_FOLDER = ROOT / "docs" / "decisions"
_FILES = sorted(_FOLDER.glob("[0-9]*.md"))
_FORM = re.compile(
    r"# (?P<number>\d{4})\. (?P<title>[^\n]+)\n\n"
    r"Accepted \d{4}-\d\d-\d\d(, reviewed \d{4}-\d\d-\d\d)?\n\n"
    r"\*\*Context\.\*\*\s.+\n\n\*\*Decision\.\*\*\s.+\n\n\*\*Consequences\.\*\*\s.+",
    re.DOTALL,
)


def test_the_numbers_have_no_gap_and_no_number_has_two_files() -> None:
    numbers = [int(path.name[:4]) for path in _FILES]
    assert len(set(numbers)) == len(numbers)
    first = [number for number in numbers if number < 40]
    assert first == list(range(1, len(first) + 1))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.name[:4])
def test_a_decision_has_the_form_and_a_row_in_the_index(path: Path) -> None:
    found = _FORM.fullmatch(path.read_text())
    assert found, f"{path.name}: # NNNN. Title, Accepted DATE, Context, Decision, Consequences"
    assert found["number"] == path.name[:4]
    row = f"| [{found['number']}]({path.name}) | {found['title']} |"
    assert row in (_FOLDER / "README.md").read_text().splitlines()
