"""Presence through the Python SDK on the real stack of two regions."""

import asyncio
import json
from typing import Any

import pytest
from globalws_client import Client, Presence, PresenceChange, RefusedError, RegionEndpoint

from cli.stack_file import RunningRegion
from tests.e2e.test_cli_stack import command_line
from tests.support.proxy import proxy_before
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack


def endpoint_of(region: RunningRegion) -> RegionEndpoint:
    return RegionEndpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)


def regions_of(room: Presence, user: str) -> set[str]:
    """Where the user is connected."""
    member = room.members.get(user)
    return {each.region for each in member.connections} if member else set()


def client_of(stack: LocalStack, *, home: int, presence_id: str) -> Client:
    """A client whose home is that region."""
    regions = [endpoint_of(each) for each in stack.running.regions]
    return Client([regions[home], *regions[:home], *regions[home + 1 :]], presence_id=presence_id)


async def until(room: Presence, change: PresenceChange, seconds: float = 30) -> None:
    """Read changes until this one; fail after so many seconds."""
    async with asyncio.timeout(seconds):
        async for told in room:
            if told == change:
                return
    raise AssertionError(f"ended without {change}")


async def test_a_member_in_one_region_is_seen_in_the_other_until_it_leaves(
    stack: LocalStack,
) -> None:
    async with (
        client_of(stack, home=0, presence_id="ann") as ann,
        client_of(stack, home=1, presence_id="bob") as bob,
        bob.presence("tech", enter=False) as watch,
    ):
        await asyncio.wait_for(watch.ready(), 30)
        assert dict(watch.members) == {}
        async with ann.presence("tech", "writing") as room:
            await asyncio.wait_for(room.ready(), 30)
            await until(watch, PresenceChange("ENTER", "anon:ann", "writing"))
            (connection,) = watch.members["anon:ann"].connections
            assert connection.region == stack.running.regions[0].region
            await until(room, PresenceChange("ENTER", "anon:ann", "writing"))
            room.update("reading")
            await until(watch, PresenceChange("UPDATE", "anon:ann", "reading"))
            # Who comes later is told who is there already.
            async with bob.presence("tech", enter=False) as late:
                await until(late, PresenceChange("ENTER", "anon:ann", "reading"))
        await until(watch, PresenceChange("LEAVE", "anon:ann"))
        assert dict(watch.members) == {}


async def test_a_channel_that_nobody_allowed_is_refused(stack: LocalStack) -> None:
    async with client_of(stack, home=0, presence_id="ann") as client:
        room = client.presence("nowhere")
        with pytest.raises(RefusedError, match="ChannelNotAllowed"):
            await asyncio.wait_for(room.ready(), 30)


async def test_a_client_that_fails_over_is_a_member_in_the_other_region(stack: LocalStack) -> None:
    home, away = stack.running.regions
    async with (
        proxy_before(home) as (proxy, proxied),
        client_of(stack, home=1, presence_id="bob") as bob,
        Client([endpoint_of(proxied), endpoint_of(away)], presence_id="ann") as ann,
        bob.presence("tech", enter=False) as watch,
        ann.presence("tech") as room,
    ):
        await asyncio.wait_for(room.ready(), 30)
        await until(watch, PresenceChange("ENTER", "anon:ann"))
        proxy.shut()
        room.update("moved")
        await until(watch, PresenceChange("UPDATE", "anon:ann", "moved"))
        # The old lease cannot be left; nobody has seen ann go.
        assert regions_of(watch, "anon:ann") == {home.region, away.region}


async def test_the_command_shows_who_comes_and_goes(stack: LocalStack) -> None:
    command = await asyncio.create_subprocess_exec(
        *command_line(stack, "presence", "cars", "--watch"), stdout=asyncio.subprocess.PIPE
    )
    assert command.stdout is not None

    async def shown(action: str) -> dict[str, Any]:
        assert command.stdout is not None
        line: dict[str, Any] = {}
        async with asyncio.timeout(30):
            while (line.get("action"), line.get("user")) != (action, "anon:ann"):
                line = json.loads(await command.stdout.readline())
        return line

    try:
        async with client_of(stack, home=1, presence_id="ann") as ann:
            async with ann.presence("cars", "writing"):
                assert (await shown("ENTER"))["data"] == "writing"
            await shown("LEAVE")
    finally:
        command.kill()
        await command.communicate()
