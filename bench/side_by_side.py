"""Cross-region beside an earlier commit: both local stacks run, and take turns at each rate.

The earlier commit, BEFORE, is the one whose functions ran in the local AWS and whose regions called
it with boto3. Both stacks have idle subscribers in each region meanwhile.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.earlier import checkout
from bench.processes import ROOT
from bench.region_load import REGIONS, paced, port_of, step
from bench.subscribers import Audience, Subscribers, subscribed
from tests.support.stack import LocalStack, fresh_state, run_stack, stack_environment

BEFORE = "6e21b34"
RATES = (40, 60, 80, 120, 160, 240, 320, 480)
_OLD_RATE = 40
_CHANNELS = 100
_IDLE = 1_000
_ATTEMPTS = 2  # other work on the machine may spoil one
_PARAMETERS = "AllowedChannels=" + ",".join(["tech", *(f"b{n}" for n in range(_CHANNELS))])


@dataclass(frozen=True)
class _Version:
    stack: LocalStack
    subscribers: Subscribers

    def step(self, rate: int, seconds: int) -> dict[str, Any]:
        return step(self.stack, self.stack.running.regions[0], self.subscribers, rate, seconds)


def run(rates: tuple[int, ...] = RATES, seconds: int = 8, idle: int = _IDLE) -> dict[str, Any]:
    """Highest rates without backlog, and the processor time of a message by part, of both."""
    with ExitStack() as opened:
        versions = {
            "before": opened.enter_context(_running(checkout(BEFORE, ("make", "setup")), idle)),
            "now": opened.enter_context(_running(ROOT, idle)),
        }
        for version in versions.values():
            asyncio.run(
                paced(version.stack.running.regions[0], version.subscribers, 200, _OLD_RATE)
            )
        steps: dict[str, list[dict[str, Any]]] = {name: [] for name in versions}
        going = dict(versions)
        for rate in rates:
            for name, version in list(going.items()):
                outcome = _best(version, rate, seconds)
                steps[name].append(outcome)
                if not holds(outcome):
                    del going[name]
    return _report(steps)


def run_small() -> dict[str, Any]:
    """The old rate only, for a few seconds."""
    return run((_OLD_RATE,), 5, 100)


def holds(outcome: Mapping[str, Any]) -> bool:
    """Whether all arrived, at the rate that was offered and without a backlog."""
    return bool(
        outcome["complete"]
        and outcome["behind_s"] < 1.0
        and outcome["publishes_per_second"] >= 0.95 * outcome["offered"]
    )


def _best(version: _Version, rate: int, seconds: int) -> dict[str, Any]:
    for _ in range(_ATTEMPTS):
        outcome = version.step(rate, seconds)
        if holds(outcome):
            break
    return outcome


def _report(steps: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    highest = {
        name: max((each["publishes_per_second"] for each in taken if holds(each)), default=0.0)
        for name, taken in steps.items()
    }
    cpu = {name: taken[0]["cpu_ms"] for name, taken in steps.items()}
    totals = {name: sum(parts.values()) for name, parts in cpu.items()}
    return {
        "before": BEFORE,
        "steps": steps,
        "highest": highest,
        "rate_ratio": round(highest["now"] / max(1.0, highest["before"]), 2),
        "cpu_ms": cpu,
        "cpu_ratio": round(totals["now"] / totals["before"], 3),
        "p99_ratio": round(steps["now"][0]["p99"] / steps["before"][0]["p99"], 3),
        "old_rate": {"p50": steps["now"][0]["p50"], "p99": steps["now"][0]["p99"]},
    }


@contextmanager
def _running(root: Path, idle: int) -> Iterator[_Version]:
    state = fresh_state(f"bench-{'now' if root == ROOT else 'before'}")
    environment = stack_environment(state, REGIONS) | {"PARAMETERS": _PARAMETERS}
    with ExitStack() as opened:
        stack = opened.enter_context(run_stack(environment, root))
        for region in stack.running.regions:
            crowd = Audience(port_of(region), idle, key=region.apiKey, channels=_CHANNELS)
            opened.enter_context(subscribed(crowd))
        receiver = stack.running.regions[1]
        one = Audience(port_of(receiver), 1, key=receiver.apiKey, channel="tech")
        yield _Version(stack, opened.enter_context(subscribed(one)))
