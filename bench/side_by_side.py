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
from tests.support.prepared import prepare
from tests.support.stack import LocalStack, fresh_state, run_stack, stack_environment

BEFORE = "6e21b34"
RATES = (20, 40, 50, 60, 80, 100, 130, 160, 200, 240, 280, 320, 400, 500)
_OLD_RATE = 20
_CPU_RATE = 40  # where both commits keep up, and idle work counts little
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
            "before": opened.enter_context(_running(checkout(BEFORE, runs=True), idle)),
            "now": opened.enter_context(_running(ROOT, idle)),
        }
        for version in versions.values():
            asyncio.run(
                paced(version.stack.running.regions[0], version.subscribers, 200, _CPU_RATE)
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
    """One rate, for a few seconds, and nobody idle: the processor time of a message."""
    return run((_CPU_RATE,), 5, 0)


def holds(outcome: Mapping[str, Any]) -> bool:
    """Whether all arrived, at the rate that was offered and without a backlog: one that grows to
    half a second within a step of 8 seconds goes on growing.
    """
    return bool(
        outcome["complete"]
        and outcome["behind_s"] < 0.5
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
    cpu = {name: _at(_CPU_RATE, taken)["cpu_ms"] for name, taken in steps.items()}
    totals = {name: sum(parts.values()) for name, parts in cpu.items()}
    slow = {name: _at(_OLD_RATE, taken) for name, taken in steps.items()}
    return {
        "before": BEFORE,
        "steps": steps,
        "highest": highest,
        "rate_ratio": round(highest["now"] / max(1.0, highest["before"]), 2),
        "cpu_rate": _CPU_RATE,
        "cpu_ms": cpu,
        "cpu_ratio": round(totals["now"] / totals["before"], 3),
        "p99_ratio": round(slow["now"]["p99"] / slow["before"]["p99"], 3),
        "old_rate": {name: slow["now"][name] for name in ("offered", "p50", "p99")},
    }


def _at(rate: int, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """The step at this rate; the first one if it was left out."""
    return next((each for each in steps if each["offered"] == rate), steps[0])


@contextmanager
def _running(root: Path, idle: int) -> Iterator[_Version]:
    state = fresh_state(f"bench-{'now' if root == ROOT else 'before'}")
    # Without idle subscribers the stack is as deployed for tests, which starts from a copy.
    environment = stack_environment(state, REGIONS) | {"PARAMETERS": _PARAMETERS if idle else ""}
    if root == ROOT:
        prepare(environment)
    with ExitStack() as opened:
        stack = opened.enter_context(run_stack(environment, root))
        for region in stack.running.regions if idle else ():
            crowd = Audience(port_of(region), idle, key=region.apiKey, channels=_CHANNELS)
            opened.enter_context(subscribed(crowd))
        receiver = stack.running.regions[1]
        one = Audience(port_of(receiver), 1, key=receiver.apiKey, channel="tech")
        yield _Version(stack, opened.enter_context(subscribed(one)))
