"""Questions to the first region that answers: pages of history, and what is said of a channel."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from globalws_client import ChannelInfo, Client, NoAnswerError, Page, RefusedError, RegionEndpoint

Regions = Callable[..., Awaitable[Client]]
NOWHERE = "http://127.0.0.1:9/"
RULE = {"allowed": True, "publish": "granted", "subscribe": "anyone", "reason": None}
EMPTY = {"data": {"h0": {"items": [], "nextToken": "t"}}}


def refusal(error_type: str) -> dict[str, Any]:
    return {"data": None, "errors": [{"errorType": error_type, "message": "no"}]}


def _saying(answer: dict[str, Any]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(_: web.Request) -> web.Response:
        return web.json_response(answer)

    return handler


@pytest.fixture
async def regions() -> AsyncIterator[Regions]:
    """Opens a client for regions that give these answers; None is a region that is down."""
    async with AsyncExitStack() as stack:

        async def opened(*answers: dict[str, Any] | None) -> Client:
            endpoints = []
            for number, answer in enumerate(answers):
                url = NOWHERE
                if answer is not None:
                    app = web.Application()
                    app.router.add_post("/graphql", _saying(answer))
                    server = await stack.enter_async_context(TestServer(app))
                    url = str(server.make_url("/graphql"))
                endpoints.append(RegionEndpoint(f"r{number}", url, "ws://127.0.0.1:9/", "key"))
            return await stack.enter_async_context(Client(endpoints))

        yield opened


async def test_the_first_region_that_answers_counts(regions: Regions) -> None:
    client = await regions(None, refusal("StoreUnavailable"), {"data": {"h0": None}}, EMPTY)
    assert await client.history("tech") == Page((), "t")


async def test_a_refusal_is_final(regions: Regions) -> None:
    client = await regions(refusal("ChannelNotAllowed"), EMPTY)
    with pytest.raises(RefusedError):
        await client.history("tech")


async def test_no_region_answers(regions: Regions) -> None:
    with pytest.raises(NoAnswerError):
        await (await regions(None, None)).channel("tech")


async def test_a_channel_is_what_the_rules_say(regions: Regions) -> None:
    document = {"data": {"getChannel": {"name": "tech", **RULE, "updatedAt": None}}}
    found = await (await regions(document)).channel("tech")
    assert found == ChannelInfo("tech", allowed=True, publish="granted", subscribe="anyone")
    unknown = await (await regions({"data": {"getChannel": None}})).channel("tech")
    assert unknown == ChannelInfo("tech", allowed=False)
