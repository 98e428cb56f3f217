"""One load on one server: subscribers, publishers, and what it cost the server."""

import asyncio
import time
from dataclasses import asdict, dataclass
from random import Random

import uvloop

from bench.processes import Server
from bench.publisher import HttpPublisher, Publisher, SocketPublisher, publish_many
from bench.subscribers import Audience, Subscribers


@dataclass(frozen=True)
class Load:
    """What is published: `messages` of `size` characters by `publishers` at once."""

    messages: int
    publishers: int = 1
    size: int = 300
    warm_up: int = 20
    repeats: int = 1
    seconds: float = 120.0


@dataclass(frozen=True)
class Outcome:
    """What came of it. Latencies in ms from before the publish to the subscriber; CPU is the
    server's, the kernel's part of it being its sockets'; memory in MiB.
    """

    subscriptions: int
    messages: int
    deliveries: int
    complete: bool
    seconds: float
    deliveries_per_second: float
    cpu_us_per_delivery: float
    kernel_us_per_delivery: float
    cpu_us_per_publish: float
    p50_ms: float
    p99_ms: float
    worst_ms: float
    answer_p50_ms: float
    memory_mib: float
    peak_memory_mib: float
    client_cpu_seconds: float
    frame_bytes: int


def put_on(server: Server, audience: Audience, subscribers: Subscribers, load: Load) -> Outcome:
    """Publishes and waits until everything has arrived.

    Takes each metric's best value of all repeats: other work on the machine only makes it worse.
    """
    outcomes = [
        uvloop.run(_put_on(server, audience, subscribers, load)) for _ in range(load.repeats)
    ]
    best = asdict(outcomes[-1])
    for name in ("cpu_us_per_delivery", "cpu_us_per_publish", "p50_ms", "p99_ms", "answer_p50_ms"):
        best[name] = min(getattr(each, name) for each in outcomes)
    cheapest = min(outcomes, key=lambda each: each.cpu_us_per_delivery)
    best["kernel_us_per_delivery"] = cheapest.kernel_us_per_delivery
    best["deliveries_per_second"] = max(each.deliveries_per_second for each in outcomes)
    best["complete"] = all(each.complete for each in outcomes)
    return Outcome(**best)


async def _put_on(
    server: Server, audience: Audience, subscribers: Subscribers, load: Load
) -> Outcome:
    publishers: list[Publisher] = [
        SocketPublisher(server.port, audience.dialect)
        if audience.key is None
        else HttpPublisher(server.port, audience.key)
        for _ in range(load.publishers)
    ]
    for publisher in publishers:
        await publisher.open()
    total = audience.subscriptions
    names = [f"bench-{i}" for i in range(total)] if audience.spread else [audience.channel]
    # A short load meets early and late ones alike.
    Random(1).shuffle(names)  # noqa: S311 - no secret
    await publish_many(publishers, names, load.warm_up, load.size, marked=False)
    await asyncio.sleep(0.3)
    expected = load.messages * (1 if audience.spread else total)
    subscribers.expect(expected, load.seconds)
    before, started = server.cpu_seconds(), time.monotonic_ns()
    took = sorted(await publish_many(publishers, names, load.messages, load.size))
    received = await asyncio.to_thread(subscribers.received)
    own, kernel = (now - then for now, then in zip(server.cpu_seconds(), before, strict=True))
    memory, peak = server.memory()
    for publisher in publishers:
        publisher.close()
    seconds = (received.last - started) / 1e9 if received.count else load.seconds
    return Outcome(
        total,
        load.messages,
        received.count,
        received.complete and received.count == expected,
        round(seconds, 3),
        round(received.count / seconds, 1),
        round((own + kernel) / max(1, received.count) * 1e6, 2),
        round(kernel / max(1, received.count) * 1e6, 2),
        round((own + kernel) / load.messages * 1e6, 1),
        received.p50,
        received.p99,
        received.worst,
        round(took[len(took) // 2], 3) if took else 0.0,
        round(memory, 1),
        round(peak, 1),
        received.cpu_seconds,
        received.frame_bytes,
    )
