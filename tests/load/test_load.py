"""Load: no leak, no loss, slow readers harm nobody, a clean end."""

import asyncio
import os
import signal
import time
from statistics import median, quantiles
from typing import Any

import pytest

from tests.load.crowd import Subscriber, Ticker, crowd
from tests.load.idlers import idlers
from tests.load.memory import samples
from tests.support.stack import LocalStack
from tests.support.waiting import until

pytestmark = [pytest.mark.load, pytest.mark.timeout(24 * 3600)]

_SUBSCRIBERS = 150
_PER_SECOND = 20.0
_WARM_UP_SECONDS = 15.0
_GROWTH = 1.05
_SETTLE_SECONDS = 60.0
_SHUTDOWN_SECONDS = 10.0
_READERS = 40
_SLOW_SHARE = 10  # for ten readers, one that does not read
_BIG = 100_000

Metrics = dict[str, dict[str, Any]]


async def _all_arrive(members: list[Subscriber], ticker: Ticker) -> None:
    """Every subscriber has every accepted message, once."""

    async def complete() -> bool:
        return all(len(each.got) >= len(ticker.accepted) for each in members)

    await until(complete, _SETTLE_SECONDS, "messages are missing")
    for member in members:
        assert member.got == dict.fromkeys(ticker.accepted, 1)


def _latency(members: list[Subscriber]) -> tuple[float, float]:
    """(median, 99th percentile) in milliseconds."""
    every = sorted(value for each in members for value in each.latencies)
    return round(1000 * median(every), 1), round(1000 * quantiles(every, n=100)[98], 1)


async def _come_and_go(stack: LocalStack, until_set: asyncio.Event) -> int:
    """Connect and disconnect subscribers until told to stop; returns how many."""
    count = 0
    while not until_set.is_set():
        async with crowd(stack.running.regions[0], "robots", 5):
            count += 5
    return count


async def test_memory_is_flat_and_nothing_is_lost_under_load(
    stack: LocalStack, seconds: float, metrics: Metrics
) -> None:
    west, sydney = stack.running.regions
    async with (
        crowd(west, "tech", _SUBSCRIBERS) as near,
        crowd(sydney, "tech", _SUBSCRIBERS // 5) as far,
    ):
        ticker = Ticker(west, "tech", _PER_SECOND)
        over = asyncio.Event()
        visitors = asyncio.create_task(_come_and_go(stack, over), name="visitors")
        await ticker.run(_WARM_UP_SECONDS)
        memory, _ = await asyncio.gather(samples(west.pid, seconds), ticker.run(seconds))
        over.set()
        visited = await visitors
        await _all_arrive([*near, *far], ticker)
    quarter = max(1, len(memory) // 4)
    first, last = median(memory[:quarter]), median(memory[-quarter:])
    near_p50, near_p99 = _latency(near)
    far_p50, far_p99 = _latency(far)
    metrics["Memory under load"] = {
        "subscribers": f"{len(near)} near, {len(far)} in the other region, {visited} came and went",
        "messages": len(ticker.accepted),
        "deliveries": sum(len(each.latencies) for each in (*near, *far)),
        "latency in the region, ms": f"median {near_p50}, p99 {near_p99}",
        "latency to the other region, ms": f"median {far_p50}, p99 {far_p99}",
        "resident memory, MB": f"{first / 1e6:.1f} → {last / 1e6:.1f} ({last / first - 1:+.1%})",
        "lost": 0,
    }
    assert last <= first * _GROWTH, f"{first} → {last} bytes"


async def test_who_does_not_read_harms_nobody_else(stack: LocalStack, metrics: Metrics) -> None:
    west, _ = stack.running.regions
    async with crowd(west, "cars", _READERS) as members:
        before = Ticker(west, "cars", 8.0, _BIG)
        await before.run(4.0)
        await _all_arrive(members, before)
        p50_before, p99_before = _latency(members)
        for member in members:
            member.got.clear()
            member.latencies.clear()
        async with idlers(west, "cars", _READERS // _SLOW_SHARE) as asleep:
            ticker = Ticker(west, "cars", 8.0, _BIG)
            await ticker.run(20.0)
            await _all_arrive(members, ticker)
            dropped = await asleep.dropped()
    p50, p99 = _latency(members)
    metrics["Subscribers that do not read"] = {
        "readers": len(members),
        "not reading": len(asleep.writers),
        "of these dropped": dropped,
        "messages of 100 KB": len(ticker.accepted),
        "readers' latency before, ms": f"median {p50_before}, p99 {p99_before}",
        "readers' latency meanwhile, ms": f"median {p50}, p99 {p99}",
    }
    assert dropped == len(asleep.writers)
    assert p99 < max(1_000.0, 5 * p99_before)


async def test_a_region_ends_cleanly_under_load(stack: LocalStack, metrics: Metrics) -> None:
    west, _ = stack.running.regions
    async with crowd(west, "media", _SUBSCRIBERS) as members:
        ticker = Ticker(west, "media", _PER_SECOND)
        load = asyncio.create_task(ticker.run(60.0), name="load")
        await asyncio.sleep(2.0)
        started = time.monotonic()
        os.kill(west.pid, signal.SIGTERM)

        async def ended() -> bool:
            return all(each.close_code is not None for each in members)

        await until(ended, _SHUTDOWN_SECONDS, "subscribers were not told of the end")
        took = time.monotonic() - started
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
    metrics["Clean shutdown under load"] = {
        "subscribers": len(members),
        "close codes": sorted({each.close_code for each in members}),
        "seconds until the last was closed": round(took, 2),
    }
    assert {each.close_code for each in members} == {1001}

    async def back() -> bool:
        return stack.running.region(west.region).pid != west.pid

    await until(back, _SETTLE_SECONDS, "the supervisor did not start the region again")
    log = await asyncio.to_thread(stack.log, west.region)
    assert "Traceback" not in log
