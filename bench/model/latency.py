"""End to end, from the published latencies of the parts: each a lognormal by its p50 and p99."""

import random
from dataclasses import dataclass
from math import log

from cli.pricing.tables import Tables

_Z99 = 2.3263478740408408
PATHS = {
    "GlobalWS, same region": ("operation", "fan_out"),
    "GlobalWS, other region": (
        "operation",
        "between_regions",
        "bus_to_function",
        "function",
        "operation",
        "fan_out",
    ),
    "the seed, same region": ("operation", "api_destination", "operation", "fan_out"),
    "the seed, other region": (
        "operation",
        "between_regions",
        "api_destination",
        "operation",
        "fan_out",
    ),
}


@dataclass(frozen=True)
class Spread:
    """Milliseconds."""

    p50: float
    p90: float
    p99: float


def draw(part: str, tables: Tables, source: random.Random) -> float:
    """One draw of a part's latency in ms."""
    p50, p99 = tables.latencies[part]
    return source.lognormvariate(log(p50), log(p99 / p50) / _Z99)


def samples(path: str, tables: Tables, count: int = 20_000, seed: int = 1) -> list[float]:
    """Sorted end-to-end draws of a path; its parts are taken to be independent."""
    source = random.Random(seed)  # noqa: S311 - a simulation
    return sorted(sum(draw(part, tables, source) for part in PATHS[path]) for _ in range(count))


def spread(path: str, tables: Tables) -> Spread:
    """p50, p90 and p99 of a path."""
    values = samples(path, tables)

    def at(share: float) -> float:
        return round(values[int(len(values) * share)], 1)

    return Spread(at(0.5), at(0.9), at(0.99))
