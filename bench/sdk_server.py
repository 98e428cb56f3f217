"""The server of `bench.sdk`: AppSync's protocol without anything behind it, in a process."""

import asyncio
import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import WSMsgType, web
from globalws_client.ulid import id_at

from bench.processes import ROOT


def message_to(channel: str, number: int) -> dict[str, Any]:
    """A message as a subscriber gets it."""
    now = int(time.time() * 1000)
    return {
        "id": id_at(now)[:10] + f"{number:016d}",
        "name": channel,
        "message": "x" * 100,
        "publishedAt": datetime.fromtimestamp(now / 1000, UTC).isoformat(),
        "region": "us",
        "publisher": None,
    }


class _Sockets:
    def __init__(self) -> None:
        self._sockets: dict[web.WebSocketResponse, dict[str, str]] = {}
        self._numbers = 0

    async def realtime(self, request: web.Request) -> web.WebSocketResponse:
        # AppSync does not compress either.
        socket = web.WebSocketResponse(protocols=("graphql-ws",), compress=False)
        await socket.prepare(request)
        channels = self._sockets[socket] = {}
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            document = json.loads(frame.data)
            if document["type"] == "connection_init":
                await socket.send_str('{"type":"connection_ack"}')
            elif document["type"] == "start":
                id = document["id"]
                channels[id] = json.loads(document["payload"]["data"])["variables"]["name"]
                await socket.send_json({"type": "start_ack", "id": id})
        self._sockets.pop(socket, None)
        return socket

    async def graphql(self, request: web.Request) -> web.Response:
        fields = re.findall(r"(\w+): history", (await request.json())["query"])
        page: dict[str, Any] = {"items": [], "nextToken": None}
        return web.json_response({"data": dict.fromkeys(fields, page)})

    async def publish(self, request: web.Request) -> web.Response:
        for _ in range(int(request.match_info["rounds"])):
            for socket, channels in list(self._sockets.items()):
                for id, channel in channels.items():
                    self._numbers += 1
                    payload = {"data": {"subscribe": message_to(channel, self._numbers)}}
                    await socket.send_json({"type": "data", "id": id, "payload": payload})
        return web.Response()

    async def cut(self, _: web.Request) -> web.Response:
        await asyncio.gather(*(socket.close() for socket in list(self._sockets)))
        return web.Response()


class Server:
    """The process; `port` is where it listens."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "bench.sdk_server"]
        self._process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._process.stdout is None:
            raise RuntimeError("the server has no output")
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.communicate()


async def _main() -> None:
    sockets = _Sockets()
    app = web.Application()
    app.router.add_get("/graphql/realtime", sockets.realtime)
    app.router.add_post("/graphql", sockets.graphql)
    app.router.add_post("/publish/{rounds}", sockets.publish)
    app.router.add_post("/cut", sockets.cut)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main())
