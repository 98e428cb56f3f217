"""Three regions, a full mesh: each message arrives once everywhere, and makes one hop."""

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.support.clients import Publisher, listening
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack

pytestmark = pytest.mark.deploys

_REGIONS = ("us-west-2", "ap-southeast-2", "eu-west-1")
_EACH = 20


@pytest.fixture(scope="module")
def three_regions() -> Iterator[LocalStack]:
    with local_stack("three", _REGIONS) as running:
        yield running


async def _counters(session: aiohttp.ClientSession, events_url: str) -> dict[str, Any]:
    async with session.get(f"{events_url}/_local/eventbridge") as response:
        found: dict[str, Any] = await response.json()
        return found


async def test_each_message_arrives_once_everywhere_after_one_hop(
    three_regions: LocalStack,
) -> None:
    regions = three_regions.running.regions
    async with (
        aiohttp.ClientSession() as session,
        listening(regions[0], "tech") as first,
        listening(regions[1], "tech") as second,
        listening(regions[2], "tech") as third,
    ):
        before = [await _counters(session, region.eventsUrl) for region in regions]
        sent = await asyncio.gather(
            *(
                Publisher(region, session).publish("tech", f"{region.region} {number}")
                for region in regions
                for number in range(_EACH)
            )
        )
        for listener in (first, second, third):
            got = await listener.until(len(sent))
            assert sorted(each["id"] for each in got) == sorted(each["id"] for each in sent)
        after = [await _counters(session, region.eventsUrl) for region in regions]
    for region, then, now in zip(regions, before, after, strict=True):
        matched = _matched(now) - _matched(then)
        # Two forwarding rules, each matching this region's messages only.
        assert matched == 2 * _EACH, region.region


def _matched(counters: dict[str, Any]) -> int:
    """How many events the forwarding rules have matched."""
    return sum(
        rule["counters"]["matched"] for rule in counters["rules"] if "-forward-" in rule["name"]
    )
