"""All subscribers, in a process of their own, which is talked to in JSON lines.

Usage: python -m bench.subscribers '{"port": …, …}'     (what `Audience` holds)
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from bench.dialects import DIALECTS
from bench.processes import ROOT, raise_file_limit
from bench.websocket import Receipts, appsync_client

_AT_ONCE = 32


@dataclass(frozen=True)
class Audience:
    """Who subscribes: `connections` with `each` subscriptions. With `spread`, every subscription
    is to a channel of its own (`bench-0`, `bench-1`, …), else all are to `channel`. Without an API
    key the server is not AppSync's, and `dialect` (in `DIALECTS`) is what it speaks.
    """

    port: int
    connections: int
    each: int = 1
    channel: str = "tech"
    spread: bool = False
    channels: int = 0
    key: str | None = None
    path: str = "/graphql/realtime"
    dialect: str = "raw"

    @property
    def subscriptions(self) -> int:
        """How many there are."""
        return self.connections * self.each


@dataclass(frozen=True)
class Received:
    """What arrived: the latencies are in milliseconds, `last` is monotonic nanoseconds."""

    count: int
    complete: bool
    last: int
    p50: float
    p99: float
    worst: float
    cpu_seconds: float
    frame_bytes: int


class Subscribers:
    """The process, seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def expect(self, count: int, seconds: float) -> None:
        """From now on count what comes, from zero, up to `count`."""
        self._send({"expect": count, "seconds": seconds})
        self._answer()

    def received(self) -> Received:
        """What came; waits until all did or the time is up."""
        self._send({"report": True})
        return Received(**self._answer())

    def _send(self, document: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the subscribers' process ended")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer


@contextmanager
def subscribed(audience: Audience) -> Iterator[Subscribers]:
    """All of them subscribed, for the duration of the block."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "bench.subscribers", json.dumps(asdict(audience))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    subscribers = Subscribers(process)
    try:
        subscribers._answer()
        yield subscribers
    finally:
        process.kill()
        process.wait()


async def _connect(audience: Audience, receipts: Receipts) -> list[asyncio.BaseTransport]:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> asyncio.BaseTransport:
        channels = [_channel(audience, number * audience.each + i) for i in range(audience.each)]
        async with gate:
            transport, client = await loop.create_connection(
                lambda: (
                    DIALECTS[audience.dialect].subscriber(receipts, audience.port, audience.channel)
                    if audience.key is None
                    else appsync_client(
                        receipts, audience.port, audience.key, audience.path, channels
                    )
                ),
                "127.0.0.1",
                audience.port,
            )
            async with asyncio.timeout(60):
                await client.ready
        return transport

    return await asyncio.gather(*(one(number) for number in range(audience.connections)))


def _channel(audience: Audience, number: int) -> str:
    if audience.spread:
        return f"bench-{number}"
    return f"b{number % audience.channels}" if audience.channels else audience.channel


def _summary(receipts: Receipts, complete: bool, cpu_seconds: float) -> Received:
    values = sorted(receipts.latencies)

    def at(share: float) -> float:
        return values[min(len(values) - 1, int(len(values) * share))] / 1e6 if values else 0.0

    return Received(
        receipts.count,
        complete,
        receipts.last,
        round(at(0.5), 3),
        round(at(0.99), 3),
        round(at(1.0), 3),
        round(cpu_seconds, 3),
        receipts.frame_bytes,
    )


async def _main(audience: Audience) -> None:
    receipts = Receipts()
    loop = asyncio.get_running_loop()
    try:
        kept = await _connect(audience, receipts)
    except (OSError, TimeoutError) as error:
        print(json.dumps({"error": f"cannot subscribe: {error!r}"}), flush=True)
        return
    print(json.dumps({"ready": len(kept)}), flush=True)
    count, seconds, started = 0, 0.0, 0.0
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        if "expect" in order:
            count, seconds, started = order["expect"], order["seconds"], time.process_time()
            del receipts.latencies[:]
            receipts.count = 0
            print(json.dumps({"counting": count}), flush=True)
            continue
        complete = True
        try:
            await receipts.until(count, seconds)
        except TimeoutError:
            complete = False
        report = _summary(receipts, complete, time.process_time() - started)
        print(json.dumps(asdict(report)), flush=True)


if __name__ == "__main__":
    raise_file_limit()
    uvloop.run(_main(Audience(**json.loads(sys.argv[1]))))
    os._exit(0)
