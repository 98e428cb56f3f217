"""A TCP proxy between one process and one region; it can stall, cut and refuse connections."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

from cli.stack_file import RunningRegion

_CHUNK = 65_536
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards bytes both ways while it is open."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.refused = 0
        self._target_port = target_port
        self._passing = asyncio.Event()
        self._passing.set()
        self._shut = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> int:
        """Reset all connections, and lose what they carry. Returns how many."""
        count = len(self._writers) // 2
        for writer in list(self._writers):
            with suppress(OSError):
                endpoint: socket.socket = writer.get_extra_info("socket")
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
        return count

    def stall(self) -> None:
        """Hold all bytes back."""
        self._passing.clear()

    def shut(self) -> None:
        """Cut, and refuse connections from now on."""
        self._shut = True
        self.cut()

    def open(self) -> None:
        """Forward and accept again."""
        self._shut = False
        self._passing.set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            # Only `close` cancels; asyncio would report a cancelled task.
            with suppress(asyncio.CancelledError):
                await self._carry(reader, writer)
        finally:
            self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._shut:
            self.refused += 1
            writer.transport.abort()
            return
        try:
            inner, outer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, outer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, outer))
                group.create_task(self._copy(inner, writer))
        finally:
            self._writers -= {writer, outer}
            for each in (writer, outer):
                each.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._passing.wait()
                writer.write(chunk)
                await writer.drain()
        # HTTP and WebSocket cannot use half a connection.
        with suppress(OSError, RuntimeError):
            writer.close()

    async def close(self) -> None:
        """Cut, and wait until all connections have ended."""
        self.shut()
        self._passing.set()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def proxy_to(target_port: int) -> AsyncIterator[Proxy]:
    """A proxy on a free port."""
    proxy = Proxy(target_port)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()


@asynccontextmanager
async def proxy_before(region: RunningRegion) -> AsyncIterator[tuple[Proxy, RunningRegion]]:
    """A proxy before a region, and the region as who goes through it sees it."""
    port = urlsplit(region.graphqlUrl).port
    assert port is not None
    async with proxy_to(port) as proxy:
        real, proxied = f"127.0.0.1:{port}", f"127.0.0.1:{proxy.port}"
        yield (
            proxy,
            replace(
                region,
                graphqlUrl=region.graphqlUrl.replace(real, proxied),
                realtimeUrl=region.realtimeUrl.replace(real, proxied),
            ),
        )
