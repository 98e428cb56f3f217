"""`globalws presence`: who is on a channel, in all regions."""

import asyncio
from typing import Annotated, Any

import typer

from cli.command import ChannelName, command
from cli.domain.presence import Member, by_user
from cli.errors import ExitCode
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Region


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "presence",
        examples=["globalws presence chat:42", "globalws presence chat:42 --watch --json"],
        json_shape='{"name", "members": [{"user", "connections": [{"connection", "region", '
        '"enteredAt", "data"}]}], "unreachable": [{"region", "error"}]}; with --watch a line per '
        'change: {"at", "action": "ENTER", "UPDATE" or "LEAVE", "user", "data"} or '
        '{"at", "action": "COUNT", "connections", "more"}',
    )(presence)


def presence(
    session: Session,
    name: ChannelName,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show who comes and goes, until Ctrl-C.")
    ] = False,
) -> ExitCode:
    """Show the users who are on a channel, and their connections in every region.

    A connection that ends without leaving is shown until its lease ends, after 75 seconds by
    default. With --watch a user enters with the first connection and leaves with the last; a
    region that has not answered for 90 seconds has no members any more. In a channel of more than
    200 connections it shows how many there are, and not who comes and goes.
    """
    if watch:
        from cli.watch import endpoints_of, watch_presence  # here: the client imports aiohttp

        return asyncio.run(watch_presence(session, name, endpoints_of(session)))
    answers = _look(session, name)
    users = by_user(member for answer in answers for member in answer.value or ())
    output = session.output
    if output.as_json:
        output.document(
            {
                "name": name,
                "members": [
                    {"user": user, "connections": [each.document() for each in members]}
                    for user, members in users.items()
                ],
                "unreachable": failures(answers),
            }
        )
        return exit_code(answers)
    output.table(
        ("user", "connections", "regions", "since", "data"),
        [_cells(user, members) for user, members in users.items()],
    )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


def _look(session: Session, name: str) -> list[Answer[list[Member]]]:
    return in_each(session.target.selected, lambda region: _members(session, region, name))


def _members(session: Session, region: Region, name: str) -> list[Member]:
    from globalws_client.graphql import PRESENCE

    api = session.api(region)
    members: list[Member] = []
    token: str | None = None
    while True:
        page: dict[str, Any] = api.execute(PRESENCE, {"name": name, "nextToken": token})["presence"]
        members += [Member.parse(item) for item in page["items"]]
        token = page["nextToken"]
        if token is None:
            return members


def _cells(user: str, members: list[Member]) -> list[object]:
    regions = ", ".join(sorted({member.region for member in members}))
    return [user, len(members), regions, members[0].entered_at, members[-1].data or ""]
