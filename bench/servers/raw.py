"""The limits: a broadcast over aiohttp's own WebSockets, and over their bare sockets.

Usage: python -m bench.servers.raw [send]     (ends on SIGTERM)

`S` subscribes and is answered `OK`; `P<text>` sends the text to all and is answered `A`. With
`send` the text goes to each by one system call, past aiohttp and the event loop: what is left is
the kernel's own part, and the clients are the same.
"""

import asyncio
import json
import os
import signal
import sys

import uvloop
from aiohttp import WSMsgType, web

from bench.processes import raise_file_limit
from emulator.appsync.frames import text_frame

_subscribers: dict[web.WebSocketResponse, int] = {}  # and each one's socket
_bare = sys.argv[1:] == ["send"]


async def _handle(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(compress=False)
    await socket.prepare(request)
    try:
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                continue
            if frame.data == "S":
                connection = request.get_extra_info("socket")
                _subscribers[socket] = connection.fileno()
                await socket.send_str("OK")
            else:
                text = frame.data[1:]
                await _broadcast(text)
                await socket.send_str("A")
    finally:
        _subscribers.pop(socket, None)
    return socket


async def _broadcast(text: str) -> None:
    if not _bare:
        for subscriber in _subscribers:
            await subscriber.send_str(text)
        return
    frame = text_frame(text.encode())
    for descriptor in _subscribers.values():
        if os.write(descriptor, frame) != len(frame):
            raise RuntimeError("a subscriber does not keep up")


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
