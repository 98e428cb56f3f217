"""Makes the soak's proxies and its subscriber and publisher processes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.stack_file import RunningRegion
from tests.soak.chaos import Proxies
from tests.soak.plan import Endpoint, PublisherPlan, SubscriberPlan
from tests.soak.processes import SoakProcess
from tests.support.proxy import Proxy, proxy_before
from tests.support.stack import LocalStack

CHANNELS = ("tech", "music")
_SUBSCRIBERS = 4
_PER_SECOND = 6.0


@dataclass
class Soak:
    """What the soak may break."""

    subscribers: list[SoakProcess]
    publishers: list[SoakProcess]
    proxies: Proxies

    @property
    def processes(self) -> list[SoakProcess]:
        """All processes."""
        return [*self.subscribers, *self.publishers]


@asynccontextmanager
async def soak(stack: LocalStack, folder: Path, after: str, seed: int) -> AsyncIterator[Soak]:
    """The processes are not started yet; those that still run at the end are killed."""
    regions = stack.running.regions
    proxies: dict[tuple[str, str], Proxy] = {}
    async with AsyncExitStack() as exits:
        subscribers = []
        for number in range(_SUBSCRIBERS):
            name = f"subscriber-{number}"
            endpoints = []
            for region in _from(regions, number):
                proxy, proxied = await exits.enter_async_context(proxy_before(region))
                proxies[name, region.region] = proxy
                endpoints.append(_endpoint(proxied))
            plan = SubscriberPlan(name, str(folder), CHANNELS, after, tuple(endpoints))
            subscribers.append(SoakProcess("tests.soak.subscribe", plan))
        publishers = [
            SoakProcess(
                "tests.soak.publish",
                PublisherPlan(
                    f"publisher-{number}",
                    str(folder),
                    CHANNELS,
                    _PER_SECOND,
                    seed + number,
                    tuple(_endpoint(each) for each in _from(regions, number)),
                ),
            )
            for number in range(len(regions))
        ]
        found = Soak(subscribers, publishers, proxies)
        try:
            yield found
        finally:
            for process in found.processes:
                process.abandon()


def _from(regions: Sequence[RunningRegion], number: int) -> list[RunningRegion]:
    """The regions in order of preference; the first one changes with `number`."""
    first = number % len(regions)
    return [*regions[first:], *regions[:first]]


def _endpoint(region: RunningRegion) -> Endpoint:
    return Endpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)
