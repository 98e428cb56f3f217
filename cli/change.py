"""Applies a change: puts one event on one region's bus and waits until every region shows it."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from globalws_functions.domain.apply import POLICY, Outcome
from globalws_functions.domain.command import Action

from cli.adapters.events import put_event
from cli.adapters.tables import audit_record
from cli.domain.changes import Confirmation, Decision
from cli.errors import CliError, ExitCode, UnreachableError
from cli.output import Output
from cli.regions import in_each
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


def put_on_first_bus(
    regions: Sequence[Region],
    detail_type: str,
    detail: Callable[[str], Mapping[str, Any]],
    output: Output,
) -> str:
    """Puts the event on the first bus that answers; returns that region.

    A bus that did not answer may have taken it all the same: the event that the next one gets has
    the same id, and regions carry out a command once.

    Raises:
        UnreachableError: no bus took it.
        CliError: a bus refused it.
    """
    problems = []
    for region in regions:
        try:
            bus = region.output("EventBusName")
            put_event(region.clients, bus, detail_type, detail(region.name))
        except UnreachableError as error:
            problems.append(str(error))
            output.note(f"{region.name} did not take it, trying the next region: {error}")
            continue
        return region.name
    raise UnreachableError(f"no region's bus took it, try again: {problems[0]}")


def in_record(decision: Decision, action: Action) -> Look:
    """Looks for the decision's audit record, and how it ended there."""

    def look(region: Region) -> Seen:
        record = audit_record(region.clients, region.output("AuditTableName"), decision.key(action))
        if record is None:
            return Confirmation.PENDING, "no audit record yet"
        state = _OUTCOMES.get(record.get("outcome", ""), Confirmation.PENDING)
        steps = dict(record.get("steps", {}))
        if state is Confirmation.CONFIRMED:
            steps.pop(POLICY, None)  # that it is in force, whichever function wrote it
        told = ", ".join(f"{step} {done}" for step, done in steps.items())
        return state, record.get("failure") or told

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
