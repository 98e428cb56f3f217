"""The scripted world behind real sockets: one loopback server a region, with AppSync's protocol.

As a program (for the TypeScript tests) it prints its ports as one line of JSON, takes batches of
scenario steps by POST to /control of the first region, and ends when its standard input ends.
"""

import asyncio
import base64
import json
import re
import sys
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.unit.sdk.subscriber_scenarios import REGIONS
from tests.unit.sdk.subscriber_world import UNAUTHORIZED, Json, World

API_KEY = "da2-fake"
KEEP_ALIVE_SECONDS = 0.2
_ARGUMENTS = ("name", "after", "last", "limit", "nextToken")


class SocketConnection:
    """A client's WebSocket, as the world's connection. Keeps the order of frames."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._frames: asyncio.Queue[Json | None] = asyncio.Queue()

    def send(self, frame: Json) -> None:
        """Send to the client."""
        self._frames.put_nowait(frame)

    def close(self) -> None:
        """Close after all frames are sent."""
        self._frames.put_nowait(None)

    async def write(self) -> None:
        """Write frames to the socket until it is closed."""
        while (frame := await self._frames.get()) is not None:
            await self._socket.send_json(frame)
        await self._socket.close(code=WSCloseCode.GOING_AWAY)


class FakeRegion:
    """One region's server."""

    def __init__(self, name: str, fake: "FakeAppSync") -> None:
        self._name = name
        self._fake = fake
        self.published: list[Json] = []
        self.refused_history: str | None = None  # a channel
        self.publish_answers: list[
            Json | int
        ] = []  # errors or HTTP statuses that are answered first

    @property
    def _world(self) -> World:
        return self._fake.world

    def application(self) -> web.Application:
        """The routes."""
        app = web.Application()
        app.router.add_post("/graphql", self._graphql)
        app.router.add_get("/graphql/realtime", self._realtime)
        app.router.add_post("/control", self._control)
        return app

    async def _realtime(self, request: web.Request) -> web.StreamResponse:
        if self._world.regions[self._name].down:
            raise web.HTTPServiceUnavailable
        socket = web.WebSocketResponse(protocols=("graphql-ws",))
        await socket.prepare(request)
        token = self._token(self._authorization(request.headers["Sec-WebSocket-Protocol"]))
        connection = SocketConnection(socket)
        writer = asyncio.create_task(connection.write())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(connection, json.loads(message.data), token)
        finally:
            self._world.gone(self._name, connection)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    @staticmethod
    def _authorization(protocols: str) -> Json:
        encoded = protocols.split(", ")[-1].split(",")[-1].strip().removeprefix("header-")
        header: Json = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        if "host" not in header:
            raise web.HTTPUnauthorized
        return header

    def _token(self, headers: Mapping[str, str]) -> int:
        """The number in `Authorization: token-N`; with the API key any token is good."""
        if headers.get("x-api-key") == API_KEY:
            return sys.maxsize
        text = headers.get("Authorization", "")
        return int(text.removeprefix("token-")) if text.startswith("token-") else -1

    def _receive(self, connection: SocketConnection, frame: Json, token: int) -> None:
        match frame["type"]:
            case "connection_init":
                if not self._world.connect(self._name, connection, token):
                    connection.close()
            case "start":
                data = json.loads(frame["payload"]["data"])
                channel = data["variables"]["name"]
                token = self._token(frame["payload"]["extensions"]["authorization"])
                self._world.start(self._name, connection, frame["id"], channel, token)
            case "stop":
                self._world.stop(self._name, connection, frame["id"])

    async def _graphql(self, request: web.Request) -> web.Response:
        if self._token(request.headers) < self._world.oldest_token:
            return web.json_response(UNAUTHORIZED, status=401)
        body = await request.json()
        if "history(" in body["query"]:
            self._fake.history_requests += 1
            return await self._history(body["query"], body["variables"])
        if "publish(" in body["query"]:
            return self._publish(body["variables"])
        return web.json_response({"data": {"__typename": "Query"}})

    async def _history(self, document: str, variables: Json) -> web.Response:
        """Fields `alias: history(argument: $variable, …)`."""
        fields = re.findall(r"(\w+): history\(([^)]*)\)", document)
        pages = []
        for _, text in fields:
            given = {key: variables.get(name) for key, name in re.findall(r"(\w+): \$(\w+)", text)}
            pages.append(self._page({key: given.get(key) for key in _ARGUMENTS}))
        names = [alias for alias, _ in fields]
        documents = dict(zip(names, await asyncio.gather(*pages), strict=True))
        errors = [
            {**page, "path": [alias]} for alias, page in documents.items() if "items" not in page
        ]
        if any(error["errorType"] is None for error in errors):
            return web.Response(status=500, text=str(errors))
        if errors:
            return web.json_response({"data": None, "errors": errors})
        return web.json_response({"data": documents})

    async def _page(self, query: Json) -> Json:
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()

        def give(document: Json) -> None:
            if not answer.done():
                answer.set_result(document)

        if query["name"] == self.refused_history:
            return {"errorType": "ChannelNotAllowed", "message": "channel is not allowed"}
        self._world.ask_history(self._name, query, give)
        return await answer

    def deliver(self, message: Json) -> None:
        """To the subscribers of its channel."""
        self._world.fan_out(self._name, message)

    def _publish(self, variables: Json) -> web.Response:
        self.published.append(variables)
        answer = self.publish_answers.pop(0) if self.publish_answers else None
        if isinstance(answer, int):
            return web.Response(status=answer, text="not now")
        if answer is not None:
            return web.json_response({"data": {"publish": None}, "errors": [answer]})
        message = {
            "id": variables["id"],
            "name": variables["name"],
            "message": variables["message"],
            "publishedAt": "2026-11-23T00:00:00.000Z",
            "region": self._name,
        }
        return web.json_response({"data": {"publish": message}})

    async def _control(self, request: web.Request) -> web.Response:
        steps: list[Json] = (await request.json())["steps"]
        for step in steps:
            if "reset" in step:
                self._fake.reset()
            elif "answers" in step:
                self.publish_answers = step["answers"]
            elif "channel" in step and len(step) == 1:
                self._world.channel = step["channel"]
            elif "token" in step:
                self._world.token(step["token"])
            else:
                self._world.apply(step)
        return web.json_response(
            {
                "connected": self._world.connected(),
                "historyCalls": self._world.history_calls,
                "historyRequests": self._fake.history_requests,
                "sockets": self._world.sockets(),
                "oldestToken": self._world.oldest_token,
                "tokensFail": self._world.tokens_fail,
                "ids": {name: self._world.message_id(name) for name in self._world.names()},
                "published": self.published,
            }
        )


class FakeAppSync:
    """All regions; an asynchronous context manager."""

    def __init__(self) -> None:
        self.world = self._new_world()
        self.regions = {name: FakeRegion(name, self) for name in REGIONS}
        self.ports: dict[str, int] = {}
        self.history_requests = 0
        self._runners: list[web.AppRunner] = []
        self._ticking: asyncio.Task[None] | None = None

    @staticmethod
    def _new_world() -> World:
        return World(REGIONS, lambda: int(time.time() * 1000))

    def reset(self) -> None:
        """Go back to the initial state, for another test."""
        for name, region in self.regions.items():
            self.world.apply({"down": name})
            region.published, region.publish_answers = [], []
        self.world = self._new_world()

    async def __aenter__(self) -> "FakeAppSync":
        for name, region in self.regions.items():
            runner = web.AppRunner(region.application(), shutdown_timeout=0.1)
            await runner.setup()
            self._runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.ports[name] = runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *error: Any) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        for name in REGIONS:
            self.world.apply({"down": name})
        for runner in self._runners:
            await runner.cleanup()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_SECONDS)
            self.world.keep_alive()


async def _main() -> None:
    async with FakeAppSync() as fake:
        sys.stdout.write(json.dumps(fake.ports) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
