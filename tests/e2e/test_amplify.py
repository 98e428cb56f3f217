"""`aws-amplify` on the real stack: gets both regions' messages; kicked, it is refused."""

import aiohttp
import pytest

from cli.stack_file import RunningRegion, RunningStack
from tests.conformance.amplify_client import AmplifyClient
from tests.conformance.clients import Target
from tests.e2e.test_commands import _globalws, folder
from tests.support.clients import Publisher
from tests.support.stack import LocalStack
from tests.support.texts import texts

__all__ = ["folder"]
pytestmark = pytest.mark.stack

_COUNT = 200


def target_of(stack: RunningStack, region: RunningRegion) -> Target:
    return Target(
        region.graphqlUrl,
        region.realtimeUrl,
        region.apiKey,
        stack.accessKeyId,
        stack.secretAccessKey,
        region.region,
    )


async def test_amplify_with_iam_receives_each_message_of_both_regions_once(
    stack: LocalStack,
) -> None:
    running = stack.running
    west, sydney = running.regions
    async with (
        aiohttp.ClientSession() as session,
        AmplifyClient(target_of(running, sydney), "iam") as amplify,
    ):
        await amplify.subscribe("s", "music")
        publishers = [Publisher(west, session), Publisher(sydney, session)]
        sent = {}
        for number, text in enumerate(texts(_COUNT)):
            message = await publishers[number % 2].publish("music", text)
            sent[message["id"]] = message
        got = [await amplify.next_message("s") for _ in sent]
        assert {message["id"]: message for message in got} == sent
        own = await amplify.publish("music", "from amplify")
        assert (await amplify.next_message("s"))["id"] == own["id"]


@pytest.mark.timeout(180)
async def test_a_blocked_channel_kicks_amplify_which_reconnects_and_is_refused(
    stack: LocalStack, folder: object
) -> None:
    running = stack.running
    async with AmplifyClient(target_of(running, running.regions[1]), "apiKey") as amplify:
        await amplify.subscribe("s", "cars")
        await _globalws(folder, 'channels block cars --reason "recall" --yes')
        try:
            assert "cars is blocked" in await amplify.next_error("s")
        finally:
            await _globalws(folder, 'channels allow cars --reason "fixed"')
