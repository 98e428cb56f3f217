"""A GraphQL API that answers at once with the variables sent, and counts its connections (GET /).

Usage: python -m bench.servers.stub     (ends on SIGTERM)
"""

import asyncio
import json
import os
import signal
from typing import cast

import uvloop


class _Connection(asyncio.Protocol):
    posters = 0

    def __init__(self) -> None:
        self._buffer = b""
        self._has_posted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        if head.startswith(b"get"):
            self._buffer = b""
            self._answer(json.dumps({"connections": _Connection.posters}).encode())
            return
        at = head.find(b"content-length:") + 15
        length = int(head[at:].split(b"\r", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        sent = json.loads(self._buffer[end + 4 : end + 4 + length])["variables"]
        self._buffer = self._buffer[end + 4 + length :]
        if not self._has_posted:
            self._has_posted = True
            _Connection.posters += 1
        self._answer(json.dumps({"data": {"publishFromBus": sent}}).encode())

    def _answer(self, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
        self._transport.write(head.encode() + b"\r\n\r\n" + body)


async def serve() -> None:
    """Serves until SIGTERM."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    stop = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "pid": os.getpid()}), flush=True)
    await stop.wait()
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(serve())
