"""A WebSocket client that costs next to nothing, so that it is the server which is measured.

It counts data messages and notes how long each took, by the time in its text.
"""

import asyncio
import base64
import json
import os
import time
from array import array
from collections.abc import Callable
from typing import cast
from urllib.parse import quote

MARK = b"t0:"
FIELDS = "id name message publishedAt region"
SUBSCRIBE = f"subscription($name:String!){{subscribe(name:$name){{{FIELDS}}}}}"


def text_of(now: int, size: int) -> str:
    """A message of `size` characters that carries the time at which it was made, 0 for none."""
    head = f"t0:{now};"
    return head + "x" * max(0, size - len(head))


class Receipts:
    """What all connections of one process have received."""

    def __init__(self) -> None:
        self.latencies: array[int] = array("q")
        self.count = 0
        self.last = 0
        self.frame_bytes = 0
        self._waiting: tuple[int, asyncio.Event] | None = None

    def note(self, payload: bytes | memoryview, now: int) -> None:
        """A frame with data came."""
        text = bytes(payload)
        at = text.find(MARK)
        if at < 0:
            return
        sent = int(text[at + 3 : text.index(b";", at)])
        if sent == 0:
            return
        self.latencies.append(now - sent)
        self.count += 1
        self.last = now
        self.frame_bytes = len(text)
        if self._waiting is not None and self.count >= self._waiting[0]:
            self._waiting[1].set()

    async def until(self, count: int, seconds: float) -> None:
        """Returns when so many have come; raises TimeoutError."""
        event = asyncio.Event()
        self._waiting = (count, event)
        if self.count < count:
            async with asyncio.timeout(seconds):
                await event.wait()


class Client(asyncio.Protocol):
    """One connection. `greetings` are sent one after the other, each when `answered` says that
    the last one was answered.
    """

    def __init__(
        self,
        receipts: Receipts,
        request: bytes,
        greetings: list[str | bytes],
        answered: Callable[[bytes], bool],
    ) -> None:
        self._receipts = receipts
        self._request = request
        self._greetings = greetings
        self._answered = answered
        self._buffer = bytearray()
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are one, but do not say so.
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        buffer = self._buffer
        buffer += data
        if not self._upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in buffer[:20]:
                self.ready.set_exception(ConnectionError(bytes(buffer[:200]).decode()))
                return
            del buffer[: end + 4]
            self._upgraded = True
            self._greet()
        at, size = 0, len(buffer)
        while size - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                start = at + 4
                length = int.from_bytes(buffer[at + 2 : start])
            elif length == 127:
                start = at + 10
                length = int.from_bytes(buffer[at + 2 : start])
            if size < start + length:
                break
            self._frame(buffer[at] & 15, bytes(buffer[start : start + length]), now)
            at = start + length
        del buffer[:at]

    def send(self, payload: str | bytes, opcode: int | None = None) -> None:
        """Send a frame, of text or binary as the payload is; its mask is zero, which leaves the
        payload as it is.
        """
        if opcode is None:
            opcode = 1 if isinstance(payload, str) else 2
        payload = payload.encode() if isinstance(payload, str) else payload
        size = len(payload)
        head = bytes((0x80 | opcode,))
        head += bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2)
        assert self.transport is not None  # noqa: S101 - it is connected
        self.transport.write(head + b"\0\0\0\0" + payload)

    def _frame(self, opcode: int, payload: bytes, now: int) -> None:
        if opcode == 9:
            self.send(payload, opcode=10)
        elif opcode in (1, 2) and self.ready.done():
            self._receipts.note(payload, now)
        elif opcode in (1, 2) and self._answered(payload):
            self._greet()

    def _greet(self) -> None:
        if self._greetings:
            self.send(self._greetings.pop(0))
        elif not self.ready.done():
            self.ready.set_result(None)


def upgrade_request(port: int, path: str, subprotocol: str | None) -> bytes:
    """The handshake of a client."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def appsync_client(
    receipts: Receipts, port: int, key: str, path: str, channels: list[str]
) -> Client:
    """A connection with one subscription for each of `channels`."""
    host = {"host": f"127.0.0.1:{port}", "x-api-key": key}
    header = quote(base64.b64encode(json.dumps(host).encode()).decode())
    starts: list[str | bytes] = []
    for number, name in enumerate(channels):
        data = json.dumps({"query": SUBSCRIBE, "variables": {"name": name}})
        payload = {"data": data, "extensions": {"authorization": host}}
        starts.append(json.dumps({"id": str(number), "type": "start", "payload": payload}))

    def answered(frame: bytes) -> bool:
        if b'"error"' in frame:
            raise ConnectionError(frame.decode())
        return b"_ack" in frame

    request = upgrade_request(port, f"{path}?header={header}&payload=e30%3D", "graphql-ws")
    return Client(receipts, request, ['{"type":"connection_init"}', *starts], answered)
