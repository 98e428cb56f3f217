"""PutEvents on a region's bus."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from cli.stack_file import RunningRegion

_AT_ONCE = 10


async def put_events(
    session: aiohttp.ClientSession,
    region: RunningRegion,
    events: Sequence[tuple[str, str]],
    *,
    time: float | None = None,
) -> dict[str, Any]:
    """Put events, each (detail type, detail as text); returns their results."""
    answer: dict[str, Any] = {"FailedEntryCount": 0, "Entries": []}
    for start in range(0, len(events), _AT_ONCE):
        for entries in _requests(region, events[start : start + _AT_ONCE], time):
            async with session.post(
                region.eventsUrl,
                json={"Entries": entries},
                headers={
                    "X-Amz-Target": "AWSEvents.PutEvents",
                    "Content-Type": "application/x-amz-json-1.1",
                },
            ) as response:
                taken = await response.json(content_type=None)
                assert response.status == 200, taken
            answer["FailedEntryCount"] += taken["FailedEntryCount"]
            answer["Entries"] += taken["Entries"]
    return answer


def _requests(
    region: RunningRegion, events: Sequence[tuple[str, str]], time: float | None
) -> list[list[dict[str, Any]]]:
    """Entries grouped into requests, each below PutEvents' limits."""
    small: list[dict[str, Any]] = []
    large: list[list[dict[str, Any]]] = []
    for detail_type, detail in events:
        entry: dict[str, Any] = {
            "EventBusName": region.eventBusName,
            "Source": "globalws",
            "DetailType": detail_type,
            "Detail": detail,
        }
        if time is not None:
            entry["Time"] = time
        if len(detail) > 20_000:
            large.append([entry])
        else:
            small.append(entry)
    return [*([small] if small else []), *large]
