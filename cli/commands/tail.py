"""`globalws tail`: a channel's messages as they arrive, in several regions at once."""

import asyncio
from typing import Annotated

import typer
from globalws_functions.domain.channel_patterns import is_wildcard

from cli.command import command, parsed
from cli.domain.names import checked_grant_pattern
from cli.errors import ExitCode, UsageError
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "tail",
        examples=[
            "globalws tail tech --rewind 20",
            "globalws tail tech --region ap-southeast-2 --since 600 --count 100 --json",
            "globalws tail 'chat:*'",
        ],
        json_shape='a line per event: {"type": "message", "via", "id", "name", "message", '
        '"publishedAt", "region", "lagMs"} or {"type": "state", "via", "state", "reason"}',
    )(tail)


def tail(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The channel, e.g. tech; or a pattern, e.g. 'chat:*', with your AWS credentials.",
            parser=parsed(checked_grant_pattern),
        ),
    ],
    since: Annotated[
        float, typer.Option(min=0, max=3600, help="Begin so many seconds ago, from the history.")
    ] = 0,
    rewind: Annotated[
        int, typer.Option(min=0, max=1000, help="Begin with the newest so many messages.")
    ] = 0,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="End after so many lines of messages.", show_default=False),
    ] = None,
) -> ExitCode:
    """Follow a channel's messages in all regions, or in those named, until Ctrl-C.

    Each message appears once for each region in which it was received, with the region that it
    was published in and, unless it was read from the history, how long it took. A lost connection
    resumes without gaps or duplicates, where the deployment stores messages. A channel that is not
    allowed ends with exit code 4.

    A pattern shows the messages of all channels that it covers. It is live only: what is published
    while a connection is lost is missing, and there is no history. It subscribes with IAM, by your
    AWS credentials, as every tail does where the deployment has no API key.
    """
    from cli.adapters.subscriptions import Since  # here: the client imports aiohttp
    from cli.follow import endpoints_of, follow

    if since and rewind:
        raise UsageError("give --since or --rewind, not both")
    if is_wildcard(name) and (since or rewind):
        raise UsageError("a pattern has no history: leave --since and --rewind out")
    begin = Since(rewind or None, since * 1000 or None)
    endpoints = endpoints_of(session, signed=is_wildcard(name))
    return asyncio.run(follow(session, name, endpoints, begin, count))
