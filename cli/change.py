"""Applies a change: puts one event on one region's bus and waits until every region shows it."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from globalws_functions.domain.apply import POLICY, Outcome
from globalws_functions.domain.errors import InvalidEventError

from cli.adapters.events import put_event
from cli.adapters.tables import audit_record
from cli.domain.changes import Change, Confirmation, instant
from cli.domain.names import new_ulid
from cli.errors import CliError, ExitCode, UnreachableError, UsageError
from cli.output import Output
from cli.regions import in_each
from cli.session import Session
from cli.targets.target import Region

_POLL_SECONDS = 0.3
_OUTCOMES = {
    Outcome.DONE: Confirmation.CONFIRMED,
    Outcome.SUPERSEDED: Confirmation.SUPERSEDED,
    Outcome.FAILED: Confirmation.FAILED,
}

Seen = tuple[Confirmation, str]
"""What a region shows, and a word of explanation."""
Look = Callable[[Region], Seen]
"""Asks a region what it shows. Raises CliError."""


@dataclass(frozen=True)
class Shown:
    """What a region showed in the end; `seconds` since the event was put."""

    region: str
    state: str
    seconds: float | None
    why: str

    def document(self) -> dict[str, Any]:
        """As JSON documents show it."""
        return {
            "region": self.region,
            "state": self.state,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "why": self.why or None,
        }


def carry_out(
    session: Session,
    what: str,
    detail_type: str,
    fields: Mapping[str, Any],
    reason: str,
    *,
    question: str = "",
    wait: bool,
    timeout: float,
    now: Callable[[Region], str] = lambda _: "",
) -> ExitCode:
    """Puts an operator's command on one region's bus, and prints what each region did about it.

    Args:
        question: what the operator is asked first; nothing if it is empty.
        now: what a region that has carried it out is asked for then, in a few words.

    Raises:
        CliError: no bus took it, it is not known who gives it, or the operator declined.
    """
    if question:
        session.target  # noqa: B018 - name the target before the question
        session.confirm(question)
    by, at = session.caller(), instant(time.time())
    change = Change(what, detail_type, fields, new_ulid(), reason, by, at)
    try:
        look = _in_record(change.key, now)
    except InvalidEventError as error:  # before any region takes it
        raise UsageError(f"no region would carry it out: {error}") from error
    put_in = put_on_first_bus(session, change)
    try:
        shown = until_shown(session.target.all_regions, look, timeout) if wait else []
    except KeyboardInterrupt:
        session.output.note(
            f"the bus of {put_in} took it, so it is carried out all the same: see `globalws audit`"
        )
        raise
    return report(session.output, change.document(), shown, put_in, waited=wait)


def put_on_first_bus(session: Session, change: Change) -> str:
    """Puts the event on the first bus that answers, of the selected regions, then of the others.

    Returns the region.

    A bus that did not answer may have taken it all the same: the event that the next one gets has
    the same id, and regions carry out a command once.

    Raises:
        UnreachableError: no bus took it.
        CliError: a bus refused it.
    """
    selected = list(session.target.selected)
    problems = []
    for region in dict.fromkeys((*selected, *session.target.all_regions)):
        try:
            bus = region.output("EventBusName")
            put_event(region.clients, bus, change.detail_type, change.detail(region.name))
        except UnreachableError as error:
            problems.append(str(error))
            session.output.note(f"{region.name} did not take it, trying the next region: {error}")
            continue
        return region.name
    raise UnreachableError(f"no region's bus took it, try again: {problems[0]}")


def _in_record(key: str, now: Callable[[Region], str]) -> Look:
    """Looks for the command's audit record, and how it ended there."""

    def look(region: Region) -> Seen:
        record = audit_record(region.clients, region.output("AuditTableName"), key)
        if record is None:
            return Confirmation.PENDING, "no audit record yet"
        state = _OUTCOMES.get(record.get("outcome", ""), Confirmation.PENDING)
        steps = dict(record.get("steps", {}))
        told = []
        if state is Confirmation.CONFIRMED:
            steps.pop(POLICY, None)  # that it is in force, whichever function wrote it
            with suppress(CliError):  # it is done all the same
                told.append(now(region))
        told += [f"{step} {done}" for step, done in steps.items()]
        return state, record.get("failure") or ", ".join(filter(None, told))

    return look


def until_shown(regions: Sequence[Region], look: Look, seconds: float) -> list[Shown]:
    """Looks in every region until it shows an outcome, for so long at most."""
    started = time.monotonic()
    answers = in_each(regions, lambda region: _watch(region, look, started, seconds))
    return [
        answer.value or Shown(answer.region, "unreachable", None, answer.reason)
        for answer in answers
    ]


def report(
    output: Output,
    document: Mapping[str, Any],
    shown: Sequence[Shown],
    put_in: str,
    *,
    waited: bool,
) -> ExitCode:
    """Prints what became of a change; OK if every region confirmed it, or nobody waited."""
    if output.as_json:
        regions = [each.document() for each in shown]
        output.document({**document, "putIn": put_in, "regions": regions})
    elif waited:
        rows = [
            (
                each.region,
                each.state,
                "" if each.seconds is None else f"{each.seconds:.1f}",
                each.why,
            )
            for each in shown
        ]
        output.table(("region", "state", "after s", "detail"), rows)
    else:
        output.line(f"the bus of {put_in} took it; not waited for")
    late = [each.region for each in shown if each.state != Confirmation.CONFIRMED]
    if late:
        output.note(
            f"not confirmed in {', '.join(late)}. The event is durable and arrives once those "
            "regions answer; look with `globalws audit` and `globalws dlq list`"
        )
    return ExitCode.PARTLY if late else ExitCode.OK


def _watch(region: Region, look: Look, started: float, seconds: float) -> Shown:
    while True:
        error: CliError | None = None
        try:
            state, why = look(region)
        except CliError as failure:
            state, why, error = Confirmation.PENDING, str(failure), failure
        passed = time.monotonic() - started
        if state is not Confirmation.PENDING:
            return Shown(region.name, state, passed, why)
        if passed + _POLL_SECONDS > seconds:
            unreachable = isinstance(error, UnreachableError)
            return Shown(region.name, "unreachable" if unreachable else state, None, why)
        time.sleep(_POLL_SECONDS)
