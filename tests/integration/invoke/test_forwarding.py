"""What containers get in place of this machine's loopback."""

import asyncio
from contextlib import suppress

from emulator.runtime.invoke.forwarding import reachable

_GATEWAY = "127.0.0.1"  # an address of this machine, like the bridge's


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read())
    await writer.drain()
    writer.close()


async def test_ports_that_stand_in_urls_are_forwarded() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    url = f"http://localhost:{server.sockets[0].getsockname()[1]}/graphql?a=1"
    async with server, reachable([url, "a text"], _GATEWAY) as rewritten:
        assert rewritten("a text") == "a text"
        host, path = rewritten(url).removeprefix("http://").split("/", 1)
        address, port = host.split(":")
        assert (address, path) == (_GATEWAY, "graphql?a=1")
        reader, writer = await asyncio.open_connection(address, int(port))
        writer.write(b"x" * 1_000_000)
        writer.write_eof()
        assert await reader.read() == b"x" * 1_000_000
        writer.close()
        await writer.wait_closed()


async def test_a_connection_to_what_has_ended_is_reset() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with reachable([f"http://127.0.0.1:{port}"], _GATEWAY) as rewritten:
        address, forwarded = rewritten(f"//127.0.0.1:{port}")[2:].split(":")
        reader, writer = await asyncio.open_connection(address, int(forwarded))
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_open_connections_end_with_the_block() -> None:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    url = f"//127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        async with reachable([url], _GATEWAY) as rewritten:
            address, port = rewritten(url)[2:].split(":")
            reader, writer = await asyncio.open_connection(address, int(port))
            writer.write(b"half a request")
            await writer.drain()
        with suppress(ConnectionResetError):
            async with asyncio.timeout(5):
                assert await reader.read() == b""
        writer.close()


async def test_an_engine_that_is_not_on_this_machine_reaches_it_by_its_own_name() -> None:
    for gateway in ("203.0.113.1", None):
        async with reachable(["http://127.0.0.1:4101/graphql"], gateway) as rewritten:
            assert rewritten("http://127.0.0.1:4101/") == "http://host.docker.internal:4101/"
