"""When to try again, and where: full jitter, and failover to the next region."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from .options import Options


def part(ms: float, random: float) -> float:
    """A random part of a time; of infinity, all. `random` is from 0 up to, not including, 1."""
    return ms if math.isinf(ms) else ms * random


@dataclass(frozen=True)
class Attempt:
    """Try this region (its index) in so many milliseconds; attempts count from 1."""

    region: int
    delay_ms: float
    number: int


class Retry:
    """Counts failures. Times are monotonic milliseconds."""

    def __init__(self, options: Options, regions: int, random: Callable[[], float]) -> None:
        self._options = options
        self._regions = regions
        self._random = random
        self._forget()

    def _forget(self) -> None:
        self._number = 0  # attempts since the last stable connection
        self._backoff = 0
        self._failures = 0  # in the current region
        self._switches = 0
        self._down_since: float | None = None

    def jitter(self, exponent: int) -> float:
        """A random delay up to base * 2^exponent, capped."""
        options = self._options
        # 2^30 times any base is beyond any cap.
        longest = options.backoff_base_ms * (1 << min(exponent, 30))
        return part(min(options.backoff_cap_ms, longest), self._random())

    def live(self) -> None:
        """A connection went live."""
        self._down_since = None

    def lost(
        self,
        region: int,
        now: float,
        live_since: float | None,
        *,
        kicked: bool,
        away: bool = False,
    ) -> Attempt:
        """A connection was lost, or did not come to be (`live_since` None).

        One that lived for `stable_ms` is no failure of its region, nor is being kicked. `away`: try
        the next region, because this one cannot serve the client.
        """
        options = self._options
        if live_since is not None and now - live_since >= options.stable_ms:
            self._forget()
        elif not kicked:
            self._failures += 1
        if self._down_since is None:
            self._down_since = now
        self._number += 1
        too_often = self._failures >= options.failover_attempts
        too_long = self._failures > 0 and now - self._down_since >= options.failover_ms
        if self._regions > 1 and (too_often or too_long or away):
            region = (region + 1) % self._regions
            self._switches += 1
            self._failures, self._down_since = 0, now
            # The first try of another region is quick; rounds without success become slower.
            self._backoff = self._switches // self._regions
        delay = self.jitter(self._backoff)
        self._backoff += 1
        return Attempt(region, delay, self._number)
