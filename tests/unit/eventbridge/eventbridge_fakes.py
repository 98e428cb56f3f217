"""A fake clock and fake ports for unit tests of the event bus."""

import asyncio
import heapq
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.eventbridge.definition import (
    AsyncFunction,
    Bus,
    Definition,
    RetryPolicy,
    Rule,
    Target,
)
from emulator.eventbridge.ports import DeliveryError, InvokeResult, Ports
from emulator.eventbridge.service import EventBridge
from emulator.eventbridge.settings import Settings

ACCOUNT = "000000000000"
WEST, SOUTH = "us-west-2", "ap-southeast-2"
START = 1_795_000_000.0
SETTINGS = Settings()
_NONE = (0xFFFE, 0xFFFF)


class Handle:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeClock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = START
        self._timers: list[tuple[float, int, Handle, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        return self.time

    def call_later(self, delay: float, callback: Callable[[], None]) -> Handle:
        handle = Handle()
        due = self.time + max(delay, 0.0)
        heapq.heappush(self._timers, (due, next(self._numbers), handle, callback))
        return handle

    def next_timer(self) -> bool:
        """Move to the next timer and fire it; False if there is none."""
        while self._timers:
            due, _, handle, callback = heapq.heappop(self._timers)
            if not handle.cancelled:
                self.time = max(self.time, due)
                callback()
                return True
        return False


async def settle() -> None:
    """Run everything that needs no time to pass."""
    for _ in range(50):
        await asyncio.sleep(0)


async def run_until_idle(bridge: EventBridge, clock: FakeClock) -> None:
    """Let time pass until nothing is pending."""
    await settle()
    while bridge.pending:
        assert clock.next_timer(), "something is pending, but nothing is due ever"
        await settle()
    await bridge.idle()


@dataclass
class FakePorts:
    """All ports. Tests replace `bus`, `queue` and `function`."""

    hops: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    messages: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    invoked: list[tuple[str, Any]] = field(default_factory=list)
    bus_errors: list[Exception] = field(default_factory=list)
    queue_errors: list[Exception] = field(default_factory=list)
    results: list[InvokeResult | Exception] = field(default_factory=list)
    always: InvokeResult = field(default_factory=lambda: InvokeResult("ok"))
    gate: asyncio.Event | None = None
    running: int = 0
    most_running: int = 0

    async def deliver_to_bus(self, bus_arn: str, event: str) -> None:
        if self.bus_errors:
            raise self.bus_errors.pop(0)
        self.hops.append((bus_arn, json.loads(event)))

    async def send_message(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        if self.queue_errors:
            raise self.queue_errors.pop(0)
        if any(sqs_refuses(text) for text in (body, *attributes.values())):
            raise DeliveryError("ERROR_FROM_TARGET", "InvalidMessageContents", retryable=False)
        self.messages.append((queue_arn, body, dict(attributes)))

    async def invoke(self, function_arn: str, payload: str) -> InvokeResult:
        self.invoked.append((function_arn, json.loads(payload)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.gate is not None:
            await self.gate.wait()
        self.running -= 1
        result = self.results.pop(0) if self.results else self.always
        if isinstance(result, Exception):
            raise result
        return result

    def ports(self) -> Ports:
        return Ports(self, self, self)


def sqs_refuses(text: str) -> bool:
    """Whether SQS would: it takes #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-…"""
    return not text or any(
        character not in "\t\n\r" and (code < 0x20 or 0xD7FF < code < 0xE000 or code in _NONE)
        for character in text
        for code in (ord(character),)
    )


def unreachable() -> DeliveryError:
    return DeliveryError("CONNECTION_FAILURE", "refused", retryable=True)


def bus_arn(region: str = WEST, name: str = "globalws") -> str:
    return f"arn:aws:events:{region}:{ACCOUNT}:event-bus/{name}"


def function_arn(name: str = "Replay", region: str = WEST) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"


def queue_arn(name: str = "dead-letters", region: str = WEST) -> str:
    return f"arn:aws:sqs:{region}:{ACCOUNT}:{name}"


def rule(
    name: str, *targets: Target, pattern: Mapping[str, Any] | None = None, enabled: bool = True
) -> Rule:
    arn = f"arn:aws:events:{WEST}:{ACCOUNT}:rule/globalws/{name}"
    return Rule(name, arn, pattern or {"source": ["globalws"]}, targets, enabled)


def to_peer(dead_letters: bool = True, retry: RetryPolicy | None = None) -> Target:
    dead = queue_arn() if dead_letters else None
    return Target("peer", bus_arn(SOUTH), retry=retry or RetryPolicy(), dead_letter_arn=dead)


def to_function(name: str = "Replay", **settings: Any) -> Target:
    return Target("function", function_arn(name), dead_letter_arn=queue_arn(), **settings)


def bus(*rules: Rule, region: str = WEST) -> Bus:
    return Bus("globalws", bus_arn(region), region, rules)


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    detail = json.dumps({"number": number, "region": WEST})
    return {"Source": "globalws", "DetailType": "MessagePublished", "Detail": detail, **changes}


def bridge(
    world: FakePorts,
    clock: FakeClock,
    *rules: Rule,
    functions: Sequence[AsyncFunction] = (),
    path: Path | str = ":memory:",
    settings: Settings = SETTINGS,
) -> EventBridge:
    definition = Definition(WEST, ACCOUNT, (bus(*rules),), tuple(functions))
    return EventBridge(definition, world.ports(), path, settings, clock=clock)
