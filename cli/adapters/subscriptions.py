"""A client per region, their events in one stream."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from globalws_client import Client, ClientError, Event, Iam, RegionEndpoint


@dataclass(frozen=True)
class SignedEndpoint(RegionEndpoint):
    """A region whose API is called with IAM, by botocore's credentials."""

    credentials: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Since:
    """Where to begin: with the newest `rewind` messages, or `replay_ms` ago; else now."""

    rewind: int | None = None
    replay_ms: float | None = None


Subscribe = Callable[[str, RegionEndpoint, Since], AsyncIterator[Event]]
"""(channel, region, since) → events, until it is refused finally."""


@dataclass(frozen=True)
class Ended:
    """A region's stream is over: refused, or failed for the reason given."""

    reason: str


Seen = tuple[str, Event | Ended]
"""(region subscribed in, what happened there)."""


async def subscribe(channel: str, region: RegionEndpoint, since: Since) -> AsyncIterator[Event]:
    """What a client gives out, in that one region."""
    auth = Iam(region.credentials) if isinstance(region, SignedEndpoint) else None
    async with Client([region], auth=auth) as client:
        async for event in client.subscribe(
            channel, rewind=since.rewind, replay_ms=since.replay_ms
        ):
            yield event


@asynccontextmanager
async def streams(
    channel: str,
    regions: Sequence[RegionEndpoint],
    since: Since,
    connect: Subscribe | None = None,
) -> AsyncIterator[asyncio.Queue[Seen]]:
    """Subscribes in every region, and puts what happens into one queue until the block ends."""
    seen: asyncio.Queue[Seen] = asyncio.Queue()

    async def follow(region: RegionEndpoint) -> None:
        reason = "the stream ended"
        try:
            async for event in (connect or subscribe)(channel, region, since):
                seen.put_nowait((region.region, event))
        except (OSError, ClientError) as error:
            reason = str(error)
        seen.put_nowait((region.region, Ended(reason)))

    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(follow(region), name=f"follow {region.region}") for region in regions
        ]
        yield seen
        for task in tasks:
            task.cancel()
