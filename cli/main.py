"""Assembles the command `globalws` from its groups."""

import sys
from typing import Annotated

import typer

from cli.command import help_lines, new_app
from cli.commands import (
    audit,
    channel_views,
    channels,
    config,
    cost,
    deploy,
    dlq,
    keys,
    presence,
    publish,
    purge,
    status,
    tail,
    top,
    trace,
    users,
)
from cli.errors import MEANING, ExitCode
from cli.standard_streams import outlet, prepare

_CODES = [f"{code.value:>3}  {meaning}" for code, meaning in MEANING.items()]

_EXAMPLES = (
    "globalws status",
    "globalws tail tech --region us-west-2 --region ap-southeast-2",
    'globalws channels block media --reason "copyright claim 1138"',
    "globalws dlq list --aws --json",
)
_HELP = (
    "Operate a GlobalWS deployment: its channels, messages and dead letters, in all regions.\n\n"
    "GlobalWS is a publish/subscribe API over WebSockets that runs the same stack in several AWS "
    "regions; a message published in one reaches the channel's subscribers in all. Every command "
    "works on the local stack or on AWS, says on stderr which of them, and prints JSON with --json."
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("globalws"))
        raise typer.Exit


def new_globalws() -> typer.Typer:
    """The whole command."""
    app = new_app(_HELP)

    codes = help_lines("Exit codes", _CODES)

    @app.callback(epilog=f"{help_lines('Examples', _EXAMPLES)}\n\n{codes}")
    def root(
        version: Annotated[
            bool,
            typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
        ] = False,
    ) -> None:
        pass

    publish.register(app)
    tail.register(app)
    presence.register(app)
    trace.register(app)
    status.register(app)
    top.register(app)
    channel_views.register(channels.app)
    app.add_typer(channels.app, name="channels")
    app.add_typer(users.app, name="users")
    purge.register(app)
    audit.register(app)
    app.add_typer(dlq.app, name="dlq")
    app.add_typer(keys.app, name="keys")
    config.register(app)
    cost.register(app)
    deploy.register(app)
    return app


def main() -> None:
    """The console script."""
    closed = prepare()
    if "stdout" in closed:  # before anything is done whose result nobody would see
        _complain("standard output is closed: send it to /dev/null if you do not want it")
        sys.exit(ExitCode.USAGE)
    code: int | str | None = ExitCode.OK
    try:
        new_globalws()(prog_name="globalws")
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    out = outlet(sys.stdout)
    failure = None if out is None else out.failure
    # A reader that has seen enough is no error.
    if failure is not None and not isinstance(failure, BrokenPipeError):
        _complain(f"standard output cannot be written: {failure.strerror}")
        code = code or ExitCode.FAILED
    sys.exit(code)


def _complain(text: str) -> None:
    print(f"globalws: {text}", file=sys.stderr)
