"""docs/first-deploy.md: each command that it tells to run exists."""

import re
import shlex
from pathlib import Path

import botocore.session
import pytest
import typer
from botocore import xform_name

from cli.main import new_globalws
from tests.support.stack import ROOT

_TEXT = (ROOT / "docs" / "first-deploy.md").read_text()
_BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", _TEXT, re.DOTALL))


def _commands(program: str) -> list[list[str]]:
    """The words after each `program`, in a line's beginning or in `$(…)`, up to a pipe."""
    found = re.findall(rf"(?:^|\$\(|^ +){program} ([^|\n]+)", _BLOCKS, re.MULTILINE)
    return [shlex.split(text.split(" > ")[0].rstrip(")")) for text in found]


def test_every_target_of_make_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = [words[0] for words in _commands("make")]
    assert len(named) >= 6
    assert set(named) <= set(targets)


def test_every_command_of_globalws_exists_with_its_options() -> None:
    known = typer.main.get_command(new_globalws())
    commands = _commands("globalws")
    assert len(commands) >= 8
    for words in commands:
        group, rest = known, words
        while hasattr(group, "commands"):
            assert rest[0] in group.commands, " ".join(words)
            group, rest = group.commands[rest[0]], rest[1:]
        options = {option for each in group.params for option in (*each.opts, *each.secondary_opts)}
        assert {word for word in rest if word.startswith("--")} <= options, " ".join(words)


@pytest.mark.parametrize("words", _commands("aws"), ids=lambda words: " ".join(words[:2]))
def test_every_command_of_aws_exists(words: list[str]) -> None:
    session = botocore.session.get_session()
    operations = session.get_service_model(words[0]).operation_names
    assert words[1].replace("-", "_") in {xform_name(each) for each in operations}


def test_every_file_that_it_names_is_there() -> None:
    for name in re.findall(r"`((?:deploy|tests|templates|\.github)/[\w./-]+\.\w+)`", _TEXT):
        assert (ROOT / name).is_file(), name
    for target in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", _TEXT):
        assert (Path(ROOT) / "docs" / target).resolve().is_file(), target


def test_every_step_says_what_it_settles_and_every_unproven_thing_has_its_step() -> None:
    steps = re.split(r"^## (?=\d)", _TEXT, flags=re.MULTILINE)[1:]
    steps[-1] = steps[-1].split("\n## ")[0]
    assert len(steps) == 9
    for number, step in enumerate(steps, 1):
        assert step.startswith(f"{number}. ")
        assert step.count("*Settles:*") == 1, step.splitlines()[0]
    rows = re.findall(r"^\| (?!what|-)([^|]+) \| ([^|]+) \|$", _TEXT, re.MULTILINE)
    assert len(rows) >= 10
    settled = {int(number) for _, by in rows for number in re.findall(r"\b(\d)\b", by)}
    assert settled <= set(range(1, 10))
