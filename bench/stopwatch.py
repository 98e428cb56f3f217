"""Where the time of one publish goes: functions wrapped in stopwatches that know of each other."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any


class Stopwatch:
    """Self time by part: what runs inside another part counts there no more."""

    def __init__(self) -> None:
        self._stack: list[list[Any]] = []
        self._now: dict[str, float] = defaultdict(float)
        self._laps: list[dict[str, float]] = []

    def wrap(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted as `part`."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self._leave()

        return timed

    def wrap_async(
        self, part: str, function: Callable[..., Awaitable[Any]]
    ) -> Callable[..., Awaitable[Any]]:
        """The same for a coroutine function that never really waits."""

        async def timed(*args: Any, **kwargs: Any) -> Any:
            self._enter(part)
            try:
                return await function(*args, **kwargs)
            finally:
                self._leave()

        return timed

    def lap(self) -> None:
        """One publish is over."""
        self._laps.append(dict(self._now))
        self._now.clear()

    def medians(self) -> dict[str, float]:
        """µs by part: the median over all laps."""
        parts = {part for lap in self._laps for part in lap}
        return {
            part: round(median(lap.get(part, 0.0) for lap in self._laps), 1)
            for part in sorted(parts)
        }

    def _enter(self, part: str) -> None:
        now = time.perf_counter_ns()
        if self._stack:
            outer = self._stack[-1]
            self._now[outer[0]] += (now - outer[1]) / 1e3
        self._stack.append([part, now])

    def _leave(self) -> None:
        now = time.perf_counter_ns()
        part, since = self._stack.pop()
        self._now[part] += (now - since) / 1e3
        if self._stack:
            self._stack[-1][1] = now
