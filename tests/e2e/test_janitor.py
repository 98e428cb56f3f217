"""The janitor on the real stack: it closes what an order or a deployment left open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from local.settings import LocalSettings
from local.stack import sam
from tests.e2e.test_governance import _allowed, _globalws, _until, folder
from tests.support.aws import outputs
from tests.support.clients import Publisher, listening, set_faults
from tests.support.deployed import drain, invoke
from tests.support.stack import ROOT, LocalStack

__all__ = ["folder"]
pytestmark = pytest.mark.stack

_SECONDS = 20.0


async def test_with_purge_failing_the_janitor_ends_the_subscriptions(
    stack: LocalStack, folder: object
) -> None:
    running = stack.running
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        for region in running.regions:
            name = outputs(running, region)["PurgeFunctionName"]
            plan = {"functions": {name: {"errorRate": 1.0, "backoffScale": 0.01}}}
            await set_faults(session, region, plan)
            exits.push_async_callback(set_faults, session, region, {})
        open_still = [
            await exits.enter_async_context(listening(region, "robots"))
            for region in running.regions
        ]
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
        finally:
            await _globalws(folder, 'channels allow robots --reason "test"  --no-wait')
            for region in running.regions:
                await asyncio.to_thread(drain, running, region, "FunctionDeadLetterQueueUrl")


@asynccontextmanager
async def _redeployed(stack: LocalStack, allowed: str) -> AsyncIterator[None]:
    """The first region, deployed anew with other allowed channels; as before afterwards."""
    running = stack.running
    region = running.regions[0]
    settings = LocalSettings.parse(
        {
            "GLOBALWS_STATE": str(stack.state),
            "GLOBALWS_AWS_PORT": running.awsEndpointUrl.rsplit(":", 1)[1],
        },
        ROOT,
    )
    parameters = {
        "PeerRegions": running.regions[1].region,
        "ApiUrlOverride": region.graphqlUrl,
    }
    await sam.deploy(settings, region.region, parameters | {"AllowedChannels": allowed})
    try:
        yield
    finally:
        await sam.deploy(
            settings,
            region.region,
            parameters | {"AllowedChannels": "cars,robots,tech,music,media"},
        )


@pytest.mark.timeout(240)
async def test_a_channel_that_a_redeploy_drops_is_refused_and_its_subscriptions_end(
    stack: LocalStack, folder: object
) -> None:
    running = stack.running
    region = running.regions[0]
    # An operator's "allowed" outlives every deployment; here the deployment shall decide.
    await _globalws(folder, 'channels reset media --reason "test" --yes')
    await asyncio.to_thread(invoke, running, region, "JanitorFunctionName", "janitor.json")
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        dropped = await exits.enter_async_context(listening(region, "media"))
        kept = await exits.enter_async_context(listening(region, "tech"))
        async with _redeployed(stack, "cars,robots,tech,music"):

            async def refused() -> bool:
                return not await _allowed(region, session, "media")

            await _until(refused, "media is refused after the deploy")
            assert not dropped.ended.is_set()
            await asyncio.to_thread(invoke, running, region, "JanitorFunctionName", "janitor.json")
            await asyncio.wait_for(dropped.ended.wait(), _SECONDS)
            sent = await Publisher(region, session).publish("tech", "others stay")
            assert await kept.until(1) == [sent]

        async def allowed_again() -> bool:
            return await _allowed(region, session, "media")

        await _until(allowed_again, "media is allowed again")
