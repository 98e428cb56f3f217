"""Subscribers that stop reading once they are subscribed, like a phone in a tunnel."""

import asyncio
import json
import os
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from globalws_client.protocol import init_text, start_data, start_text, subprotocols

from cli.stack_file import RunningRegion
from tests.load.crowd import authorization_of, endpoint_of

_SECONDS = 20.0
_SMALL_BUFFER = 4_096


class Idlers:
    """Open connections that nobody reads."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []
        self.readers: list[asyncio.StreamReader] = []

    async def add(self, region: RunningRegion, channel: str) -> None:
        """Add one: handshake, init, start; read until the subscription is open, then stop."""
        url = urlsplit(region.realtimeUrl)
        endpoint = socket.socket()
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        endpoint.setblocking(False)
        await asyncio.get_running_loop().sock_connect(endpoint, (url.hostname, url.port))
        reader, writer = await asyncio.open_connection(sock=endpoint, limit=_SMALL_BUFFER)
        authorization = authorization_of(endpoint_of(region))
        lines = [
            f"GET {url.path} HTTP/1.1",
            f"Host: {url.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Protocol: {', '.join(subprotocols(authorization))}",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await reader.readuntil(b"\r\n\r\n")
        for text in (init_text(), start_text(1, start_data(channel), json.dumps(authorization))):
            writer.write(_masked(text.encode()))
        async with asyncio.timeout(_SECONDS):
            await reader.readuntil(b"start_ack")
        self.readers.append(reader)
        self.writers.append(writer)

    async def dropped(self) -> int:
        """How many connections the server has ended. Reads what they still hold, of all at a time:
        who waits long answers no ping meanwhile, and is ended for that.
        """
        return sum(await asyncio.gather(*map(_is_ended, self.readers)))


async def _is_ended(reader: asyncio.StreamReader) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            try:
                while await reader.read(1 << 20):
                    pass
            except ConnectionError:
                return True
            return True
    return False


def _masked(payload: bytes) -> bytes:
    """A client's text frame; a mask of zeros leaves the payload unchanged."""
    if len(payload) < 126:
        header = bytes((0x81, 0x80 | len(payload)))
    else:
        header = bytes((0x81, 0x80 | 126)) + len(payload).to_bytes(2, "big")
    return header + bytes(4) + payload


@asynccontextmanager
async def idlers(region: RunningRegion, channel: str, count: int) -> AsyncIterator[Idlers]:
    """`count` of them."""
    found = Idlers()
    try:
        for _ in range(count):
            await found.add(region, channel)
        yield found
    finally:
        for writer in found.writers:
            writer.transport.abort()
