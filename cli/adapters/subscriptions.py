"""The resuming subscriber, one per region, their events in one stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from globalws_subscriber.types import Event, Options, RegionEndpoint

from cli.errors import UnreachableError

Subscribe = Callable[[str, RegionEndpoint, Options], Any]
"""(channel, region, options) → an async iterable of events."""


@dataclass(frozen=True)
class Ended:
    """A region's stream is over: refused, or failed for the reason given."""

    reason: str


Seen = tuple[str, Event | Ended]
"""(region subscribed in, what happened there)."""


def subscribe(channel: str, region: RegionEndpoint, options: Options) -> Any:
    """The subscriber of the package globalws_subscriber, in that one region."""
    subscriber: Any = import_module("globalws_subscriber")
    return subscriber.Subscriber(channel, regions=[region], options=options)


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
        except (OSError, UnreachableError) as error:
            reason = str(error)
        seen.put_nowait((region.region, Ended(reason)))

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(follow(region), name=f"follow {region.region}") for region in regions
        ]
        yield seen
        for task in tasks:
            task.cancel()
