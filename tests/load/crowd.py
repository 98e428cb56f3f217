"""Many cheap subscribers in one process: each counts messages and their latencies."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
from globalws_client import RegionEndpoint
from globalws_client.protocol import init_text, start_data, start_text, subprotocols

from cli.stack_file import RunningRegion
from tests.support.clients import PUBLISH

_CONNECT_SECONDS = 30.0
_CONNECTING_AT_ONCE = 20
_DATA = '{"type":"data"'


def authorization_of(endpoint: RegionEndpoint) -> dict[str, str]:
    """The headers with which a subscriber of the region's API key connects and starts."""
    return {"host": urlsplit(endpoint.graphql_url).netloc, "x-api-key": endpoint.api_key}


def endpoint_of(region: RunningRegion) -> RegionEndpoint:
    """The region, as the SDK describes it."""
    return RegionEndpoint(region.region, region.graphqlUrl, region.realtimeUrl, region.apiKey)


class Subscriber:
    """One connection. `got` counts messages by number, `latencies` are in seconds."""

    def __init__(self, endpoint: RegionEndpoint, channel: str) -> None:
        self.got: dict[int, int] = {}
        self.latencies: list[float] = []
        self.close_code: int | None = None
        self._endpoint = endpoint
        self._channel = channel
        self._open = asyncio.Event()

    async def run(self, session: aiohttp.ClientSession) -> None:
        """Connect, and read until the connection ends."""
        authorization = authorization_of(self._endpoint)
        async with session.ws_connect(
            self._endpoint.realtime_url,
            protocols=subprotocols(authorization),
            autoping=True,
        ) as socket:
            await socket.send_str(init_text())
            await socket.send_str(
                start_text(1, start_data(self._channel), json.dumps(authorization))
            )
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._take(frame.data)
            self.close_code = socket.close_code

    async def opened(self) -> None:
        """Return when the subscription is open."""
        await asyncio.wait_for(self._open.wait(), _CONNECT_SECONDS)

    def _take(self, text: str) -> None:
        if text.startswith(_DATA):
            message = json.loads(text)["payload"]["data"]["subscribe"]["message"]
            number, sent, *_ = message.split()
            self.got[int(number)] = self.got.get(int(number), 0) + 1
            self.latencies.append(time.monotonic() - float(sent))
        elif '"start_ack"' in text:
            self._open.set()
        else:
            assert '"error"' not in text, text


@asynccontextmanager
async def crowd(region: RunningRegion, channel: str, size: int) -> AsyncIterator[list[Subscriber]]:
    """`size` subscribers with open subscriptions."""
    members = [Subscriber(endpoint_of(region), channel) for _ in range(size)]
    room = asyncio.Semaphore(_CONNECTING_AT_ONCE)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = [asyncio.create_task(member.run(session), name="crowd") for member in members]

        async def opened(member: Subscriber) -> None:
            async with room:
                await member.opened()

        try:
            await asyncio.gather(*map(opened, members))
            yield members
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class Ticker:
    """Publishes at a steady rate; each message has its number and its time."""

    def __init__(
        self, region: RunningRegion, channel: str, per_second: float, size: int = 0
    ) -> None:
        self.accepted: set[int] = set()
        self._region = region
        self._channel = channel
        self._per_second = per_second
        self._padding = " " + "x" * size if size else ""
        self._number = 0

    async def run(self, seconds: float) -> None:
        """Publish for `seconds`, and wait for the last answer."""
        started = time.monotonic()
        count = int(seconds * self._per_second)
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            for turn in range(count):
                await asyncio.sleep(max(0.0, started + turn / self._per_second - time.monotonic()))
                group.create_task(self._publish(session, self._number))
                self._number += 1

    async def _publish(self, session: aiohttp.ClientSession, number: int) -> None:
        text = f"{number} {time.monotonic()}{self._padding}"
        body = {"query": PUBLISH, "variables": {"name": self._channel, "message": text}}
        headers = {"x-api-key": self._region.apiKey}
        async with session.post(self._region.graphqlUrl, json=body, headers=headers) as response:
            answer = await response.json()
        assert not answer.get("errors"), answer
        self.accepted.add(number)
