"""`globalws purge`: ending subscriptions in every region."""

from typing import Annotated

import typer
from globalws_functions.domain.channel_patterns import USER, is_wildcard
from globalws_functions.domain.command import PURGE_REQUESTED

from cli.change import carry_out
from cli.command import Reason, Timeout, Wait, command, optional_pattern, user_option
from cli.errors import ExitCode, UsageError
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "purge",
        examples=[
            'globalws purge tech --reason "spam wave"',
            'globalws purge media --block --delete-history --reason "court order 7" --yes',
            'globalws purge --user alice --reason "password stolen"',
        ],
        json_shape='{"change", "id", "name" or "user", "block", "deleteHistory", "reason", "by", '
        '"at", "putIn", "regions": [{"region", "state", "seconds", "why"}]}',
        asks=True,
    )(purge)


def purge(
    session: Session,
    reason: Reason,
    pattern: Annotated[
        str | None,
        optional_pattern("The channel, or a pattern of channels, e.g. tech, 'chat:*'."),
    ] = None,
    user: Annotated[str | None, user_option("End all subscriptions of this user instead.")] = None,
    block: Annotated[
        bool, typer.Option("--block", help="Close the channel too, until it is allowed or reset.")
    ] = False,
    delete_history: Annotated[
        bool,
        typer.Option(
            "--delete-history", help="Delete the messages stored until now; it cannot be undone."
        ),
    ] = False,
    wait: Wait = True,
    timeout: Timeout = 60,
) -> ExitCode:
    """End open subscriptions in every region: of a channel, of a pattern, or of a user.

    Clients may subscribe again at once, unless --block closes the channel. Puts one event on one
    region's bus (the first --region, or the next one if that does not answer); the buses carry it
    to all regions. Each leaves an audit record, by which this command knows that it is done.
    """
    if (pattern is None) is (user is None):
        raise UsageError("name a channel or a pattern, or a user with --user")
    if user is not None and (block or delete_history):
        raise UsageError("--block and --delete-history are of channels: `globalws users block`")
    if delete_history and pattern is not None and (is_wildcard(pattern) or USER in pattern):
        raise UsageError("--delete-history takes one channel, because each has its own history")
    also = [text for asked, text in ((block, "block it"), (delete_history, "delete its history"))
            if asked]  # fmt: skip
    whose = f"user {user}" if pattern is None else pattern
    question = f"End {whose}'s subscriptions in every region{_and(also)}?"
    flags = {"block": block, "deleteHistory": delete_history}
    fields = {"user": user} if pattern is None else {"name": pattern, **flags}
    return carry_out(
        session, "purge", PURGE_REQUESTED, fields, reason,
        question=question, wait=wait, timeout=timeout,
    )  # fmt: skip


def _and(also: list[str]) -> str:
    return "".join(f", {text}" for text in also)
