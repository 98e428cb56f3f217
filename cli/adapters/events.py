"""EventBridge: putting one event on one bus, and knowing that it was taken."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from globalws_functions.domain.fields import SOURCE

from cli.adapters.clients import Clients, aws_error, aws_errors
from cli.errors import RefusedError, UnreachableError

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef


def put_event(
    clients: Clients,
    bus: str,
    detail_type: str,
    detail: Mapping[str, Any],
    *,
    time: str | None = None,
) -> str:
    """Puts one event of source `globalws` on the bus (name or ARN) and returns its id.

    Args:
        time: the envelope's time, ISO 8601; the bus's own clock if left out.

    Raises:
        UnreachableError: the bus did not answer, or failed for a moment.
        RefusedError: it will not take this event.
    """
    entry = _entry(bus, detail_type, detail)
    if time is not None:
        entry["Time"] = datetime.fromisoformat(time)
    with aws_errors("events", clients.region):
        answer = clients.events.put_events(Entries=[entry])
    results = answer.get("Entries") or [{}]
    event_id, code = results[0].get("EventId"), results[0].get("ErrorCode")
    # PutEvents answers 200 even when it took nothing.
    if code:
        text = results[0].get("ErrorMessage", "no message")
        raise aws_error(code, f"bus {bus} in {clients.region}: {text}")
    if not event_id:
        raise UnreachableError(f"bus {bus} in {clients.region} answered without taking the event")
    return event_id


def put_events(
    clients: Clients, bus: str, detail_type: str, details: Sequence[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Puts up to ten events of source `globalws` on the bus; returns those that it did not take.

    Raises:
        UnreachableError: the bus did not answer: it may have taken some of them.
        RefusedError: it will not take one of them, now and later.
    """
    with aws_errors("events", clients.region):
        answer = clients.events.put_events(
            Entries=[_entry(bus, detail_type, detail) for detail in details]
        )
    left = []
    for detail, result in zip(details, answer["Entries"], strict=True):
        if code := result.get("ErrorCode"):
            text = f"bus {bus} in {clients.region}: {result.get('ErrorMessage', 'no message')}"
            if isinstance(error := aws_error(code, text), RefusedError):
                raise error
            left.append(detail)
    return left


def _entry(bus: str, detail_type: str, detail: Mapping[str, Any]) -> "PutEventsRequestEntryTypeDef":
    return {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
