"""Two samples of a local region's counters, and the rates between them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sample:
    """What a region's process showed at `at` (monotonic seconds).

    Attributes:
        appsync: `GET /_local/appsync`.
        bridge: `GET /_local/eventbridge`.
        faults: `GET /_local/faults`.
        queues: dead letters by queue; None where the queue could not be asked.
    """

    at: float
    appsync: Mapping[str, Any]
    bridge: Mapping[str, Any]
    faults: Mapping[str, Any]
    queues: Mapping[str, int | None]


def view(region: str, earlier: Sample, later: Sample) -> dict[str, Any]:
    """A region's line: gauges of the later sample, and rates a second since the earlier."""
    seconds = max(later.at - earlier.at, 1e-3)

    def rate(one: float, other: float) -> float:
        # A process that was restarted counts from 0 again.
        return round(max(0.0, other - one) / seconds, 1)

    def of_appsync(name: str) -> float:
        return rate(earlier.appsync[name], later.appsync[name])

    def of_functions(name: str) -> float:
        return rate(_functions(earlier, name), _functions(later, name))

    return {
        "region": region,
        "connections": later.appsync["connections"],
        "subscriptions": later.appsync["subscriptions"],
        "publishesPerSecond": of_appsync("publishes"),
        "deliveriesPerSecond": of_appsync("deliveries"),
        "errorsPerSecond": of_appsync("errors"),
        "invalidationsPerSecond": of_appsync("invalidations"),
        "replaysPerSecond": of_functions("succeeded"),
        "functionErrorsPerSecond": of_functions("functionErrors"),
        "lagMs": dict(later.appsync["replicationLagMs"]),
        "pending": later.bridge["pending"],
        "deadLetters": dict(later.queues),
        "faults": faults_in(later.faults),
    }


def faults_in(plan: Mapping[str, Any]) -> list[str]:
    """What is broken on purpose, in a few words: the parts of a plan that are not empty or 0."""
    return sorted(_not_nothing("", plan))


def _not_nothing(path: str, value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [
            text
            for key, inner in value.items()
            for text in _not_nothing(f"{path}.{key}" if path else str(key), inner)
        ]
    neutral = value in (None, False, 0, "", []) or (path.endswith("Scale") and value == 1)
    return [] if neutral else [f"{path} {value}" if value is not True else path]


def _functions(sample: Sample, name: str) -> int:
    return sum(each["counters"][name] for each in sample.bridge["functions"])
