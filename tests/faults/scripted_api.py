"""An HTTP server in front of a region's API that fails as a test says, then forwards."""

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum

import aiohttp
from aiohttp import web

from tests.faults.campaign import is_stubborn

LAMBDA_ATTEMPTS = 3
# Longer than Replay waits for an answer (10 s).
_HANG_SECONDS = 15.0


class Act(StrEnum):
    """What happens to one call."""

    PASS = "handed to the API"
    THROTTLE = "429"
    FAIL = "500"
    FORBID = "403"
    HANG = "no answer until the caller gives up"
    RESET = "connection reset, the API was not asked"
    RESET_AFTER = "connection reset after the API did it"
    GIBBERISH = "200 with half a JSON document"


Script = Callable[[str, int], Act]
"""What to do with the nth call (from 1) for a message id."""


class ScriptedApi:
    """`calls` counts the calls by what happened to them."""

    def __init__(self, api_url: str, script: Script, session: aiohttp.ClientSession) -> None:
        self.calls: Counter[Act] = Counter()
        self.url = ""
        self._api_url = api_url
        self._script = script
        self._session = session
        self._attempts: Counter[str] = Counter()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        id = json.loads(body)["variables"]["id"]
        self._attempts[id] += 1
        act = self._script(id, self._attempts[id])
        self.calls[act] += 1
        match act:
            case Act.THROTTLE:
                return web.json_response({"errors": [{"message": "slow down"}]}, status=429)
            case Act.FAIL:
                return web.Response(status=500, text="internal failure")
            case Act.FORBID:  # AWS WAF's answer is not GraphQL
                return web.Response(status=403, text="<html>403 Forbidden</html>")
            case Act.HANG:
                await asyncio.sleep(_HANG_SECONDS)
                return web.Response(status=504)
            case Act.GIBBERISH:
                return web.Response(text='{"data": {"publishFr', content_type="application/json")
            case Act.RESET:
                return _reset(request)
        answer = await self._forward(request, body)
        return _reset(request) if act is Act.RESET_AFTER else answer

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        # Host too: the headers are signed.
        dropped = ("content-length", "connection", "accept-encoding")
        headers = {k: v for k, v in request.headers.items() if k.lower() not in dropped}
        async with self._session.post(self._api_url, data=body, headers=headers) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                content_type=answer.content_type,
            )


def _reset(request: web.Request) -> web.Response:
    """End the connection with RST, not FIN."""
    assert request.transport is not None
    endpoint: socket.socket = request.transport.get_extra_info("socket")
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def scripted_api(
    api_url: str, script: Script, session: aiohttp.ClientSession
) -> AsyncIterator[ScriptedApi]:
    """Serve on a loopback port."""
    api = ScriptedApi(api_url, script, session)
    app = web.Application(client_max_size=2_000_000)
    app.router.add_post("/graphql", api.handle)
    # A call whose caller has given up ends.
    runner = web.AppRunner(app, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        api.url = f"http://{host}:{port}/graphql"
        yield api
    finally:
        await runner.cleanup()


def fails(act: Act) -> Script:
    """Lambda's first attempt for every message fails; for stubborn messages, all of them."""
    # The function repeats a call at once whose connection broke.
    calls = 2 if act in (Act.RESET, Act.RESET_AFTER) else 1

    def script(id: str, attempt: int) -> Act:
        failing = calls * (LAMBDA_ATTEMPTS if is_stubborn(id) else 1)
        return act if attempt <= failing else Act.PASS

    return script


def fails_once(act: Act) -> Script:
    """The first call of every message fails."""
    return lambda id, attempt: act if attempt == 1 else Act.PASS
