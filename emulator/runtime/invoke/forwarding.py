"""Lets containers reach what listens on this machine's loopback, and nobody else.

Docker Desktop does so by itself. An engine on this machine does not: there, each port that the
container may reach is forwarded from the address that this machine has in the containers' network.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress

Rewrite = Callable[[str], str]
"""Replaces the loopback addresses in a text by what a container reaches."""

_LOOPBACK = re.compile(r"//(?:127\.0\.0\.1|localhost):(\d+)")
_DESKTOP = "host.docker.internal"
_CHUNK = 65_536


@asynccontextmanager
async def reachable(texts: Iterable[str], gateway: str | None) -> AsyncIterator[Rewrite]:
    """Makes every loopback port of the URLs in `texts` reachable for containers.

    Args:
        gateway: the address that an engine on this machine gives it in the containers' network.
    """
    ports = {int(port) for text in texts for port in _LOOPBACK.findall(text)}
    reached = {port: f"{_DESKTOP}:{port}" for port in ports}
    async with AsyncExitStack() as exits:
        if gateway is not None:
            with suppress(OSError):  # the engine is not on this machine but in Docker Desktop
                for port in ports:
                    forwarder = await exits.enter_async_context(forwarded(gateway, port))
                    reached[port] = f"{gateway}:{forwarder}"
        yield lambda text: _LOOPBACK.sub(lambda found: "//" + reached[int(found[1])], text)


@asynccontextmanager
async def forwarded(address: str, port: int) -> AsyncIterator[int]:
    """Sends on to `port` of the loopback what comes to a port of `address`, which it yields.

    Raises:
        OSError: this machine does not have the address.
    """
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(_serve(port, reader, writer), name=f"forward to {port}")
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, address, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()


async def _serve(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    inner_writer = None
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
    except OSError:
        writer.transport.abort()  # what it was forwarded to is gone: the caller sees a reset
    finally:
        writer.close()
        if inner_writer is not None:
            inner_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
