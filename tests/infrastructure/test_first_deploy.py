"""docs/first-deploy.md: the AWS commands exist, and each step says what it settles."""

import re
import shlex

import botocore.session
import pytest
from botocore import xform_name

from tests.support.stack import ROOT

_TEXT = (ROOT / "docs" / "first-deploy.md").read_text()
_BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", _TEXT, re.DOTALL))


def _commands(program: str) -> list[list[str]]:
    """The words after each `program`, in a line's beginning or in `$(…)`, up to a pipe."""
    found = re.findall(rf"(?:^|\$\(|^ +){program} ([^|\n]+)", _BLOCKS, re.MULTILINE)
    return [shlex.split(text.split(" > ")[0].rstrip(")")) for text in found]


@pytest.mark.parametrize("words", _commands("aws"), ids=lambda words: " ".join(words[:2]))
def test_every_command_of_aws_exists(words: list[str]) -> None:
    session = botocore.session.get_session()
    operations = session.get_service_model(words[0]).operation_names
    assert words[1].replace("-", "_") in {xform_name(each) for each in operations}


def test_every_step_says_what_it_settles_and_every_unproven_thing_has_its_step() -> None:
    steps = re.split(r"^## (?=\d)", _TEXT, flags=re.MULTILINE)[1:]
    steps[-1] = steps[-1].split("\n## ")[0]
    assert len(steps) == 11
    for number, step in enumerate(steps, 1):
        assert step.startswith(f"{number}. ")
        assert step.count("*Settles:*") == 1, step.splitlines()[0]
    rows = re.findall(r"^\| (?!what|-)([^|]+) \| ([^|]+) \|$", _TEXT, re.MULTILINE)
    assert len(rows) >= 10
    settled = {int(number) for _, by in rows for number in re.findall(r"\b(\d+)\b", by)}
    assert settled <= set(range(1, 11))
