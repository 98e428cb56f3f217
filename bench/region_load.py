"""A load on the local stack: publishes in one region at a rate, and what each part of it took."""

import asyncio
import time
from dataclasses import asdict
from statistics import median
from typing import Any

from bench.processes import children, cpu_seconds_by_part
from bench.publisher import HttpPublisher, publish_many
from bench.subscribers import Subscribers
from cli.stack_file import RunningRegion
from tests.support.stack import LocalStack

REGIONS = ("us-west-2", "ap-southeast-2")
AWS = "local AWS: DynamoDB, logs"
FUNCTIONS = "functions"
SUPERVISOR = "supervisor, web client"
CLIENTS = "publishers, subscriber"


def port_of(region: RunningRegion) -> int:
    """The port of the region's process."""
    return int(region.graphqlUrl.split(":")[2].split("/")[0])


def step(
    stack: LocalStack, a: RunningRegion, subscribers: Subscribers, rate: int, seconds: int = 8
) -> dict[str, Any]:
    """Some seconds' messages at a rate; and what each part took until all were there: `cores` on
    average, and `cpu_ms` of processor time for a message.
    """
    count = rate * seconds
    before, own, started = _cpu_seconds(stack), time.process_time(), time.monotonic()
    outcome = asyncio.run(paced(a, subscribers, count, float(rate)))
    took_seconds = time.monotonic() - started
    took = {part: now - before.get(part, 0.0) for part, now in _cpu_seconds(stack).items()}
    took[CLIENTS] = outcome["cpu_seconds"] + time.process_time() - own
    return outcome | {
        "offered": rate,
        "cores": {part: round(each / took_seconds, 2) for part, each in took.items()},
        "cpu_ms": {part: round(each / count * 1000, 2) for part, each in took.items()},
    }


def _cpu_seconds(stack: LocalStack) -> dict[str, float]:
    if stack.process is None:
        raise RuntimeError("only a stack of our own can be measured")
    parts = {each.pid: each.region for each in stack.running.regions}
    for each in stack.running.regions:
        parts |= dict.fromkeys(children(each.pid), FUNCTIONS)
    for pid, command in children(stack.process.pid).items():
        if "ministack" in command:
            parts[pid] = AWS
            parts |= dict.fromkeys(children(pid), FUNCTIONS)
    return cpu_seconds_by_part(stack.process.pid, parts, SUPERVISOR)


async def paced(
    a: RunningRegion, subscribers: Subscribers, count: int, rate: float
) -> dict[str, Any]:
    """Publishes at a steady rate, by as many publishers as that takes."""
    publishers = [HttpPublisher(port_of(a), a.apiKey) for _ in range(max(2, round(rate / 8)))]
    for publisher in publishers:
        await publisher.open()
    await asyncio.to_thread(subscribers.expect, count, 60.0)
    started = time.monotonic()
    free: asyncio.Queue[HttpPublisher] = asyncio.Queue()
    for publisher in publishers:
        free.put_nowait(publisher)

    async def one(publisher: HttpPublisher) -> float:
        try:
            return (await publish_many([publisher], ["tech"], 1, 300))[0]
        finally:
            free.put_nowait(publisher)

    tasks = []
    for number in range(count):
        await asyncio.sleep(max(0.0, started + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(await free.get())))
    answers = sorted(await asyncio.gather(*tasks))
    published = time.monotonic()
    received = await asyncio.to_thread(subscribers.received)
    for publisher in publishers:
        publisher.close()
    seconds = published - started
    return asdict(received) | {
        "publishes_per_second": round(count / seconds, 1),
        "answer_p50_ms": round(median(answers), 2),
        "behind_s": round(max(0.0, received.last / 1e9 - published), 2),
    }
