"""A configuration by its URL: read, or a ConfigError, also where a server does not answer."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from globalws_client import Client, ConfigError, config

_GOOD = """{"regions": [{
    "region": "us-west-2",
    "graphqlUrl": "https://us.test/graphql",
    "realtimeUrl": "wss://us.test/graphql/realtime",
    "apiKey": "da2-us"
}]}"""


async def _hang(_: web.Request) -> web.Response:
    await asyncio.Event().wait()
    return web.Response()


async def _good(_: web.Request) -> web.Response:
    return web.Response(text=_GOOD)


async def _half(_: web.Request) -> web.Response:
    return web.Response(text=_GOOD[:9])


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/good.json", _good)
    app.router.add_get("/half.json", _half)
    app.router.add_get("/hang.json", _hang)
    running = TestServer(app, shutdown_timeout=0.1)
    async with running:
        yield running


async def _open(server: TestServer, path: str) -> list[str]:
    async with Client.from_config(str(server.make_url(path))) as client:
        return [region.region for region in client.regions]


async def test_it_is_read(server: TestServer) -> None:
    assert await _open(server, "/good.json") == ["us-west-2"]


async def test_a_server_that_does_not_answer(
    server: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.FETCH.total == 10
    monkeypatch.setattr(config, "FETCH", aiohttp.ClientTimeout(total=0.2))
    with pytest.raises(ConfigError, match="cannot be read"):
        await _open(server, "/hang.json")


@pytest.mark.parametrize("path", ["/half.json", "/nothing.json"])
async def test_what_cannot_be_understood(server: TestServer, path: str) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        await _open(server, path)
