"""How `globalws dlq` shows dead letters and what became of them."""

from datetime import UTC, datetime
from typing import Any

from globalws_functions.domain.json_text import read_json

from cli.redrive import Tally
from cli.session import Session

SHORTEST_PREFIX = 8
_MOST_SHOWN_FAILURES = 20


def show_list(
    session: Session, queues: list[dict[str, Any]], messages: list[dict[str, Any]]
) -> None:
    """Prints the queues' counts and the first dead letters."""
    columns = ("region", "queue", "visible", "inFlight", "delayed")
    session.output.table(columns, [[row.get(column) for column in columns] for row in queues])
    for row in queues:
        if row["error"]:
            session.output.error(f"{row['region']} {row['queue']}: {row['error']}")
    if messages:
        session.output.line("")
        session.output.table(
            ("id", "region", "queue", "sent", "channel", "to", "reason", "poison"),
            [
                (
                    each["messageId"][:SHORTEST_PREFIX], each["region"], each["queue"],
                    shown_time(each["sentAt"]), each["channel"], each["destination"],
                    each["reason"], each["poison"],
                )
                for each in messages
            ],
        )  # fmt: skip


def show_tallies(session: Session, tallies: list[Tally], done: str) -> None:
    """Prints what a redrive or drop did, queue by queue."""
    output = session.output
    if output.as_json:
        documents = [
            {
                "region": tally.region, "queue": tally.queue, "done": tally.done,
                "failed": tally.failed, "poison": tally.poison, "passedBy": tally.passed_by,
                "error": tally.error or None, "stayed": tally.stayed,
            }
            for tally in tallies
        ]  # fmt: skip
        output.document({"queues": documents})
        return
    output.table(
        ("region", "queue", done, "failed", "poison", "passed by"),
        [(t.region, t.queue, t.done, t.failed, t.poison, t.passed_by) for t in tallies],
    )
    for tally in tallies:
        if tally.error:
            output.error(f"{tally.region} {tally.queue}: {tally.error}")
        for each in tally.stayed[:_MOST_SHOWN_FAILURES]:
            output.note(f"{tally.region} {tally.queue} {each['messageId']}: {each['reason']}")
        if len(tally.stayed) > _MOST_SHOWN_FAILURES:
            output.note(f"… and {len(tally.stayed) - _MOST_SHOWN_FAILURES} more: see --json")


def decoded(body: str) -> Any:
    """A dead letter's body as JSON, or as text if it is none."""
    try:
        return read_json(body)
    except ValueError:
        return body


def shown_time(epoch: float) -> str:
    """Epoch seconds as people read them."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
