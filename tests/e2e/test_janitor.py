"""The janitor on the real stack: it closes what a command or a deployment left open."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import pytest

from tests.e2e.test_commands import _allowed, _globalws, _until, folder
from tests.e2e.test_presence import Tab
from tests.support.aws import outputs
from tests.support.clients import listening, set_faults
from tests.support.deployed import drain, invoke
from tests.support.stack import LocalStack

__all__ = ["folder"]
pytestmark = pytest.mark.stack

_SECONDS = 20.0


async def test_with_commands_failing_the_janitor_ends_subscriptions_and_memberships(
    stack: LocalStack, folder: object
) -> None:
    running = stack.running
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        for region in running.regions:
            names = [
                outputs(running, region)[f"{each}FunctionName"] for each in ("Command", "Sweep")
            ]
            broken = {"errorRate": 1.0, "backoffScale": 0.01}
            plan = {"functions": dict.fromkeys(names, broken)}
            await set_faults(session, region, plan)
            exits.push_async_callback(set_faults, session, region, {})
        open_still = [
            await exits.enter_async_context(listening(region, "robots"))
            for region in running.regions
        ]
        ann = Tab(running.regions[0], session, "ann")
        await ann.enter("robots")
        await _globalws(folder, 'channels block robots --reason "test" --yes --no-wait')
        try:
            for region in running.regions:

                async def blocked(region: object = region) -> bool:
                    return not await _allowed(region, session, "robots")

                await _until(blocked, f"{region.region} refuses robots")
            for listener in open_still:
                assert not listener.ended.is_set()
            for region, listener in zip(running.regions, open_still, strict=True):
                await asyncio.to_thread(
                    invoke, running, region, "JanitorFunctionName", "janitor.json"
                )
                await asyncio.wait_for(listener.ended.wait(), _SECONDS)
            assert await ann.channels() == []
        finally:
            await _globalws(folder, 'channels allow robots --reason "test"  --no-wait')
            for region in running.regions:
                await asyncio.to_thread(drain, running, region, "FunctionDeadLetterQueueUrl")
