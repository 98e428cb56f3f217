"""The resuming subscriber, one per region, their events in one stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from globalws_client import Event, Options, RegionEndpoint, Subscriber, SubscriberError

Subscribe = Callable[[str, RegionEndpoint, Options], AsyncIterator[Event]]
"""(channel, region, options) → events, until it is refused for good."""


@dataclass(frozen=True)
class Ended:
    """A region's stream is over: refused, or failed for the reason given."""

    reason: str


Seen = tuple[str, Event | Ended]
"""(region subscribed in, what happened there)."""


async def subscribe(channel: str, region: RegionEndpoint, options: Options) -> AsyncIterator[Event]:
    """What the resuming subscriber gives out, in that one region."""
    async with Subscriber(channel, [region], options) as events:
        async for event in events:
            yield event


@asynccontextmanager
async def streams(
    channel: str,
    regions: Sequence[RegionEndpoint],
    options: Options,
    connect: Subscribe | None = None,
) -> AsyncIterator[asyncio.Queue[Seen]]:
    """Subscribes in every region, and puts what happens into one queue until the block ends."""
    seen: asyncio.Queue[Seen] = asyncio.Queue()

    async def follow(region: RegionEndpoint) -> None:
        reason = "the stream ended"
        try:
            async for event in (connect or subscribe)(channel, region, options):
                seen.put_nowait((region.region, event))
        except (OSError, SubscriberError) as error:
            reason = str(error)
        seen.put_nowait((region.region, Ended(reason)))

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(follow(region), name=f"follow {region.region}") for region in regions
        ]
        yield seen
        for task in tasks:
            task.cancel()
