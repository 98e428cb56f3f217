"""Sets the soak's scene: gates, subscriber and publisher processes on the running stack."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.stack_file import RunningRegion
from tests.soak.chaos import Gates
from tests.soak.crew import Member
from tests.soak.gate import Gate, gate_to
from tests.soak.plan import Endpoint, PublisherPlan, SubscriberPlan
from tests.support.stack import LocalStack

CHANNELS = ("tech", "music")
_SUBSCRIBERS = 4
_PER_SECOND = 6.0


@dataclass
class Scene:
    """What there is to be broken."""

    subscribers: list[Member]
    publishers: list[Member]
    gates: Gates

    @property
    def members(self) -> list[Member]:
        """All processes."""
        return [*self.subscribers, *self.publishers]


@asynccontextmanager
async def scene(stack: LocalStack, folder: Path, after: str, seed: int) -> AsyncIterator[Scene]:
    """The processes are not started yet; whatever still runs at the end is ended."""
    regions = stack.running.regions
    gates: dict[tuple[str, str], Gate] = {}
    async with AsyncExitStack() as exits:
        subscribers = []
        for number in range(_SUBSCRIBERS):
            name = f"subscriber-{number}"
            endpoints = []
            for region in _from(regions, number):
                gate = await exits.enter_async_context(gate_to(_port(region)))
                gates[name, region.region] = gate
                endpoints.append(_through(region, gate))
            plan = SubscriberPlan(name, str(folder), CHANNELS, after, tuple(endpoints))
            subscribers.append(Member("tests.soak.subscribe", plan))
        publishers = [
            Member(
                "tests.soak.publish",
                PublisherPlan(
                    f"publisher-{number}",
                    str(folder),
                    CHANNELS,
                    _PER_SECOND,
                    seed + number,
                    tuple(_direct(each) for each in _from(regions, number)),
                ),
            )
            for number in range(len(regions))
        ]
        found = Scene(subscribers, publishers, gates)
        try:
            yield found
        finally:
            for member in found.members:
                member.abandon()


def _from(regions: Sequence[RunningRegion], number: int) -> list[RunningRegion]:
    """The regions in order of preference: each is the home of someone."""
    first = number % len(regions)
    return [*regions[first:], *regions[:first]]


def _direct(region: RunningRegion) -> Endpoint:
    return Endpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)


def _through(region: RunningRegion, gate: Gate) -> Endpoint:
    real, gated = f"127.0.0.1:{_port(region)}", f"127.0.0.1:{gate.port}"
    return Endpoint(
        region.region,
        region.graphqlUrl.replace(real, gated),
        region.realtimeUrl.replace(real, gated),
        region.apiKey,
    )


def _port(region: RunningRegion) -> int:
    port = urlsplit(region.graphqlUrl).port
    assert port is not None
    return port
