"""`globalws trace`: one message by its id, from publish to delivery, through all regions' logs."""

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from globalws_functions.domain.channel_patterns import is_name
from globalws_functions.domain.ulid import time_of, ulid

from cli.adapters.logs import ask_region_process, lines_with
from cli.channel_rules import read_all_rules
from cli.command import MESSAGE_ID, STORED_CHANNEL, command
from cli.dead_letter_queues import home_of, queue_of
from cli.domain.changes import epoch
from cli.domain.dead_letters import Queue, read_dead_letter
from cli.domain.steps import (
    Step,
    in_order,
    step_of_dead_letter,
    step_of_record,
    steps_of_line,
)
from cli.drain import Drain
from cli.errors import CliError, ExitCode
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Kind, Region

_FUNCTIONS = ("replay", "publish", "commands", "policy", "janitor")
_CLOCKS = 60.0  # how far the publisher's clock, which made the id, may be ahead
_LONGEST = 30 * 86_400.0
_MOST_DEAD_LETTERS = 500  # of each queue


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "trace",
        examples=[
            "globalws trace 01KB4YXW0G8Q2M7R3T5V9XZABC",
            "globalws trace 01KB4YXW0G8Q2M7R3T5V9XZABC --channel tech --json",
        ],
        json_shape='{"id", "steps": [{"at", "afterMs", "region", "source", "step", "details"}], '
        '"storedIn": [], "unreachable": [{"region", "error"}]}',
    )(trace)


def trace(
    session: Session,
    id: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="The id of a message, or of a command.", parser=MESSAGE_ID
        ),
    ],
    channel: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The message's channel. Without it, the command reads the histories of the "
            "channels that the logs name; if they name none, of those that a rule allows by "
            "their own names, not by a pattern.",
            parser=STORED_CHANNEL,
            show_default=False,
        ),
    ] = None,
) -> ExitCode:
    """Follow a message by its id through the logs and histories of all regions, in order of time.

    The id is the correlation id of every log line. On AWS these are the functions' log groups and
    AppSync's (which has errors only), so deliveries do not show: if Replay succeeded, AppSync has
    taken the message for its subscribers. For a message that failed it shows the dead-letter queue,
    when and why it came there, and when it was redriven. On the local stack each region's process
    adds what the bus took, and how many subscribers were served. Exit code 1: no region knows the
    id.
    """
    answers = in_each(session.target.selected, lambda region: _look(session, region, id, channel))
    steps = in_order(step for answer in answers for step in answer.value or ())
    _show(session, id, steps, answers)
    if not steps and not failures(answers):
        raise CliError(f"no region knows {id}: is it older than the logs and the history are kept?")
    return exit_code(answers)


def _look(session: Session, region: Region, id: str, channel: str | None) -> list[Step]:
    since = time_of(id).timestamp() - _CLOCKS
    if not time.time() - _LONGEST < since < time.time() + _LONGEST:  # no clock made this id
        since = time.time() - _LONGEST
    groups = {
        f"Function {name}": f"/aws/lambda/{region.stack_name}-{name}" for name in _FUNCTIONS
    } | {"AppSync": f"/aws/appsync/apis/{region.output('ApiId')}"}
    steps = [
        step
        for source, group in groups.items()
        for at, text in lines_with(region.clients, group, id, since)
        for step in steps_of_line(region.name, source, at, text)
    ]
    if session.target.kind is Kind.LOCAL:
        noted = ask_region_process(region.clients, f"trace/{id}")["steps"]
        steps += [step_of_record(region.name, record) for record in noted]
    steps += _dead_letters(session, region, id)
    names = {channel} if channel else _channels(region, steps)
    return steps + _stored(session, region, id, names)


def _dead_letters(session: Session, region: Region, id: str) -> list[Step]:
    """That the message lies in a dead-letter queue of the region now, and why."""
    found: list[Step] = []
    for kind in Queue:
        queue = queue_of(region, kind)
        if queue.depth().total == 0:
            continue
        home = home_of(region, session.target)
        with Drain(queue, _MOST_DEAD_LETTERS) as drain:
            readings = [read_dead_letter(each, home) for batch in drain.batches() for each in batch]
        found += [
            step_of_dead_letter(region.name, kind, each.reason, each.dead_letter.sent_at)
            for each in readings
            if each.detail.get("id") == id
        ]
    return found


def _channels(region: Region, steps: list[Step]) -> set[str]:
    """The channels that the steps name, or else all that a rule allows by their names."""
    named = {str(step.details["channel"]) for step in steps if "channel" in step.details}
    found = {rule.pattern for rule in read_all_rules(region).rules if rule.allowed}
    return {name for name in named or found if is_name(name)}


def _before(id: str) -> str:
    """An id just below this one: the greatest of the millisecond before."""
    return ulid(time_of(id) - timedelta(milliseconds=1), b"\xff" * 10)


def _stored(session: Session, region: Region, id: str, names: set[str]) -> list[Step]:
    """The publish, as the history of the region that stored it tells."""
    from globalws_client.history import query_of
    from globalws_client.signals import Fetch

    api = session.api(region)
    for name in sorted(names):
        try:
            answer = api.execute(*query_of([Fetch(0, 0, name, _before(id), None, 1, None)]))
        except CliError:  # no history is kept, or the channel was closed meanwhile
            continue
        for item in answer["h0"]["items"]:
            published = epoch(item["publishedAt"])
            if item["id"] == id and published is not None:
                where = "published here" if item["region"] == region.name else "stored, published"
                details = {"channel": item["name"], "origin": item["region"]}
                return [Step(published, region.name, "history", where, details)]
    return []


def _show(session: Session, id: str, steps: list[Step], answers: list[Answer[list[Step]]]) -> None:
    output = session.output
    begin = steps[0].at if steps else 0.0
    if output.as_json:
        stored = [step.region for step in steps if step.source == "history"]
        output.document(
            {
                "id": id,
                "steps": [step.document(begin) for step in steps],
                "storedIn": stored,
                "unreachable": failures(answers),
            }
        )
        return
    output.table(
        ("time (UTC)", "after ms", "region", "by", "step", "details"),
        [
            (
                datetime.fromtimestamp(step.at, UTC).strftime("%H:%M:%S.%f")[:-3],
                f"{(step.at - begin) * 1000:.0f}",
                step.region,
                step.source,
                step.what,
                ", ".join(f"{key} {value}" for key, value in step.details.items()),
            )
            for step in steps
        ],
    )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
