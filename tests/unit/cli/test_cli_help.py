"""Every command's help: what it does, options that say what they mean, and an example."""

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from cli.main import new_globalws
from tests.unit.cli.conftest import Run

COMMANDS = [
    "add-region",
    "audit",
    "channels allow",
    "channels block",
    "channels explain",
    "channels list",
    "channels reset",
    "config",
    "cost",
    "deploy",
    "destroy",
    "dlq drop",
    "dlq list",
    "dlq redrive",
    "dlq show",
    "keys rotate",
    "presence",
    "publish",
    "purge",
    "remove-region",
    "status",
    "tail",
    "top",
    "trace",
    "users allow",
    "users block",
    "users grant",
    "users list",
    "users revoke",
]
ON_NO_TARGET = ("add-region", "cost", "deploy", "destroy", "remove-region")


def commands(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


FOUND = dict(commands(typer.main.get_command(new_globalws())))


def test_these_are_the_commands() -> None:
    assert sorted(FOUND) == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_a_description_examples_and_the_json_form(name: str, run: Run) -> None:
    ran = run(*name.split(), "--help")
    assert ran.code == 0
    assert FOUND[name].help.split(".")[0] in " ".join(ran.out.split())
    examples = ran.out.split("Examples:")[1].split("With --json:")
    assert f"  globalws {name}" in examples[0] or f"| globalws {name}" in examples[0]
    assert examples[1].strip()
    assert ("{region}" in ran.out) is (name not in ON_NO_TARGET)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    for parameter in FOUND[name].params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ON_NO_TARGET])
def test_an_example_is_no_usage_error(name: str, run: Run) -> None:
    """What the help shows must parse: with a target that is not there, it fails on that alone."""
    import shlex

    lines = FOUND[name].epilog.split("\n\n")[0].splitlines()[1:]
    for line in lines:
        command = line.split("|")[-1].split(">")[0].strip().replace("\\[", "[")
        words = [word for word in shlex.split(command)[1:] if word not in ("--aws", "--yes")]
        if "--stack-name" in words:
            continue
        ran = run(*words, "--stack-file", "/nowhere/stack.json", stdin="text")
        assert ran.code == 5, (line, ran.err)


def test_exit_codes_are_in_the_help(run: Run) -> None:
    out = run("--help").out
    for line in ("0  done", "3  done in part", "4  refused", "5  target not reachable", "130  "):
        assert line in out
