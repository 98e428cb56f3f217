"""`globalws presence`: who is on a channel, in all regions."""

import time
from typing import Annotated, Any

import typer

from cli.command import ChannelName, command
from cli.domain.changes import instant
from cli.domain.presence import Member, Users, Watched, by_user, changes
from cli.errors import ExitCode
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Region

PRESENCE = (
    "query Presence($name: String!, $nextToken: String) { "
    "presence(name: $name, limit: 100, nextToken: $nextToken) "
    "{ items { user connection data enteredAt region } nextToken } }"
)


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "presence",
        examples=["globalws presence chat:42", "globalws presence chat:42 --watch --json"],
        json_shape='{"name", "members": [{"user", "connections": [{"connection", "region", '
        '"enteredAt", "data"}]}], "unreachable": [{"region", "error"}]}; with --watch a line per '
        'change: {"at", "action": "ENTER", "UPDATE" or "LEAVE", "user", "data"}',
    )(presence)


def presence(
    session: Session,
    name: ChannelName,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show who comes and goes, until Ctrl-C.")
    ] = False,
    interval: Annotated[
        float,
        typer.Option(min=0.1, max=60, metavar="SECONDS", help="With --watch: between two looks."),
    ] = 5,
) -> ExitCode:
    """Show the users who are on a channel, and their connections in every region.

    A connection that ends without leaving is shown until its lease ends, after 75 seconds by
    default. With --watch a user enters with the first connection and leaves with the last; a
    region that has not answered for 90 seconds has no members any more.
    """
    if watch:
        return _watch(session, name, interval)
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


def _watch(session: Session, name: str, interval: float) -> ExitCode:
    watched = Watched()
    before: Users = {}
    silent: frozenset[str] = frozenset()
    is_first = True
    while not session.output.nobody_reads:
        answers = _look(session, name)
        if is_first and all(answer.error is not None for answer in answers):
            raise next(answer.error for answer in answers if answer.error is not None)
        at = time.monotonic()
        for answer in answers:
            if answer.value is not None:
                watched.answered(answer.region, answer.value, at)
            elif answer.region not in silent:
                session.output.note(f"{answer.region}: {answer.reason}")
        silent = frozenset(answer.region for answer in answers if answer.error is not None)
        now = watched.users(at)
        for action, user, data in changes(before, now):
            _show_change(session, action, user, data)
        before, is_first = now, False
        time.sleep(interval)
    return ExitCode.OK


def _show_change(session: Session, action: str, user: str, data: str | None) -> None:
    at = instant(time.time())
    if session.output.as_json:
        session.output.json_line({"at": at, "action": action, "user": user, "data": data})
    else:
        session.output.line(f"{at[11:23]}  {action:<6}  {user}{f'  {data}' if data else ''}")


def _look(session: Session, name: str) -> list[Answer[list[Member]]]:
    return in_each(session.target.selected, lambda region: _members(session, region, name))


def _members(session: Session, region: Region, name: str) -> list[Member]:
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
