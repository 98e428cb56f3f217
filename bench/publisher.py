"""Publishers: GraphQL over kept HTTP connections, and other servers' WebSockets."""

import asyncio
import json
import time

from bench.dialects import DIALECTS, Dialect
from bench.websocket import FIELDS, Receipts, text_of

PUBLISH = (
    f"mutation($name:String!,$message:String!){{publish(name:$name,message:$message){{{FIELDS}}}}}"
)


class PublishError(Exception):
    """A publish was answered with an error."""


class HttpPublisher:
    """One kept connection; one request after the other."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = (
            f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nx-api-key: {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )

    async def open(self) -> None:
        """Connect."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    async def publish(self, name: str, text: str) -> float:
        """Publish; returns how long the answer took, in ms. Raises PublishError."""
        variables = {"name": name, "message": text}
        body = json.dumps({"query": PUBLISH, "variables": variables})
        started = time.perf_counter()
        self._writer.write(f"{self._head}{len(body)}\r\n\r\n{body}".encode())
        answer = await self._answer()
        took = (time.perf_counter() - started) * 1000
        if b'"errors"' in answer:
            raise PublishError(answer.decode())
        return took

    async def _answer(self) -> bytes:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        at = head.find(b"content-length:")
        if at >= 0:
            return await self._reader.readexactly(int(head[at + 15 : head.index(b"\r", at)]))
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


class SocketPublisher:
    """A WebSocket of a server with another protocol than AppSync's."""

    def __init__(self, port: int, dialect: str) -> None:
        self._port = port
        self._dialect = DIALECTS[dialect]
        self._taken: asyncio.Queue[None] = asyncio.Queue()

    async def open(self) -> None:
        """Connect."""
        loop = asyncio.get_running_loop()
        receipts = _Acknowledgements(self._dialect, self._taken)
        _, self._client = await loop.create_connection(
            lambda: self._dialect.publisher(receipts, self._port), "127.0.0.1", self._port
        )
        await self._client.ready

    async def publish(self, name: str, text: str) -> float:
        """Publish; returns how long the answer took, in ms."""
        started = time.perf_counter()
        self._client.send(self._dialect.publish(name, text))
        await self._taken.get()
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Hang up."""
        if self._client.transport is not None:
            self._client.transport.close()


class _Acknowledgements(Receipts):
    def __init__(self, dialect: Dialect, taken: asyncio.Queue[None]) -> None:
        super().__init__()
        self._dialect = dialect
        self._taken = taken

    def note(self, payload: bytes | memoryview, now: int) -> None:
        if self._dialect.acknowledged(bytes(payload)):
            self._taken.put_nowait(None)


Publisher = HttpPublisher | SocketPublisher


async def publish_many(
    publishers: list[Publisher], names: list[str], count: int, size: int, marked: bool = True
) -> list[float]:
    """Publishes `count` messages of `size` characters, to the `names` by turns, each publisher
    one after the other; returns how long each answer took, in ms. Unmarked ones are not counted.
    """
    numbers = iter(range(count))
    took: list[float] = []

    async def work(publisher: Publisher) -> None:
        for number in numbers:
            text = text_of(time.monotonic_ns() if marked else 0, size)
            took.append(await publisher.publish(names[number % len(names)], text))

    async with asyncio.TaskGroup() as group:
        for publisher in publishers:
            group.create_task(work(publisher))
    return took
