"""Fan-out: our data plane, the baseline and a raw broadcast, one after the other, in rounds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from bench import baseline
from bench.load import Load, Outcome, put_on
from bench.processes import Server, python_server, serving
from bench.subscribers import Audience, subscribed

RAW_SIZE = 492  # as many bytes a frame as ours have around 300 characters


@dataclass(frozen=True)
class Sizes:
    """How much is done; `SMALL` is for `make bench-check`."""

    rounds: int
    subscribers: int
    crowd: Load
    single: Load


FULL = Sizes(
    rounds=3,
    subscribers=1_000,
    crowd=Load(messages=200, publishers=4, warm_up=60, repeats=2),
    single=Load(messages=500, warm_up=300, repeats=3),
)
SMALL = Sizes(
    rounds=1,
    subscribers=300,
    crowd=Load(messages=60, publishers=4, warm_up=60, repeats=2),
    single=Load(messages=100, warm_up=150, repeats=2),
)


@contextmanager
def server_of(kind: str) -> Iterator[Server]:
    """`globalws` serves the baseline's API, `project` our own; `send` is the kernel's part of `raw`
    alone.
    """
    if kind == "baseline":
        with baseline.serving_baseline() as server:
            yield server
        return
    command = {
        "globalws": python_server("appsync", "baseline"),
        "project": python_server("appsync", "project"),
        "raw": python_server("raw"),
        "send": python_server("raw", "send"),
    }[kind]
    with serving(command) as server:
        yield server


def check_kinds() -> tuple[str, ...]:
    """What the quick check compares: the baseline only if it is installed."""
    return ("globalws", "raw", *(("baseline",) if baseline.is_installed() else ()))


def measure(kind: str, subscribers: int, load: Load) -> Outcome:
    """One load on a fresh server."""
    with server_of(kind) as server:
        audience = Audience(server.port, subscribers, key=server.ready.get("key"))
        with subscribed(audience) as process:
            return put_on(server, audience, process, load)


def run(sizes: Sizes = FULL, kinds: tuple[str, ...] | None = None) -> dict[str, Any]:
    """All rounds; each round's outcomes, and the ratios of the medians and of each round."""
    if kinds is None:
        kinds = ("globalws", "project", "raw", *(("baseline",) if baseline.install() else ()))
    rounds = []
    for _ in range(sizes.rounds):
        found: dict[str, Any] = {}
        for kind in kinds:
            load = sizes.crowd
            if kind == "raw":
                load = replace(load, size=RAW_SIZE)
            found[kind] = {"crowd": asdict(measure(kind, sizes.subscribers, load))}
            if kind != "raw":
                found[kind]["single"] = asdict(measure(kind, 1, sizes.single))
        rounds.append(found)
    ratios = [_ratios(found) for found in rounds]
    return {
        "subscribers": sizes.subscribers,
        "rounds": rounds,
        "ratios_by_round": ratios,
        "ratios": {name: round(median(each[name] for each in ratios), 3) for name in ratios[0]},
    }


def _ratios(found: dict[str, Any]) -> dict[str, float]:
    ours, raw = found["globalws"], found["raw"]
    ratios = {
        "cpu_per_delivery_to_raw": ours["crowd"]["cpu_us_per_delivery"]
        / raw["crowd"]["cpu_us_per_delivery"],
    }
    if "baseline" in found:
        other = found["baseline"]
        crowd, single = ours["crowd"], ours["single"]
        ratios |= {
            "deliveries_to_baseline": crowd["deliveries_per_second"]
            / other["crowd"]["deliveries_per_second"],
            "cpu_per_delivery_to_baseline": crowd["cpu_us_per_delivery"]
            / other["crowd"]["cpu_us_per_delivery"],
            "peak_memory_to_baseline": crowd["peak_memory_mib"] / other["crowd"]["peak_memory_mib"],
            "single_p50_to_baseline": single["p50_ms"] / other["single"]["p50_ms"],
            "single_p99_to_baseline": single["p99_ms"] / other["single"]["p99_ms"],
        }
        if "project" in found:
            own = found["project"]["single"]
            ratios["single_p50_own_api_to_baseline"] = own["p50_ms"] / other["single"]["p50_ms"]
            ratios["single_p99_own_api_to_baseline"] = own["p99_ms"] / other["single"]["p99_ms"]
    return {name: round(value, 3) for name, value in ratios.items()}
