"""`globalws audit`: who commanded what for which channel, why, when, and what each region did."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from globalws_functions.domain.channel import user_key, user_of

from cli.adapters.tables import audit_records
from cli.command import command, optional_pattern, user_option
from cli.errors import ExitCode, UsageError
from cli.regions import exit_code, failures, in_each
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "audit",
        examples=["globalws audit", "globalws audit media --limit 5 --json"],
        json_shape='{"records": [{"region", "at", "action", "channel", "user", "details", "by", '
        '"reason", "outcome", "steps", "failure", "origin", "eventId", "recordedAt", "key"}], '
        '"unreachable": [{"region", "error"}]}',
    )(audit)


def audit(
    session: Session,
    name: Annotated[
        str | None, optional_pattern("Only what was given for this channel or pattern.")
    ] = None,
    user: Annotated[str | None, user_option("Only what was given for this user.")] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="At most so many records of each region.")
    ] = 20,
) -> ExitCode:
    """Show the commands for channels and users, newest first, by whom, and how they ended.

    Each region keeps its own record of what it did, so one command appears once per region. Action
    `close` is the janitor's own: a channel that a deployment dropped from AllowedChannels.
    """
    if name is not None and user is not None:
        raise UsageError("name a channel or pattern, or a user with --user, not both")
    subject = name if user is None else user_key(user)
    answers = in_each(
        session.target.selected,
        lambda region: audit_records(
            region.clients, region.output("AuditTableName"), subject, limit
        ),
    )
    records = sorted(
        (
            {**_about(record), "region": answer.region}
            for answer in answers
            for record in answer.value or []
        ),
        key=lambda record: (str(record.get("at")), str(record.get("eventId"))),
        reverse=True,
    )
    output = session.output
    if output.as_json:
        output.document({"records": records, "unreachable": failures(answers)})
        return exit_code(answers)
    keys = ("at", "region", "action", "channel", "user", "details", "by", "reason", "outcome")
    output.table(keys, [[record.get(key) or "" for key in keys] for record in records])
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


def _about(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the channel or pattern, or the user, that it is about."""
    name = str(record.get("channel", ""))
    user = user_of(name)
    return {**record, "channel": name if user is None else None, "user": user}
