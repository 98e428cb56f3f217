"""`globalws audit`: who commanded what for which channel, why, when, and what each region did."""

from typing import Annotated

import typer

from cli.adapters.tables import audit_records
from cli.command import CHANNEL, command
from cli.errors import ExitCode
from cli.regions import exit_code, failures, in_each
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "audit",
        examples=["globalws audit", "globalws audit media --limit 5 --json"],
        json_shape='{"records": [{"region", "at", "action", "channel", "by", "reason", "outcome", '
        '"steps", "failure", "origin", "eventId", "recordedAt", "key"}], '
        '"unreachable": [{"region", "error"}]}',
    )(audit)


def audit(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Only this channel.", parser=CHANNEL),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=10_000, help="At most so many records of each region.")
    ] = 20,
) -> ExitCode:
    """Show the commands for channels, newest first: allow, block, reset, purge, and by whom.

    Each region keeps its own record of what it did, so one command appears once per region. Action
    `close` is the janitor's own: a channel that a deployment dropped from AllowedChannels.
    """
    answers = in_each(
        session.target.selected,
        lambda region: audit_records(region.clients, region.output("AuditTableName"), name, limit),
    )
    records = sorted(
        (
            {**record, "region": answer.region}
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
    keys = ("at", "region", "action", "channel", "by", "reason", "outcome")
    output.table(keys, [[record.get(key) for key in keys] for record in records])
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)
