"""A region is gone for a while: what piles up for it, and how long it takes to be drained.

EventBridge keeps an event and tries it again, with growing pauses; after the outage the events
come back as their pauses end, and the slowest of three quotas lets them through.
"""

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import simpy

from cli.pricing.tables import Tables
from cli.pricing.workload import LARGE, Workload

_FIRST_PAUSE = 1.0
_MAXIMUM_ATTEMPTS = 185
_MAXIMUM_AGE = 86_400.0


@dataclass(frozen=True)
class Outage:
    """What an outage of `seconds` leaves behind. Events; seconds from the outage's end."""

    seconds: float
    largest_backlog: int
    drained_after: float
    dead_lettered: int
    served_per_second: float
    backlog: tuple[tuple[float, int], ...]


def service_rate(workload: Workload, region: str, tables: Tables) -> float:
    """Events a second that the region can replay, beside its own clients' publishes."""
    quotas = tables.quotas
    size = "large" if region in LARGE else "default"
    invocations = quotas[f"invocations_{size}"] - workload.per_region * workload.peers
    tokens = quotas["appsync_request_tokens"] - workload.per_region
    functions = quotas["lambda_concurrency"] / tables.assumptions["function_seconds"]
    return max(0.0, min(invocations, tokens, functions))


def simulate(
    workload: Workload, seconds: float, tables: Tables, region: str | None = None, seed: int = 1
) -> Outage:
    """Simulate an outage of `region` (the last one, if not given) in steps of one second.

    Events of one second share their fate, as a cohort, until part of them is let through.
    """
    region = region or workload.regions[-1]
    rate = workload.per_region * workload.peers
    run = _Run(rate, service_rate(workload, region, tables), seconds, tables, seed)
    return run.outcome()


class _Run:
    def __init__(
        self, rate: float, served: float, seconds: float, tables: Tables, seed: int
    ) -> None:
        self._rate, self._served, self._seconds = rate, served, seconds
        self._cap = tables.assumptions["retry_cap"]
        self._random = random.Random(seed)  # noqa: S311 - a simulation
        self._environment = simpy.Environment()
        # What the region can still replay in the second that runs.
        self._left = 0.0
        self._waiting = 0.0
        self._dead = 0.0
        self._largest = 0.0
        self._series: list[tuple[float, int]] = []

    def outcome(self) -> Outage:
        environment = self._environment
        environment.process(self._clock())
        environment.process(self._arrivals())
        environment.run(until=self._seconds + self._horizon())
        drained = next((at for at, left in self._series if at > 0 and left < 1), float("inf"))
        return Outage(
            self._seconds,
            round(self._largest),
            drained,
            round(self._dead),
            self._served,
            tuple(self._series),
        )

    def _horizon(self) -> float:
        spare = self._served - self._rate
        if spare <= 0:
            return 3 * self._cap
        return 4 * self._cap + 3 * self._rate * self._seconds / spare

    def _clock(self) -> Generator[Any, Any, None]:
        while True:
            now = self._environment.now
            self._left = self._served if now >= self._seconds else 0.0
            self._largest = max(self._largest, self._waiting)
            self._series.append((now - self._seconds, round(self._waiting)))
            yield self._environment.timeout(1)

    def _arrivals(self) -> Generator[Any, Any, None]:
        # New events go on after the outage, and are served before those that pause.
        while True:
            yield self._environment.timeout(1e-6)
            through = min(self._left, self._rate)
            self._left -= through
            if self._rate > through:
                self._environment.process(self._cohort(self._rate - through))
            yield self._environment.timeout(1 - 1e-6)

    def _cohort(self, count: float) -> Generator[Any, Any, None]:
        born, pause = self._environment.now, _FIRST_PAUSE
        self._waiting += count
        for _ in range(_MAXIMUM_ATTEMPTS):
            yield self._environment.timeout(pause * self._random.uniform(0.5, 1.0) + 2e-6)
            through = min(self._left, count)
            self._left -= through
            self._waiting -= through
            count -= through
            if count < 1e-6:
                return
            if self._environment.now - born > _MAXIMUM_AGE:
                break
            pause = min(self._cap, pause * 2)
        self._dead += count
        self._waiting -= count
