"""What each fault test does: subscribe in every region, publish until accepted, count."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
from globalws_client import Client, MessageEvent, Options, RegionEndpoint

from cli.stack_file import RunningRegion
from tests.faults.report import Row
from tests.support.aws import dead_letters, redrive
from tests.support.clients import Message, listening, set_faults
from tests.support.publishing import PersistentPublisher, new_id
from tests.support.stack import LocalStack
from tests.support.waiting import until

CHANNEL = "tech"
_SETTLE_SECONDS = 180.0
_AT_ONCE = 8


class Campaign:
    """What was accepted and what arrived while one fault was on."""

    def __init__(
        self, stack: LocalStack, session: aiohttp.ClientSession, inboxes: dict[str, list[Message]]
    ) -> None:
        self.stack = stack
        self.session = session
        self.accepted: dict[str, Message] = {}
        self.refusals: Counter[str] = Counter()
        self.in_queues = 0
        self.redriven = 0
        self.poison = 0
        self._inboxes = inboxes
        self._started = time.monotonic()

    def region(self, name: str) -> RunningRegion:
        """The region as it runs now: after a restart it has another pid."""
        return self.stack.running.region(name)

    async def publish(self, count: int, *regions: str, ids: Sequence[str] = ()) -> None:
        """Publish `count` messages, alternating between the regions (all, if none is named)."""
        names = regions or tuple(each.region for each in self.stack.running.regions)
        waiting = list(enumerate(ids or [_marked(number) for number in range(count)]))
        publishers = [
            PersistentPublisher(self.session, lambda name=name: self.region(name))  # type: ignore[misc]
            for name in names
        ]

        async def worker() -> None:
            while waiting:
                number, id = waiting.pop(0)
                publisher = publishers[number % len(publishers)]
                self.accepted[id] = await publisher.publish(CHANNEL, f"message {number}", id)

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(worker())
        for publisher in publishers:
            self.refusals += publisher.refusals

    async def faults(self, plan: dict[str, Any], *regions: str) -> None:
        """Set a fault plan in the regions (all, if none is named); {} ends all faults."""
        for region in self.stack.running.regions:
            if not regions or region.region in regions:
                await set_faults(self.session, region, plan)

    async def counters(self, region: str) -> dict[str, Any]:
        """The region's event bus: rules, queues, counters, what is pending."""
        url = f"{self.region(region).eventsUrl}/_local/eventbridge"
        async with self.session.get(url) as response:
            found: dict[str, Any] = await response.json()
            return found

    async def settle(self) -> None:
        """Wait until no bus and no function has work left; count the dead letters."""

        async def idle() -> bool:
            regions = self.stack.running.regions
            found = [await self.counters(each.region) for each in regions]
            return all(each["pending"] == 0 for each in found)

        await until(idle, _SETTLE_SECONDS, "the buses have work left")
        self.in_queues = await asyncio.to_thread(dead_letters, self.stack.running)

    async def redrive(self) -> None:
        """Run `globalws dlq redrive` until only poison is left."""

        async def done() -> bool:
            tally = await asyncio.to_thread(redrive, self.stack)
            self.redriven += tally.done
            self.poison = tally.poison
            return not tally.failed and not tally.done

        await until(done, _SETTLE_SECONDS, "dead letters cannot be redriven")

    async def arrival(self) -> None:
        """Wait until every accepted message has reached a subscriber in every region."""

        async def all_there() -> bool:
            return not self.missing()

        await until(all_there, 60.0, self._whereabouts)

    async def arrived(self, region: str, count: int) -> bool:
        """Whether at least `count` accepted messages have reached the region's subscriber."""
        return len(self.accepted.keys() & {each["id"] for each in self._inboxes[region]}) >= count

    def missing(self) -> set[str]:
        """Accepted messages that the subscriber of some region has not received."""
        arrived = [{each["id"] for each in inbox} for inbox in self._inboxes.values()]
        return set(self.accepted) - set.intersection(*arrived)

    def _whereabouts(self) -> str:
        lines = []
        for region, inbox in self._inboxes.items():
            lacks = sorted(set(self.accepted) - {each["id"] for each in inbox})
            lines.append(f"{region} has {len(inbox)}, lacks {len(lacks)}: {' '.join(lacks[:5])}")
        return "; ".join(lines)

    def row(self, fault: str, note: str = "") -> Row:
        """The counts, as a row of the report."""
        missing = self.missing()
        return Row(
            fault=fault,
            accepted=len(self.accepted),
            refused=self.refusals.total(),
            delivered=len(self.accepted) - len(missing),
            in_queues=self.in_queues,
            redriven=self.redriven,
            poison=self.poison,
            twice=self._twice(),
            lost=len(missing),
            seconds=round(time.monotonic() - self._started, 1),
            note=note,
        )

    def _twice(self) -> int:
        counts = [Counter(each["id"] for each in inbox) for inbox in self._inboxes.values()]
        return sum(max(count[id] for count in counts) > 1 for id in self.accepted)


def is_stubborn(id: str) -> bool:
    """Whether this message must fail until its function gives up: one in four does."""
    return id.endswith("0")


def _marked(number: int) -> str:
    return new_id()[:-1] + ("0" if number % 4 == 0 else "Z")


@asynccontextmanager
async def campaign(stack: LocalStack, *, resuming: bool = False) -> AsyncIterator[Campaign]:
    """A campaign with a subscriber in each region; it ends all faults.

    Use resuming subscribers if the fault ends connections.
    """
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        inboxes = {}
        for region in stack.running.regions:
            if resuming:
                inbox: list[Message] = []
                await exits.enter_async_context(_resuming(region, inbox, session))
                inboxes[region.region] = inbox
            else:
                listener = await exits.enter_async_context(listening(region, CHANNEL))
                inboxes[region.region] = listener.messages
        running = Campaign(stack, session, inboxes)
        try:
            yield running
        finally:
            await running.faults({})


@asynccontextmanager
async def _resuming(
    region: RunningRegion, inbox: list[Message], session: aiohttp.ClientSession
) -> AsyncIterator[None]:
    """A resuming subscriber of this region only: it cannot fail over."""
    endpoint = RegionEndpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)
    options = Options(backoff_cap_ms=1_000)

    async def receive() -> None:
        async with Client([endpoint], options=options, session=session) as client:
            async for event in client.subscribe(CHANNEL, after=new_id(ahead_seconds=-1)):
                if isinstance(event, MessageEvent):
                    inbox.append({"id": event.message.id, "message": event.message.message})

    task = asyncio.create_task(receive(), name=f"receive in {region.region}")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
