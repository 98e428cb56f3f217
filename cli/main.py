"""Assembles the command `globalws` from its groups."""

from typing import Annotated

import typer

from cli.command import new_app
from cli.commands import audit, channels, config, dlq, publish, purge, status, tail, top, trace
from cli.errors import MEANING

_CODES = "\n".join(f"  {code.value:>3}  {meaning}" for code, meaning in MEANING.items())

_EXAMPLES = """\
  globalws status
  globalws tail tech --region us-west-2 --region ap-southeast-2
  globalws channels block media --reason "copyright claim 1138"
  globalws dlq list --aws --json"""
_HELP = (
    "Operate a GlobalWS installation: its channels, messages and dead letters, in all regions.\n\n"
    "GlobalWS is a publish/subscribe API over WebSockets that runs the same stack in several AWS "
    "regions; a message published in one reaches the channel's subscribers in all. Every command "
    "works on the local stack or on AWS, says on stderr on which, and prints JSON with --json."
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("globalws"))
        raise typer.Exit


def new_globalws() -> typer.Typer:
    """The whole command."""
    app = new_app(_HELP)

    @app.callback(epilog=f"Examples:\n{_EXAMPLES}\n\nExit codes:\n{_CODES}")
    def root(
        version: Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")
        ] = False,
    ) -> None:
        pass

    publish.register(app)
    tail.register(app)
    trace.register(app)
    status.register(app)
    top.register(app)
    app.add_typer(channels.app, name="channels")
    purge.register(app)
    audit.register(app)
    app.add_typer(dlq.app, name="dlq")
    config.register(app)
    return app


def main() -> None:
    """The console script."""
    new_globalws()(prog_name="globalws")
