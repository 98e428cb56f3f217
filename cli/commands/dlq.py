"""`globalws dlq`: what could not be delivered, why, and bringing it back."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from cli.command import STORED_CHANNEL, command, new_app
from cli.commands.dlq_view import SHORTEST_PREFIX, decoded, show_list, show_tallies, shown_time
from cli.dead_letter_queues import Choice, hand_over, home_of, queue_of
from cli.domain.dead_letters import DeadLetter, Queue, Reading, read_dead_letter
from cli.drain import Drain
from cli.errors import CliError, ExitCode, UsageError
from cli.redrive import Tally, drop, redrive
from cli.regions import at_once
from cli.session import Session
from cli.targets.target import Kind, Region

app = new_app("Dead letters: list, show, redrive and drop what could not be delivered.")

_TALLY_JSON = (
    '{"queues": [{"region", "queue", "done", "failed", "poison", "passedBy", "error", '
    '"stayed": [{"messageId", "reason"}]}]}'
)

QueueName = Annotated[
    Queue | None,
    typer.Option(
        help="Only this queue of each region. bus: what a rule could not hand to its target; "
        "function: what a function failed on.",
        show_default=False,
    ),
]
Channel = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Only messages of this channel.", parser=STORED_CHANNEL),
]
MessageIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID", help="Message ids of `dlq list`, or their first 8 characters."),
]
Limit = Annotated[
    int | None,
    typer.Option(min=1, help="At most so many messages of each queue.", show_default=False),
]


@dataclass(frozen=True)
class _Place:
    region: Region
    kind: Queue


@command(
    app,
    "list",
    examples=["globalws dlq list", "globalws dlq list --queue function --limit 100 --json"],
    json_shape='{"queues": [{"region", "queue", "visible", "inFlight", "delayed", "error"}], '
    '"messages": [{"messageId", "region", "queue", "sentAt", "receiveCount", "detailType", '
    '"channel", "id", "origin", "destination", "reason", "poison"}]}',
)
def list_dead_letters(
    session: Session,
    queue: QueueName = None,
    channel: Channel = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many of each queue.")] = 20,
) -> ExitCode:
    """Show how many messages each dead-letter queue holds, and the first of them with their reason.

    While they are read, messages are hidden from other readers for a moment. Counts are SQS's own,
    which are approximate. `poison` marks what a redrive cannot help.
    """
    choice = Choice(channel=channel)

    def look(place: _Place) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        source = queue_of(place.region, place.kind)
        depth, home = source.depth(), home_of(place.region, session.target)
        counts = {"visible": depth.visible, "inFlight": depth.in_flight, "delayed": depth.delayed}
        with Drain(source, limit) as drain:
            readings = [read_dead_letter(each, home) for batch in drain.batches() for each in batch]
        return counts, [reading.summary() for reading in readings if choice.wants(reading)]

    places = _places(session, queue)
    queues, messages, errors = [], [], []
    for place, (found, error) in zip(places, at_once(look, places), strict=True):
        counts, summaries = found or ({}, [])
        row = {"region": place.region.name, "queue": place.kind.value, **counts}
        queues.append({**row, "error": None if error is None else str(error)})
        messages += summaries
        errors.append(error)
    messages.sort(key=lambda message: message["sentAt"])
    if session.output.as_json:
        session.output.document({"queues": queues, "messages": messages})
    else:
        show_list(session, queues, messages)
    return _code(errors)


@command(
    app,
    "show",
    examples=["globalws dlq show 2f6b1c9e", "globalws dlq show 2f6b1c9e --json"],
    json_shape='the message of `dlq list`, with "attributes" and "body"',
)
def show(
    session: Session,
    message_id: Annotated[str, typer.Argument(metavar="ID", help="As `dlq list` shows it.")],
    queue: QueueName = None,
) -> ExitCode:
    """Show one dead letter whole: its event, where it was going, and why it failed."""
    choice = Choice([message_id])

    def look(place: _Place) -> Reading | None:
        home = home_of(place.region, session.target)
        with Drain(queue_of(place.region, place.kind)) as drain:
            for batch in drain.batches():
                for reading in (read_dead_letter(dead_letter, home) for dead_letter in batch):
                    if choice.wants(reading):
                        return reading
        return None

    answers = at_once(look, _places(session, queue))
    reading = next((found for found, _ in answers if found is not None), None)
    if reading is None:
        errors = [error for _, error in answers if error is not None]
        if errors:
            raise errors[0]
        raise CliError(f"no queue holds {message_id}, or it is hidden for now: `globalws dlq list`")
    dead_letter = reading.dead_letter
    document = reading.summary() | {
        "attributes": dict(dead_letter.attributes), "body": decoded(dead_letter.body)
    }  # fmt: skip
    if session.output.as_json:
        session.output.document(document)
    else:
        rows = [(key, value) for key, value in document.items() if key not in ("body", "sentAt")]
        session.output.table(
            ("", ""), [*rows[:3], ("sent", shown_time(dead_letter.sent_at)), *rows[3:]]
        )
        session.output.block(json.dumps(document["body"], indent=2, ensure_ascii=False))
    return ExitCode.OK


@command(
    app,
    "redrive",
    examples=[
        "globalws dlq redrive",
        "globalws dlq redrive --queue function --channel tech --yes",
        "globalws dlq redrive 2f6b1c9e --include-poison",
    ],
    json_shape=_TALLY_JSON,
    asks=True,
)
def redrive_dead_letters(
    session: Session,
    ids: MessageIds = None,
    queue: QueueName = None,
    channel: Channel = None,
    include_poison: Annotated[
        bool,
        typer.Option(
            "--include-poison", help="Also what failed for good, if it has a destination."
        ),
    ] = False,
    wait: Annotated[
        bool | None,
        typer.Option(
            "--sync/--async",
            help="Wait for each function: what fails again stays in its queue, with the new "
            "reason. By default on the local stack; in AWS, Lambda queues and retries.",
            show_default=False,
        ),
    ] = None,
    limit: Limit = None,
) -> ExitCode:
    """Deliver dead letters to the targets that failed.

    A message of the bus queue goes to the one target that missed it (a function, or a peer region's
    bus), a message of the function queue to its function. It leaves its queue only when the target
    has accepted it. What fails stays, and so does poison: what would fail again. You may repeat
    it: the API stores each message once, and regions carry out each command once.
    """
    _check_ids(ids)
    places = _places(session, queue)
    what = f"{len(ids)} messages" if ids else _held(places)
    session.confirm(f"Redrive {what} to where they were going?")
    sync = session.target.kind is Kind.LOCAL if wait is None else wait
    choice = Choice(ids or (), channel)

    def act(place: _Place, tally: Tally) -> None:
        home = home_of(place.region, session.target)
        redrive(
            queue_of(place.region, place.kind),
            tally,
            lambda dead_letter: read_dead_letter(dead_letter, home),
            lambda to: hand_over(to, place.region, session.target, wait=sync),
            wanted=choice.wants,
            include_poison=include_poison,
            limit=limit,
        )

    return _run(session, places, act, "redriven", choice)


@command(
    app,
    "drop",
    examples=[
        "globalws dlq drop 2f6b1c9e",
        "globalws dlq drop --all --queue function --region us-west-2",
    ],
    json_shape=_TALLY_JSON,
    asks=True,
)
def drop_dead_letters(
    session: Session,
    ids: MessageIds = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that the other options leave.")
    ] = False,
    queue: QueueName = None,
    channel: Channel = None,
    limit: Limit = None,
) -> ExitCode:
    """Delete dead letters for good. Name them, or say --all."""
    _check_ids(ids)
    if bool(ids) == everything:
        raise UsageError("name the messages to drop, or say --all (not both): `globalws dlq list`")
    places = _places(session, queue)
    what = f"{len(ids)} messages" if ids else _held(places)
    session.confirm(f"Delete {what}? It cannot be undone.")
    choice = Choice(ids or (), channel)

    def act(place: _Place, tally: Tally) -> None:
        def read(dead_letter: DeadLetter) -> Reading:
            return read_dead_letter(dead_letter, home)

        home = home_of(place.region, session.target)
        source = queue_of(place.region, place.kind)
        drop(source, tally, read, wanted=choice.wants, limit=limit)

    return _run(session, places, act, "dropped", choice)


def _run(
    session: Session,
    places: list[_Place],
    act: Callable[[_Place, Tally], None],
    done: str,
    choice: Choice,
) -> ExitCode:
    tallies = {place: Tally(place.region.name, place.kind.value) for place in places}
    answers = at_once(lambda place: act(place, tallies[place]), places)
    for tally, (_, error) in zip(tallies.values(), answers, strict=True):
        tally.error = "" if error is None else str(error)
    show_tallies(session, list(tallies.values()), done)
    code = _code([error for _, error in answers])
    stayed = sum(tally.failed + tally.poison for tally in tallies.values())
    moved = sum(tally.done for tally in tallies.values())
    if choice.missing:
        names = ", ".join(choice.missing)
        session.output.error(
            f"no queue holds {names}, or it is hidden for now: `globalws dlq list`"
        )
        code = ExitCode.FAILED if code is ExitCode.OK else code
    if code is ExitCode.OK and stayed:
        return ExitCode.PARTLY
    return ExitCode.PARTLY if moved and code is not ExitCode.OK else code


def _places(session: Session, queue: Queue | None) -> list[_Place]:
    kinds = [queue] if queue else list(Queue)
    return [_Place(region, kind) for region in session.target.selected for kind in kinds]


def _held(places: list[_Place]) -> str:
    counted = at_once(lambda place: queue_of(place.region, place.kind).depth().total, places)
    known = sum(count or 0 for count, _ in counted)
    unknown = sum(error is not None for _, error in counted)
    return f"about {known} messages" + (f" (and {unknown} unreadable queues)" if unknown else "")


def _check_ids(ids: list[str] | None) -> None:
    for each in ids or []:
        if len(each) < SHORTEST_PREFIX:
            raise UsageError(f"{each!r} is too short: give at least {SHORTEST_PREFIX} characters")


def _code(errors: list[CliError | None]) -> ExitCode:
    failed = [error for error in errors if error is not None]
    if not failed:
        return ExitCode.OK
    return ExitCode.PARTLY if len(failed) < len(errors) else failed[0].code
