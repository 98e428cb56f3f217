"""Presence through the Python SDK on the real stack of two regions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from globalws_client import Client, Presence, PresenceChange, RefusedError, RegionEndpoint

from cli.stack_file import RunningRegion
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack


def endpoint_of(region: RunningRegion) -> RegionEndpoint:
    return RegionEndpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)


def regions_of(room: Presence, user: str) -> set[str]:
    """Where the user is connected."""
    member = room.members.get(user)
    return {each.region for each in member.connections} if member else set()


@asynccontextmanager
async def cuttable(
    region: RunningRegion,
) -> AsyncIterator[tuple[RegionEndpoint, Callable[[], Awaitable[None]]]]:
    """The region behind a port of its own, and what cuts it off for good."""
    writers: set[asyncio.StreamWriter] = set()
    tasks: set[asyncio.Task[None]] = set()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # the other side says so, too
        finally:
            writer.close()

    def relay(port: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection("127.0.0.1", port)
            for pair in ((reader, back), (there, writer)):
                tasks.add(asyncio.create_task(copy(*pair), name="relay"))

        return accept

    servers: list[asyncio.Server] = []
    urls = []
    for url in (region.graphqlUrl, region.realtimeUrl):
        parts = urlsplit(url)
        assert parts.port is not None
        server = await asyncio.start_server(relay(parts.port), "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        urls.append(parts._replace(netloc=f"127.0.0.1:{port}").geturl())

    async def cut() -> None:
        for server in servers:
            server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*tasks)

    try:
        yield RegionEndpoint(region.region, urls[0], urls[1], region.apiKey), cut
    finally:
        await cut()


def client_of(stack: LocalStack, *, home: int, presence_id: str) -> Client:
    """A client whose home is that region."""
    regions = [endpoint_of(each) for each in stack.running.regions]
    return Client([regions[home], *regions[:home], *regions[home + 1 :]], presence_id=presence_id)


async def until(room: Presence, change: PresenceChange) -> None:
    """Read changes until this one; fail after 30 seconds."""
    async with asyncio.timeout(30):
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
        cuttable(home) as (endpoint, cut),
        client_of(stack, home=1, presence_id="bob") as bob,
        Client([endpoint, endpoint_of(away)], presence_id="ann") as ann,
        bob.presence("tech", enter=False) as watch,
        ann.presence("tech") as room,
    ):
        await asyncio.wait_for(room.ready(), 30)
        await until(watch, PresenceChange("ENTER", "anon:ann"))
        await cut()
        room.update("moved")
        await until(watch, PresenceChange("UPDATE", "anon:ann", "moved"))
        # The old lease cannot be left; nobody has seen ann go.
        assert regions_of(watch, "anon:ann") == {home.region, away.region}
