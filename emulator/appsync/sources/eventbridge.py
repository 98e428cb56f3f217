"""The AMAZON_EVENTBRIDGE data source: PutEvents on one bus."""

import json
from typing import Any

from ..ports import DataSourceError, DataSourcePorts
from .base import Answer, SourceFailure, as_object, check_keys, read_request, refuse

MAX_EVENTS = 10


class EventBridgeSource:
    """Puts events on `bus_arn`; partial failure is in the result, as on AppSync."""

    def __init__(self, ports: DataSourcePorts, bus_arn: str) -> None:
        self._ports = ports
        self._bus_arn = bus_arn

    async def invoke(self, request: Any) -> Answer:
        request = read_request("The EventBridge request", request)
        check_keys("The EventBridge request", request, {"operation", "events"})
        if request.get("operation") != "PutEvents":
            refuse("The EventBridge operation must be 'PutEvents'.")
        events = request.get("events")
        if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
            refuse(f"events must be a list of 1 to {MAX_EVENTS} events.")
        entries = [self._entry(event) for event in events]
        try:
            answer = await self._ports.put_events(self._bus_arn, entries)
        except DataSourceError as error:
            return Answer(error=SourceFailure(f"AmazonEventBridge:{error.name}", error.message))
        return Answer(
            {
                "Entries": answer.get("Entries", []),
                "FailedEntryCount": answer.get("FailedEntryCount", 0),
            }
        )

    def _entry(self, event: Any) -> dict[str, Any]:
        event = as_object("An event", event)
        check_keys("An event", event, {"source", "detailType", "detail", "resources", "time"})
        for name in ("source", "detailType"):
            if not isinstance(event.get(name), str) or not event[name]:
                refuse(f"An event's {name} must be a non-empty string.")
        detail = as_object("An event's detail", event.get("detail"))
        entry: dict[str, Any] = {
            "EventBusName": self._bus_arn,
            "Source": event["source"],
            "DetailType": event["detailType"],
            "Detail": json.dumps(detail, separators=(",", ":"), ensure_ascii=False),
        }
        if (resources := event.get("resources")) is not None:
            if not isinstance(resources, list) or not all(isinstance(r, str) for r in resources):
                refuse("An event's resources must be a list of strings.")
            entry["Resources"] = resources
        if (time := event.get("time")) is not None:
            if not isinstance(time, str):
                refuse("An event's time must be an RFC 3339 string.")
            entry["Time"] = time
        return entry
