"""Dead letters: what is in the two queues of a region, why, and where a redrive takes it.

Bus queue: an event that a rule could not hand to its target, whole, with EventBridge's message
attributes (RULE_ARN, TARGET_ARN, ERROR_CODE, …). It goes back to that one target, never to the bus
that it failed on: there, every rule would match again and reach those that have it already.
- Target a function: the function is invoked with the event, as the rule would have done.
- Target a peer's bus: the event is put on that bus, in its region, with its own time.
  A message keeps its origin in `detail.region`, so the peer's rules see what forwarding would have
  brought: the replay rule matches, the forward rules do not.
  An operator's command is forwarded by the envelope's region, which is now the peer: it goes round
  once more. That is harmless: each region carries out a command once, by its id, and an old policy
  loses against a newer one. A command written by hand may lack id, instant and origin, which are
  made from the envelope: they are written into the detail, so that every region still reads the
  same command. Its own time matters: a purge deletes the history up to then, and nothing newer.
Function queue: Lambda's record of a failed asynchronous invocation, or the function's own record
of the same shape with condition `PermanentFailure`. The function gets `requestPayload` again.

What the queues hold is data: a target that is not of this deployment is never called.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from globalws_functions.domain.command import EVENTS, read_command
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import SOURCE, iso, read_instant
from globalws_functions.domain.json_text import read_json
from globalws_functions.domain.message import MESSAGE_PUBLISHED, read_message_published
from globalws_functions.domain.redrive import REDRIVE, redrive_mark

PERMANENT_FAILURE = "PermanentFailure"
_LATEST = "$LATEST"


class Queue(StrEnum):
    """The two dead-letter queues of a region."""

    BUS = "bus"
    FUNCTION = "function"


@dataclass(frozen=True)
class DeadLetter:
    """A message as received from a dead-letter queue; `sent_at` is epoch seconds by SQS's clock."""

    region: str
    queue: Queue
    message_id: str
    receipt: str
    body: str
    attributes: Mapping[str, str]
    sent_at: float
    receive_count: int


@dataclass(frozen=True)
class InvokeFunction:
    """Redrive by invoking a function of the dead letter's own region."""

    name: str
    qualifier: str | None
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class PutOnPeerBus:
    """Redrive by putting the event on the bus of a peer, in the peer's region."""

    bus_arn: str
    region: str
    detail_type: str
    detail: Mapping[str, Any]
    time: str


@dataclass(frozen=True)
class Reading:
    """What a dead letter says. `poison` is why redriving it cannot help, or empty."""

    dead_letter: DeadLetter
    reason: str
    event: Mapping[str, Any] | None = None
    destination: InvokeFunction | PutOnPeerBus | None = None
    poison: str = ""

    @property
    def detail(self) -> Mapping[str, Any]:
        """The event's detail, or nothing."""
        detail = (self.event or {}).get("detail")
        return detail if isinstance(detail, Mapping) else {}

    def summary(self) -> dict[str, Any]:
        """The dead letter as listings show it."""
        event = self.event or {}
        return {
            "messageId": self.dead_letter.message_id,
            "region": self.dead_letter.region,
            "queue": self.dead_letter.queue.value,
            "sentAt": self.dead_letter.sent_at,
            "receiveCount": self.dead_letter.receive_count,
            "detailType": event.get("detail-type"),
            "channel": self.detail.get("name"),
            "id": self.detail.get("id"),
            "origin": self.detail.get("region"),
            "destination": _describe(self.destination),
            "reason": self.reason,
            "poison": self.poison or None,
        }


@dataclass(frozen=True)
class Home:
    """What belongs to the deployment, seen from one region: the only targets of a redrive."""

    bus_arn: str
    functions: frozenset[str]
    regions: frozenset[str]


def marked(reading: Reading) -> InvokeFunction | PutOnPeerBus:
    """The destination of a dead letter, with a mark in its event: redriven, and why it failed."""
    dead_letter, destination = reading.dead_letter, reading.destination
    assert destination is not None  # noqa: S101 - callers check
    died = iso(datetime.fromtimestamp(dead_letter.sent_at, UTC))
    mark = {REDRIVE: redrive_mark(dead_letter.region, dead_letter.queue, reading.reason, died)}
    if isinstance(destination, InvokeFunction):
        return replace(destination, payload={**destination.payload, **mark})
    return replace(destination, detail={**destination.detail, **mark})


class UnreadableError(Exception):
    """A dead letter without a usable destination; the message says what is wrong with it."""


def read_dead_letter(dead_letter: DeadLetter, home: Home) -> Reading:
    """What the dead letter says and where it goes; never raises."""
    try:
        body = read_json(dead_letter.body)
    except ValueError as error:
        return Reading(dead_letter, _error(dead_letter), poison=f"not JSON of ours: {error}")
    if not isinstance(body, Mapping):
        return Reading(dead_letter, _error(dead_letter), poison="not a JSON object")
    if dead_letter.queue is Queue.BUS:
        return _undelivered(dead_letter, body, home)
    return _failed_invocation(dead_letter, body, home)


def _undelivered(dead_letter: DeadLetter, event: Mapping[str, Any], home: Home) -> Reading:
    reason = _error(dead_letter)
    try:
        destination = _target(dead_letter.attributes.get("TARGET_ARN", ""), event, home)
    except UnreadableError as error:
        return Reading(dead_letter, reason, event, poison=str(error))
    return Reading(dead_letter, reason, event, destination)


def _failed_invocation(dead_letter: DeadLetter, record: Mapping[str, Any], home: Home) -> Reading:
    context = _mapping(record, "requestContext")
    response = _mapping(record, "responsePayload")
    condition = str(context.get("condition") or "no condition")
    why = ": ".join(str(response[key]) for key in ("errorType", "errorMessage") if key in response)
    reason = f"{condition}: {why}" if why else condition
    payload = record.get("requestPayload")
    if not isinstance(payload, Mapping):
        return Reading(dead_letter, reason, poison="no requestPayload: not a record of a function")
    try:
        destination = _function(str(context.get("functionArn", "")), payload, home)
    except UnreadableError as error:
        return Reading(dead_letter, reason, payload, poison=str(error))
    permanent = why or "it will fail again" if condition == PERMANENT_FAILURE else ""
    return Reading(dead_letter, reason, payload, destination, poison=permanent)


def _target(arn: str, event: Mapping[str, Any], home: Home) -> InvokeFunction | PutOnPeerBus:
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    if service == "lambda":
        return _function(arn, event, home)
    if service == "events":
        return _peer_bus(arn, event, home)
    raise UnreadableError(f"TARGET_ARN {arn!r} is neither a function nor a bus")


def _function(arn_or_name: str, payload: Mapping[str, Any], home: Home) -> InvokeFunction:
    # arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER], or NAME as our functions write it
    name, qualifier = arn_or_name, ""
    if arn_or_name.startswith("arn:"):
        parts = arn_or_name.split(":")
        if len(parts) not in (7, 8) or parts[3:5] != home.bus_arn.split(":")[3:5]:
            raise UnreadableError(f"{arn_or_name} is not a function of this region and account")
        name, qualifier = parts[6], parts[7] if len(parts) == 8 else ""
    if name not in home.functions:
        raise UnreadableError(f"function {name!r} is not of this stack")
    return InvokeFunction(name, qualifier if qualifier not in ("", _LATEST) else None, payload)


def _peer_bus(arn: str, event: Mapping[str, Any], home: Home) -> PutOnPeerBus:
    region = arn.split(":")[3]
    expected = home.bus_arn.split(":")
    expected[3:4] = [region]
    if region not in home.regions or arn.split(":") != expected:
        raise UnreadableError(f"{arn} is not a bus of this deployment")
    detail_type = str(event.get("detail-type"))
    try:
        detail = _portable(event, detail_type, region)
    except InvalidEventError as error:
        raise UnreadableError(f"breaks its contract: {error}") from None
    return PutOnPeerBus(arn, region, detail_type, detail, str(event["time"]))


def _portable(event: Mapping[str, Any], detail_type: str, peer: str) -> Mapping[str, Any]:
    """The event's detail, saying itself what the envelope said. Raises InvalidEventError."""
    if detail_type == MESSAGE_PUBLISHED:
        message = read_message_published(event)
        read_instant(event, "time", path="")
        if message.region == peer:  # its forward rules would match
            raise InvalidEventError(f"detail.region is {peer}, where it is to go")
        return dict(event["detail"])
    if detail_type in EVENTS:
        command = read_command(event)
        return {**event["detail"], "id": command.id, "at": command.at, "region": command.origin}
    raise InvalidEventError(f"detail-type {detail_type!r} is none of {SOURCE}")


def _error(dead_letter: DeadLetter) -> str:
    code = dead_letter.attributes.get("ERROR_CODE", "")
    text = dead_letter.attributes.get("ERROR_MESSAGE", "")
    attempts = dead_letter.attributes.get("RETRY_ATTEMPTS")
    said = f"{code}: {text}" if code and text and code != text else code or text
    suffix = f" ({attempts} retries)" if attempts is not None else ""
    return f"{said or 'no reason given'}{suffix}"


def _mapping(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}


def _describe(destination: InvokeFunction | PutOnPeerBus | None) -> str | None:
    if isinstance(destination, InvokeFunction):
        return f"function {destination.name}"
    return None if destination is None else f"bus in {destination.region}"
