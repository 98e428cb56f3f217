"""The limit: aiohttp's own WebSocket, one broadcast, nothing else. Usage: python -m
bench.servers.raw     (ends on SIGTERM)

`S` subscribes and is answered `OK`; `P<text>` sends the text to all and is answered `A`.
"""

import asyncio
import json
import os
import signal

import uvloop
from aiohttp import WSMsgType, web

from bench.processes import raise_file_limit

_subscribers: set[web.WebSocketResponse] = set()


async def _handle(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    try:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            if frame.data == "S":
                _subscribers.add(socket)
                await socket.send_str("OK")
            else:
                text = frame.data[1:]
                for subscriber in _subscribers:
                    await subscriber.send_str(text)
                await socket.send_str("A")
    finally:
        _subscribers.discard(socket)
    return socket


async def serve() -> None:
    """Serves until SIGTERM."""
    app = web.Application()
    app.router.add_get("/", _handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    [address] = runner.addresses
    print(json.dumps({"port": address[1], "pid": os.getpid()}), flush=True)
    await stop.wait()
    os._exit(0)


if __name__ == "__main__":
    raise_file_limit()
    uvloop.run(serve())
