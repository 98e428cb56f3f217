"""What a deploy on top of an earlier one changes, and what it leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack import sam
from tests.e2e.test_commands import _allowed, _globalws, _until, folder
from tests.support.clients import Publisher, listening
from tests.support.deployed import invoke
from tests.support.lifecycle import OwnStack
from tests.support.stack import ROOT, LocalStack

__all__ = ["folder"]
pytestmark = [pytest.mark.deploys, pytest.mark.timeout(400)]

_SECONDS = 20.0


def test_what_has_changed_is_deployed_on_top(own: OwnStack) -> None:
    process = own.started()
    own.publish("before")
    own.stop(process)

    own.environment["PARAMETERS"] = "AllowedChannels=tech,other"
    process = own.started()
    assert "sam deploy" in own.output
    assert own.history() == ["before"]
    assert {each["name"] for each in own.ask("{channels{name}}")["channels"]} == {"tech", "other"}
    own.stop(process)

    # SAM would keep the parameter's value.
    del own.environment["PARAMETERS"]
    process = own.started()
    assert "media" in {each["name"] for each in own.ask("{channels{name}}")["channels"]}
    assert own.history() == ["before"]
    own.stop(process)


@asynccontextmanager
async def _redeployed(stack: LocalStack, allowed: str) -> AsyncIterator[None]:
    """The first region, deployed again with other allowed channels until the block ends."""
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
