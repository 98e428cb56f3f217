"""`unsubscribe` on the real stack: ends that region's subscriptions of the channel only."""

import asyncio

import aiohttp
import pytest

from tests.support.clients import Publisher, listening, signed
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack


async def test_unsubscribe_ends_the_channels_subscriptions_of_its_region(stack: LocalStack) -> None:
    running = stack.running
    west, sydney = running.regions
    async with (
        aiohttp.ClientSession() as session,
        listening(west, "tech") as kicked,
        listening(west, "cars") as other_channel,
        listening(sydney, "tech") as other_region,
    ):
        answer = await signed(
            session, running, west, 'mutation { unsubscribe(name: "tech") { name } }'
        )
        assert answer == {"data": {"unsubscribe": {"name": "tech"}}}
        async with asyncio.timeout(10):
            await kicked.ended.wait()
        cars = await Publisher(west, session).publish("cars", "still here")
        assert await other_channel.until(1) == [cars]
        tech = await Publisher(west, session).publish("tech", "still there")
        while tech not in other_region.messages:
            # Other tests published here, too.
            await other_region.until(len(other_region.messages) + 1)
        assert not kicked.messages


async def test_an_api_key_may_not_unsubscribe_others(stack: LocalStack) -> None:
    async with aiohttp.ClientSession() as session:
        for region in stack.running.regions:
            answer = await Publisher(region, session).execute(
                'mutation { unsubscribe(name: "tech") { name } }'
            )
            assert answer["errors"][0]["errorType"] == "Unauthorized"
            assert not (answer.get("data") or {}).get("unsubscribe")
