"""The subscriber against the emulator's AppSync; a dictionary is the message store."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from globalws_client import ApiKey as KeyOfClient
from globalws_client import (
    Client,
    MessageEvent,
    Options,
    RefusedError,
    RegionEndpoint,
    StateEvent,
    Subscription,
)
from globalws_client.graphql import execute
from globalws_client.ulid import id_at

from emulator.appsync.definition import Api, ApiKey, DataSource, Resolver, SourceFile
from emulator.appsync.engine import Engine, build_engine
from emulator.appsync.server import add_routes
from tests.support.project_api import project_api
from tests.support.services import NoServices

KEY = "da2-subscriber"
UNSUBSCRIBE = "unsubscribe(name: String!, presence: Boolean): Channel"
IMPORT = "import { extensions, util } from '@aws-appsync/utils';\n"
INVOKE = (
    IMPORT
    + """
export function request(ctx) {
  if ((ctx.args.name ?? '') === 'secret') {
    util.error('channel secret is not allowed', 'ChannelNotAllowed');
  }
  return { operation: 'Invoke', payload: ctx.args };
}
export function response(ctx) {
  return ctx.result;
}
"""
)
SUBSCRIBE = (
    IMPORT
    + """
export function request(ctx) {
  if (ctx.args.name === 'secret') {
    util.error('channel secret is not allowed', 'ChannelNotAllowed');
  }
  return { payload: null };
}
export function response(ctx) {
  const filter = util.transform.toSubscriptionFilter({ name: { eq: ctx.args.name } });
  extensions.setSubscriptionFilter(filter);
  extensions.setSubscriptionInvalidationFilter(filter);
  return null;
}
"""
)
KICK = (
    IMPORT
    + """
export function request(ctx) {
  return { payload: null };
}
export function response(ctx) {
  extensions.invalidateSubscriptions({
    subscriptionField: 'subscribe',
    payload: { name: ctx.args.name },
  });
  return { name: ctx.args.name, allowed: true };
}
"""
)


class Store(NoServices):
    """The data sources: publish and history as two functions over one list."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        if function_arn == "arn:publish":
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            message = {**payload, "publishedAt": now.replace("+00:00", "Z"), "region": "us"}
            self.messages.append(message)
            return message
        known = [m for m in self.messages if m["name"] == payload["name"]]
        newer = sorted((m for m in known if m["id"] > payload["after"]), key=lambda m: m["id"])
        return {"items": newer[: payload["limit"]], "nextToken": None}


def api() -> Api:
    def resolver(field: str, code: str, source: str) -> Resolver:
        type_name, name = field.split(".")
        return Resolver(type_name, name, SourceFile(f"{field}.js", code), source)

    # Let the API key end subscriptions: signing is tested elsewhere.
    schema = project_api().schema.text.replace(f"{UNSUBSCRIBE} @aws_iam", UNSUBSCRIBE)
    return Api(
        api_id="test",
        name="test",
        region="us-west-2",
        schema=SourceFile("schema.graphql", schema),
        resolvers=(
            resolver("Mutation.publish", INVOKE, "publish"),
            resolver("Query.history", INVOKE, "history"),
            resolver("Subscription.subscribe", SUBSCRIBE, "none"),
            resolver("Mutation.unsubscribe", KICK, "none"),
        ),
        data_sources=(
            DataSource("none", "NONE"),
            DataSource("publish", "AWS_LAMBDA", "arn:publish"),
            DataSource("history", "AWS_LAMBDA", "arn:history"),
        ),
        api_keys=(ApiKey(KEY, time.time() + 3600),),
    )


@pytest.fixture
async def store() -> Store:
    return Store()


@asynccontextmanager
async def serving(engine: Engine) -> AsyncIterator[RegionEndpoint]:
    app = web.Application()
    add_routes(app, engine)
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host = f"127.0.0.1:{runner.addresses[0][1]}"
    yield RegionEndpoint("us", f"http://{host}/graphql", f"ws://{host}/graphql/realtime", KEY)
    await runner.cleanup()


@pytest.fixture
async def endpoint(store: Store) -> AsyncIterator[RegionEndpoint]:
    async with serving(build_engine(api(), store)) as endpoint:
        yield endpoint


async def texts_of(events: Subscription) -> AsyncGenerator[str, None]:
    async for message in events.messages():
        yield message.message


async def until(events: Subscription, state: str) -> StateEvent:
    async for event in events:
        if isinstance(event, StateEvent) and event.state == state:
            return event
    raise AssertionError(f"never {state}")


async def texts(events: Subscription, count: int) -> list[str]:
    found: list[str] = []
    async for event in events:
        if isinstance(event, MessageEvent):
            found.append(event.message.message)
            if len(found) == count:
                break
    return found


async def test_live_and_replayed(endpoint: RegionEndpoint, store: Store) -> None:
    async with Client([endpoint]) as client:
        for n in range(5):
            await client.publish("tech", f"old {n}")
        events = client.subscribe("tech", after=id_at(0))
        assert await texts(events, 5) == [f"old {n}" for n in range(5)]
        await until(events, "live")
        await client.publish("tech", "new")
        await client.publish("cars", "elsewhere")
        await client.publish("tech", "newer")
        assert await texts(events, 2) == ["new", "newer"]


@pytest.mark.parametrize(("settle_ms", "arrives"), [(1_000, True), (math.inf, False)])
async def test_a_message_between_start_ack_and_delivery_is_read_from_history(
    store: Store, settle_ms: float, arrives: bool
) -> None:
    """Without the second reading it is lost: a later message comes, and this one never."""
    delays = iter([0.4])
    engine = build_engine(api(), store, start_delay=lambda: next(delays, 0.0))
    options = Options(settle_ms=settle_ms)
    async with serving(engine) as endpoint, Client([endpoint], options=options) as client:
        events = client.subscribe("tech")
        await until(events, "live")
        await client.publish("tech", "early")
        while not engine.metrics().deliveries:
            await client.publish("tech", "later")
            await asyncio.sleep(0.05)
        messages, found = texts_of(events), set()
        async with asyncio.timeout(30):
            while "later" not in found or (arrives and "early" not in found):
                found.add(await anext(messages))
        await messages.aclose()
    assert ("early" in found) is arrives


async def test_channels_share_a_connection(endpoint: RegionEndpoint, store: Store) -> None:
    async with Client([endpoint]) as client:
        tech, cars = client.subscribe("tech"), client.subscribe("cars")
        await until(tech, "live")
        await until(cars, "live")
        await client.publish("cars", "a car")
        await client.publish("tech", "a phone")
        assert await texts(tech, 1) == ["a phone"]
        assert await texts(cars, 1) == ["a car"]


async def test_kicked_and_resumed(endpoint: RegionEndpoint, store: Store) -> None:
    async with Client([endpoint], options=Options(backoff_base_ms=50)) as client:
        events = client.subscribe("tech")
        await until(events, "live")
        async with aiohttp.ClientSession() as session:
            kick = 'mutation { unsubscribe(name: "tech") { name } }'
            assert await execute(session, endpoint, KeyOfClient(), kick, {}, 5000)
        await until(events, "kicked")
        await client.publish("tech", "while away")
        assert await texts(events, 1) == ["while away"]


async def test_refused(endpoint: RegionEndpoint) -> None:
    async with Client([endpoint]) as client:
        seen = [event async for event in client.subscribe("secret")]
        assert isinstance(seen[-1], StateEvent)
        assert (seen[-1].state, seen[-1].error_type) == ("refused", "ChannelNotAllowed")
        with pytest.raises(RefusedError):
            await client.publish("secret", "text")


async def test_a_wrong_key_is_refused(endpoint: RegionEndpoint) -> None:
    async with Client([endpoint], auth=KeyOfClient("da2-wrong")) as client:
        events = client.subscribe("tech")
        assert (await until(events, "refused")).error_type == "UnauthorizedException"
        with pytest.raises(RefusedError):
            await client.publish("tech", "text")
