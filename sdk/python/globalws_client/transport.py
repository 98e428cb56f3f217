"""One WebSocket: moves texts between a region and the core. It always reads; nothing blocks it."""

import asyncio
import json
from collections.abc import Callable
from urllib.parse import urlsplit

import aiohttp

from .auth import Auth
from .errors import ClientError
from .protocol import (
    Frame,
    decode,
    init_text,
    start_data,
    start_text,
    stop_text,
    subprotocols,
)
from .types import RegionEndpoint

_MAX_FRAME = 4 * 1024 * 1024  # AppSync sends 240 KB at most, JSON may escape each character
_CLOSE_SECONDS = 1.0


class WebSocketConnection:
    """Connects when made; `frame` and `closed` are called until `drop`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: RegionEndpoint,
        auth: Auth,
        frame: Callable[[Frame], None],
        closed: Callable[[str], None],
    ) -> None:
        self._session = session
        self._region = region
        self._auth = auth
        self._frame = frame
        self._closed = closed
        self._host = urlsplit(region.graphql_url).netloc
        self._headers: dict[str, str] = {}  # those that were used last
        self._outgoing: list[tuple[int, str | None]] = []
        self._has_outgoing = asyncio.Event()
        self.task = asyncio.create_task(self._run(), name=f"connection to {region.region}")

    def start(self, feed: int, name: str, *, presence: bool) -> None:
        """Send `start`, for a channel's messages or for its presence."""
        self._send(feed, start_data(name, presence=presence))

    def stop(self, feed: int) -> None:
        """Send `stop`."""
        self._send(feed, None)

    def _send(self, feed: int, data: str | None) -> None:
        self._outgoing.append((feed, data))
        self._has_outgoing.set()

    def renew(self) -> None:
        """The API refused the headers that were used last."""
        self._auth.refused(self._headers)

    def drop(self) -> None:
        """Close, without another call back. The task ends soon after."""
        self.task.cancel()

    async def _run(self) -> None:
        try:
            reason = await self._talk()
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError, ClientError) as error:
            reason = str(error) or type(error).__name__
        self._closed(reason)

    async def _authorize(self, url: str, body: str) -> dict[str, str]:
        self._headers = await self._auth.headers(self._region, url, body)
        return {"host": self._host, **self._headers}

    async def _talk(self) -> str:
        authorization = await self._authorize(self._region.graphql_url + "/connect", "{}")
        async with self._session.ws_connect(
            self._region.realtime_url,
            protocols=subprotocols(authorization),
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            max_msg_size=_MAX_FRAME,
        ) as socket:
            writer = asyncio.create_task(self._write(socket), name="connection writer")
            try:
                return await self._read(socket, writer)
            finally:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _read(
        self, socket: aiohttp.ClientWebSocketResponse, writer: asyncio.Task[None]
    ) -> str:
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                break
            self._frame(decode(message.data))
        if writer.done() and not writer.cancelled() and (failure := writer.exception()):
            return str(failure) or type(failure).__name__
        error = socket.exception()
        return str(error) if error else f"closed with code {socket.close_code}"

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            await socket.send_str(init_text())
            known, header = None, ""
            while await self._has_outgoing.wait():
                self._has_outgoing.clear()
                outgoing, self._outgoing = self._outgoing, []
                for feed, data in outgoing:
                    if data is None:
                        await socket.send_str(stop_text(feed))
                        continue
                    authorization = await self._authorize(self._region.graphql_url, data)
                    if authorization != known:
                        known, header = authorization, json.dumps(authorization)
                    await socket.send_str(start_text(feed, data, header))
        except (aiohttp.ClientError, OSError, ClientError):
            await socket.close()
            raise
