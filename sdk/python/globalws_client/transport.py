"""One link's WebSocket: it only moves texts between the server and the machine."""

import asyncio
from collections.abc import Callable

import aiohttp

from .protocol import Frame, decode, init_text, start_text, subprotocols
from .types import RegionEndpoint

_MAX_FRAME = 4 * 1024 * 1024  # AppSync sends 240 KB at most, JSON may escape each character
_CLOSE_SECONDS = 1.0


class WebSocketLink:
    """Connects when made; `frame` and `closed` are called until `drop`."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: RegionEndpoint,
        channel: str,
        frame: Callable[[Frame], None],
        closed: Callable[[str], None],
    ) -> None:
        self._session = session
        self._endpoint = endpoint
        self._channel = channel
        self._frame = frame
        self._closed = closed
        self._start_due = False
        name = f"subscriber {channel} at {endpoint.region}"
        self.task = asyncio.create_task(self._run(), name=name)

    def subscribe(self) -> None:
        """Send `start`, once the frame under way is dealt with."""
        self._start_due = True

    def drop(self) -> None:
        """Close, without another call back. The task ends soon after."""
        self.task.cancel()

    async def _run(self) -> None:
        try:
            reason = await self._talk()
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
        self._closed(reason)

    async def _talk(self) -> str:
        async with self._session.ws_connect(
            self._endpoint.realtime_url,
            protocols=subprotocols(self._endpoint),
            timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_SECONDS),
            max_msg_size=_MAX_FRAME,
        ) as socket:
            await socket.send_str(init_text())
            async for message in socket:
                if message.type is not aiohttp.WSMsgType.TEXT:
                    break
                self._frame(decode(message.data))
                if self._start_due:
                    self._start_due = False
                    await socket.send_str(start_text(self._endpoint, self._channel))
            error = socket.exception()
            return str(error) if error else f"closed with code {socket.close_code}"
