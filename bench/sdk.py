"""What the SDK costs beside bare sockets: memory, CPU and reconnecting, for 1,000 channels.

Usage: python -m bench.sdk     (`make bench-sdk`)

Both SDKs, each beside clients of its own language (those on Node are in sdk_client.mjs). All
variants speak the same protocol to the same server, with a consumer task a channel. `bare` has
5 sockets with 200 subscriptions, `each` a socket a channel, `tells` is `bare` with one thing that
the SDK promises: each consumer is told that it is interrupted, and that it is live again. All read
history twice after each start, as the SDK does. None does what the SDK is for: no ids are
remembered, no message is checked, and nothing is bounded.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import aiohttp
from globalws_client import Client, Options, RegionEndpoint
from globalws_client.history import query_of
from globalws_client.protocol import init_text, start_data, start_text, subprotocols
from globalws_client.signals import Fetch

from bench.processes import ROOT
from bench.sdk_server import Server

CHANNELS = 1_000
EACH = 200
ROUNDS = 30  # messages to each channel
_ENDPOINT = {"x-api-key": "da2-bench", "host": "127.0.0.1"}
_AUTHORIZATION = json.dumps(_ENDPOINT)
_SETTLE_SECONDS = 1.0

Received = Callable[[], None]
Round = dict[str, dict[str, float]]
"""{kind: {metric: value}}"""


class Bare:
    """Sockets, queues and tasks, without any of what the SDK promises."""

    def __init__(
        self, port: int, received: Received, *, each: int = EACH, tells: bool = False
    ) -> None:
        self._port = port
        self._received = received
        self._each = each
        self._tells = tells
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._queues = [asyncio.Queue[Any]() for _ in range(CHANNELS)]
        self._tasks = [asyncio.create_task(self._consume(queue)) for queue in self._queues]
        self._tasks += [
            asyncio.create_task(self._connection(first)) for first in range(0, CHANNELS, each)
        ]
        self.started = 0
        self.last_frame = 0.0

    async def _consume(self, queue: "asyncio.Queue[Any]") -> None:
        while True:
            event = await queue.get()
            if event == "live":
                self.started += 1
            elif event != "interrupted":
                self._received()

    async def _connection(self, first: int) -> None:
        url = f"ws://127.0.0.1:{self._port}/graphql/realtime"
        while True:
            unanswered = self._each
            async with self._session.ws_connect(url, protocols=subprotocols(_ENDPOINT)) as socket:
                await socket.send_str(init_text())
                async for frame in socket:
                    if frame.type is not aiohttp.WSMsgType.TEXT:
                        break
                    document = json.loads(frame.data)
                    self.last_frame = time.monotonic()  # silence would be its end
                    if document["type"] == "data":
                        place = int(document["id"])
                        self._queues[place].put_nowait(document["payload"]["data"]["subscribe"])
                    elif document["type"] == "start_ack":
                        unanswered -= 1
                        if not unanswered:
                            self._tasks.append(asyncio.create_task(self._history(first)))
                    elif document["type"] == "connection_ack":
                        for place in range(first, first + self._each):
                            data = start_data(f"c{place}")
                            await socket.send_str(start_text(place, data, _AUTHORIZATION))
            self._tell(range(first, first + self._each), "interrupted")

    def _tell(self, places: range, event: str) -> None:
        if self._tells:
            for place in places:
                self._queues[place].put_nowait(event)

    async def _history(self, first: int) -> None:
        for wait in (0.0, _SETTLE_SECONDS):
            await asyncio.sleep(wait)
            for begin in range(first, first + self._each, 50):
                places = range(begin, min(begin + 50, first + self._each))
                fetches = [Fetch(0, 0, f"c{p}", "0" * 26, None, 20, None) for p in places]
                query, variables = query_of(fetches)
                body = {"query": query, "variables": variables}
                url = f"http://127.0.0.1:{self._port}/graphql"
                async with self._session.post(url, json=body) as response:
                    json.loads(await response.read())
                if not wait:
                    self._tell(places, "live")
                    self.started += 0 if self._tells else len(places)

    async def close(self) -> None:
        """End it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()


class Sdk:
    """The client."""

    def __init__(self, port: int, received: Received) -> None:
        region = RegionEndpoint(
            "us", f"http://127.0.0.1:{port}/graphql", f"ws://127.0.0.1:{port}/graphql/realtime", "k"
        )
        options = Options(settle_ms=_SETTLE_SECONDS * 1000, backoff_base_ms=1)
        self._client = Client([region], options=options)
        self._received = received
        self._task = asyncio.create_task(self._run())
        self.started = 0

    async def _run(self) -> None:
        async with self._client, asyncio.TaskGroup() as group:
            for place in range(CHANNELS):
                group.create_task(self._consume(f"c{place}"))

    async def _consume(self, channel: str) -> None:
        events = self._client.subscribe(channel)
        async for event in events:
            if hasattr(event, "message"):
                self._received()
            elif event.state == "live":
                self.started += 1

    async def close(self) -> None:
        """End it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


_VARIANTS: dict[str, Callable[[int, Received], Bare | Sdk]] = {
    "bare": Bare,
    "tells": lambda port, received: Bare(port, received, tells=True),
    "each": lambda port, received: Bare(port, received, each=1),
    "sdk": Sdk,
}


def _memory_kb() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def _measure(kind: str, port: int) -> dict[str, float]:
    count = 0

    def received() -> None:
        nonlocal count
        count += 1

    async def ask(path: str) -> None:
        async with control.post(f"http://127.0.0.1:{port}/{path}"):
            pass

    async def until(done: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not done():  # noqa: ASYNC110 nothing announces it
                await asyncio.sleep(0.01)

    async with aiohttp.ClientSession() as control:
        before = _memory_kb()
        variant = _VARIANTS[kind](port, received)
        await until(lambda: variant.started >= CHANNELS)
        await asyncio.sleep(2 * _SETTLE_SECONDS)
        memory = _memory_kb() - before
        cpu = time.process_time()
        await ask(f"publish/{ROUNDS}")
        await until(lambda: count >= ROUNDS * CHANNELS)
        messages = time.process_time() - cpu
        begun, cpu = time.perf_counter(), time.process_time()
        await ask("cut")
        await until(lambda: variant.started >= 2 * CHANNELS)
        seconds = time.perf_counter() - begun
        await asyncio.sleep(2 * _SETTLE_SECONDS)
        reconnect = time.process_time() - cpu
        await variant.close()
    return {
        "memory of a subscription, KB": memory / CHANNELS,
        "CPU of a message, µs": messages / (ROUNDS * CHANNELS) * 1e6,
        "CPU of reconnecting 1,000 channels, ms": reconnect * 1e3,
        "time of reconnecting 1,000 channels, ms": seconds * 1e3,
    }


def _python(kind: str, port: int) -> list[str]:
    return [sys.executable, "-m", "bench.sdk", kind, str(port)]


def _node(kind: str, port: int) -> list[str]:
    return ["node", "--expose-gc", "bench/sdk_client.mjs", kind, str(port)]


def run(command: Callable[[str, int], list[str]], rounds: int = 5) -> list[Round]:
    """Several runs of each, alternating, so that what else the machine does slows all of them."""
    numbers = {
        "channels": CHANNELS,
        "each": EACH,
        "rounds": ROUNDS,
        "settleMs": _SETTLE_SECONDS * 1000,
    }
    environment = {**os.environ, "BENCH_SDK": json.dumps(numbers)}

    def measure(kind: str) -> dict[str, float]:
        said = subprocess.run(  # noqa: S603
            command(kind, server.port),
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
        found: dict[str, float] = json.loads(said.stdout)
        return found

    with Server() as server:
        return [{kind: measure(kind) for kind in _VARIANTS} for _ in range(rounds)]


def _print(language: str, rounds: list[Round]) -> None:
    """Medians, also of each round's own ratios."""
    bases = [kind for kind in _VARIANTS if kind != "sdk"]
    heads = [*_VARIANTS, *(f"÷ {base}" for base in bases)]
    print(f"\n{language:42}" + "".join(f"{head:>9}" for head in heads))
    for name in rounds[0]["sdk"]:
        values = [median(each[kind][name] for each in rounds) for kind in _VARIANTS]
        ratios = [median(each["sdk"][name] / each[base][name] for each in rounds) for base in bases]
        print(
            f"{name:42}{''.join(f'{v:9.1f}' for v in values)}{''.join(f'{r:9.2f}' for r in ratios)}"
        )


def main() -> None:
    """Prints a table for each SDK."""
    if len(sys.argv) == 3:
        print(json.dumps(asyncio.run(_measure(sys.argv[1], int(sys.argv[2])))))
        return
    build = ["npm", "run", "--silent", "build", "--workspace", "sdk/typescript"]
    subprocess.run(build, cwd=ROOT, check=True)  # noqa: S603
    for language, command in (("Python", _python), ("TypeScript", _node)):
        _print(language, run(command))


if __name__ == "__main__":
    main()
