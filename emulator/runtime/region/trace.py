"""What became of each message in this region, by its id: in place of a log to search.

AWS keeps such records in CloudWatch; here they are kept in memory, the latest of them.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_IDS = 5_000
_STEPS = 50
_LAGS = 1_000
_LAG_SECONDS = 60.0


class Trace:
    """Steps of messages and commands, and how late the peers' messages were of late.

    Args:
        clock: epoch seconds.
    """

    def __init__(self, region: str, clock: Callable[[], float] = time.time) -> None:
        self._region = region
        self._clock = clock
        self._steps: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._lags: deque[tuple[float, float]] = deque(maxlen=_LAGS)

    def delivered(self, mutation: str, data: Mapping[str, Any], subscribers: int) -> None:
        """A mutation's event was written to so many subscribers."""
        self._note(data.get("id"), "delivered", mutation=mutation, subscribers=subscribers)
        if mutation == "publishFromBus":
            self._measure(data.get("publishedAt"))

    def taken(self, event: Mapping[str, Any], *, forwarded: bool) -> None:
        """The bus took an event: put here, or forwarded by a peer's bus."""
        detail = event.get("detail")
        if isinstance(detail, Mapping):
            self._note(
                detail.get("id"),
                "received from a peer's bus" if forwarded else "accepted by the bus",
                detailType=event.get("detail-type"),
                channel=detail.get("name"),
                origin=detail.get("region"),
            )

    def steps(self, message_id: str) -> list[dict[str, Any]]:
        """The steps of one id: `at` (epoch seconds), `region`, `step`, and what each has beside."""
        return list(self._steps.get(message_id, ()))

    def lag(self) -> dict[str, float | int | None]:
        """Median and 99th percentile of the last minute's replication lag, in milliseconds."""
        since = self._clock() - _LAG_SECONDS
        recent = sorted(lag for at, lag in self._lags if at >= since)
        return {
            "count": len(recent),
            "p50": round(recent[len(recent) // 2], 1) if recent else None,
            "p99": round(recent[len(recent) * 99 // 100], 1) if recent else None,
        }

    def _note(self, message_id: object, step: str, **details: Any) -> None:
        if not isinstance(message_id, str):
            return
        steps = self._steps.setdefault(message_id, [])
        self._steps.move_to_end(message_id)
        if len(self._steps) > _IDS:
            self._steps.popitem(last=False)
        if len(steps) < _STEPS:
            steps.append({"at": self._clock(), "region": self._region, "step": step, **details})

    def _measure(self, published_at: object) -> None:
        try:
            published = datetime.fromisoformat(str(published_at)).timestamp()
        except ValueError:
            return
        now = self._clock()
        self._lags.append((now, max(0.0, now - published) * 1000))
