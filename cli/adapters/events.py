"""EventBridge: putting one event on one bus, and knowing that it was taken."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from globalws_functions.domain.fields import SOURCE

from cli.adapters.clients import Clients, aws_error, aws_errors
from cli.errors import UnreachableError

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
    entry: PutEventsRequestEntryTypeDef = {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
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
