"""The command `globalws` in this process, made once: making it takes longer than most runs."""

from functools import cache
from typing import Any
from unittest.mock import patch

from typer import Typer
from typer.main import get_command
from typer.testing import CliRunner, Result

from cli.main import new_globalws


@cache
def command() -> Any:
    """What runs it when it is called with `prog_name`."""
    return get_command(new_globalws())


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """Run it with these arguments and this standard input, which is no terminal."""
    with patch("typer.testing._get_command", lambda _: command()):
        return CliRunner().invoke(Typer(), arguments, input=stdin)
