"""What goes wrong during the soak: faults chosen at random, from a seed."""

import asyncio
import math
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp

from cli.stack_file import RunningRegion
from tests.soak.processes import SoakProcess
from tests.support.clients import set_faults
from tests.support.proxy import Proxy
from tests.support.stack import LocalStack
from tests.support.waiting import until

_BETWEEN_SECONDS = (0.4, 1.8)
_REGION_REST_SECONDS = 12.0
_RESTART_SECONDS = 180.0

Proxies = Mapping[tuple[str, str], Proxy]
"""By (process, region)."""


def lasting_faults(seed: int, *, retries: int) -> dict[str, Any]:
    """The faults that last: 5 % of replays fail, links lose events, starts are late."""
    return {
        "seed": seed,
        "links": {
            "*": {
                "latencyMs": 20,
                "jitterMs": 30,
                "reorderMs": 300,
                "errorRate": 0.05,
                "duplicateRate": 0.1,
            }
        },
        "targets": {"*": {"backoffScale": 0.2, "duplicateRate": 0.05}},
        "functions": {
            "*": {
                "errorRate": 0.05,
                "throttleRate": 0.02,
                "duplicateRate": 0.1,
                "maximumRetryAttempts": retries,
                "backoffScale": 0.3,
            }
        },
        "putEvents": {"failureRate": 0.03},
        "dynamodb": {"throttleRate": 0.01},
        # AWS acknowledges a subscription before it delivers to it.
        "api": {"startDelayMs": 5000},
    }


class Chaos:
    """Causes faults for a while; then `reopen`, and when all is delivered, `mend`."""

    def __init__(
        self,
        stack: LocalStack,
        session: aiohttp.ClientSession,
        subscribers: Sequence[SoakProcess],
        publishers: Sequence[SoakProcess],
        proxies: Proxies,
        seed: int,
    ) -> None:
        self.count: Counter[str] = Counter()
        self._stack = stack
        self._session = session
        self._subscribers = subscribers
        self._publishers = publishers
        self._proxies = proxies
        self._seed = seed
        self._random = random.Random(seed)
        self._region_rests_until = time.monotonic()
        self._names = [each.region for each in stack.running.regions]
        self._partitioned: set[str] = set()
        self._faults: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "subscriber killed": (4, self._kill_subscriber),
            "connections cut": (5, self._cut),
            "connections stalled, then cut": (2, self._stall),
            "region out of a subscriber's reach": (4, self._shut),
            "publisher killed": (2, self._kill_publisher),
            "link between regions cut": (2, self._partition),
            "region killed": (2, self._kill_region),
        }

    async def run(self, seconds: float) -> None:
        """Cause faults for `seconds`; several may overlap."""
        for name in self._names:
            await self._put_faults(name)
        names = list(self._faults)
        weights = [weight for weight, _ in self._faults.values()]
        deadline = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < deadline:
                (name,) = self._random.choices(names, weights)
                group.create_task(self._start(name), name=name)
                await asyncio.sleep(self._random.uniform(*_BETWEEN_SECONDS))

    def reopen(self) -> None:
        """Open all proxies; the lasting faults stay."""
        for proxy in self._proxies.values():
            proxy.open()

    async def mend(self) -> None:
        """End the lasting faults."""
        for region in self._stack.running.regions:
            await set_faults(self._session, region, {})

    async def _start(self, name: str) -> None:
        _, fault = self._faults[name]
        try:
            await fault()
        except _NotNow:
            return
        self.count[name] += 1

    async def _kill_subscriber(self) -> None:
        await self._kill(self._random.choice(self._subscribers))

    async def _kill_publisher(self) -> None:
        await self._kill(self._random.choice(self._publishers))

    async def _kill(self, process: SoakProcess) -> None:
        away = self._random.uniform(0.0, 4.0)
        if not process.running:
            raise _NotNow
        await process.kill()
        await asyncio.sleep(away)
        await process.start()

    async def _cut(self) -> None:
        if not self._any_proxy().cut():
            raise _NotNow

    async def _stall(self) -> None:
        proxy, seconds = self._any_proxy(), self._random.uniform(0.5, 4.0)
        proxy.stall()
        await asyncio.sleep(seconds)
        proxy.cut()
        proxy.open()

    async def _shut(self) -> None:
        proxy, seconds = self._any_proxy(), self._random.uniform(1.0, 8.0)
        proxy.shut()
        await asyncio.sleep(seconds)
        proxy.open()

    def _any_proxy(self) -> Proxy:
        return self._proxies[self._random.choice(list(self._proxies))]

    async def _partition(self) -> None:
        name, seconds = self._random.choice(self._names), self._random.uniform(1.0, 6.0)
        if name in self._partitioned:
            raise _NotNow
        self._partitioned.add(name)
        await self._put_faults(name)
        await asyncio.sleep(seconds)
        self._partitioned.discard(name)
        await self._put_faults(name)

    async def _kill_region(self) -> None:
        if time.monotonic() < self._region_rests_until:
            raise _NotNow
        self._region_rests_until = math.inf
        name = self._random.choice(self._names)
        before = self._stack.running.region(name).pid
        os.kill(before, signal.SIGKILL)

        async def is_back() -> bool:
            region = self._stack.running.region(name)
            return region.pid != before and await self._answers(region)

        await until(is_back, _RESTART_SECONDS, f"{name} did not come back")
        self._region_rests_until = time.monotonic() + _REGION_REST_SECONDS
        await self._put_faults(name)  # the killed process had them in memory

    async def _answers(self, region: RunningRegion) -> bool:
        try:
            async with self._session.get(f"{region.eventsUrl}/_local/health") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    async def _put_faults(self, name: str) -> None:
        # One region's functions do not retry, so that its queue fills; the other's do.
        plan = lasting_faults(self._seed, retries=0 if name == self._names[0] else 2)
        if name in self._partitioned:
            plan["links"] = {"*": {"partition": True}}
        try:
            await set_faults(self._session, self._stack.running.region(name), plan)
        except aiohttp.ClientError:
            return  # it is down; `_kill_region` sets the plan again


class _NotNow(Exception):  # noqa: N818 - no error
    """This fault is impossible at the moment."""
