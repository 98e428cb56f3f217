"""What subscribers receive: everything on their channel, once, and nothing else."""

import asyncio
import random
from typing import Any

import pytest
from gql import gql

from tests.conformance.amplify_client import AmplifyClient
from tests.conformance.clients import (
    MESSAGE,
    SECONDS,
    SUBSCRIBE,
    Target,
    frames,
    gql_client,
    post,
    publish,
    until,
)

COUNT = 250
TEXTS = [
    '"quoted"',
    "line\nbreak\r\n\ttab",
    "emoji 🦜 é 漢字",
    "</script><!--",
    "\\u0000 \u2028",
    "x",
]


def messages(seed: int, count: int) -> list[str]:
    """Mixed texts of 1 byte to 60 KB, each unique."""
    generator = random.Random(seed)
    return [
        f"{i}:" + TEXTS[i % len(TEXTS)] + "x" * generator.choice([0, 10, 300, 5_000, 60_000])
        for i in range(count)
    ]


async def _collect(target: Target, credential: str, ready: asyncio.Event, count: int) -> list[str]:
    received: list[str] = []
    query = gql(SUBSCRIBE)
    query.variable_values = {"name": "tech"}
    async with gql_client(target, credential) as session:
        subscription = session.subscribe(query)
        pending = asyncio.ensure_future(anext(subscription))
        ready.set()
        while len(received) < count:
            answer = await pending
            received.append(answer["subscribe"]["message"])
            pending = asyncio.ensure_future(anext(subscription))
        pending.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        await subscription.aclose()
    return received


async def _subscriptions(target: Target) -> int:
    import aiohttp

    url = target.graphql_url.replace("/graphql", "/metrics")
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        count: int = (await response.json())["subscriptions"]
        return count


async def _until_subscribed(target: Target, count: int) -> None:
    async def reached() -> bool:
        return await _subscriptions(target) == count

    await until(reached)


async def test_every_message_once(target: Target) -> None:
    """Two `gql` and two `aws-amplify` subscribers, API key and IAM."""
    texts = messages(1, COUNT)
    await _until_subscribed(target, 0)
    ready = [asyncio.Event(), asyncio.Event()]
    async with asyncio.timeout(90), asyncio.TaskGroup() as group:
        collectors = [
            group.create_task(_collect(target, credential, event, COUNT))
            for credential, event in zip(("api-key", "iam"), ready, strict=True)
        ]
        async with AmplifyClient(target, "apiKey") as by_key, AmplifyClient(target, "iam") as iam:
            for client in (by_key, iam):
                await client.subscribe("a", "tech")
            for event in ready:
                await event.wait()
            await _until_subscribed(target, 4)
            for i, text in enumerate(texts):
                if i % 5 == 4:
                    sender = by_key if i % 2 else iam
                    assert (await sender.publish("tech", text))["message"] == text
                else:
                    await publish(target, "tech", text, "iam" if i % 2 else "api-key")
            for collector in collectors:
                assert await collector == texts
            for client in (by_key, iam):
                received = [(await client.next_message("a"))["message"] for _ in texts]
                assert received == texts


async def test_channels_are_apart(target: Target) -> None:
    async with frames(target) as tech, frames(target) as cars:
        assert (await tech.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        assert (await cars.start("1", SUBSCRIBE, name="cars"))["type"] == "start_ack"
        await publish(target, "cars", "for cars")
        await publish(target, "tech", "for tech")
        await publish(target, "cars", "again")
        assert await _texts(tech, 1) == ["for tech"]
        assert await _texts(cars, 2) == ["for cars", "again"]


async def _texts(connection: Any, count: int, field: str = "subscribe") -> list[str]:
    return [(await connection.receive())["payload"]["data"][field]["message"] for _ in range(count)]


@pytest.mark.parametrize("credential", ["api-key", "iam"])
async def test_a_channel_that_is_not_allowed(target: Target, credential: str) -> None:
    query = f'mutation {{ publish(name: "secret", message: "m") {{ {MESSAGE} }} }}'
    _, answer = await post(target, query, credential=credential)
    assert answer["data"] == {"publish": None}
    [error] = answer["errors"]
    assert error["errorType"] == "ChannelNotAllowed"
    assert error["path"] == ["publish"]
    assert error["locations"] == [{"line": 1, "column": 12, "sourceName": None}]
    async with frames(target) as connection:
        refusal = await connection.start("1", SUBSCRIBE, credential, name="secret")
        assert refusal["payload"]["errors"][0]["errorType"] == "ChannelNotAllowed"


async def test_selection_guard_names_what_is_missing(target: Target) -> None:
    query = 'mutation { publish(name: "tech", message: "m") { name ident: id message } }'
    _, answer = await post(target, query)
    [error] = answer["errors"]
    assert error["errorType"] == "IncompleteSelection"
    assert error["errorInfo"] == {"missing": ["id", "publishedAt", "region"]}


async def test_null_where_the_mutation_did_not_select(target: Target) -> None:
    """The seed's behaviour: a missing non-null field is an error at every subscriber."""
    query = 'subscription { subscribeByArguments(name: "tech") { name id } }'
    mutation = (
        'mutation { publishFromBus(id: "1", name: "tech", message: "m",'
        ' publishedAt: "2026-01-01T00:00:00Z", region: "x") { name } }'
    )
    async with frames(target) as connection:
        assert (await connection.start("1", query))["type"] == "start_ack"
        await post(target, mutation, credential="iam")
        payload = (await connection.receive())["payload"]
    assert payload["data"] == {"subscribeByArguments": None}
    [error] = payload["errors"]
    assert error["message"] == (
        "Cannot return null for non-nullable type: 'ID' within parent 'Message'"
        " (/subscribeByArguments/id)"
    )


async def test_argument_filtering(target: Target) -> None:
    query = (
        "subscription($name: String, $note: String)"
        " { subscribeByArguments(name: $name, note: $note) { message } }"
    )
    publish_query = (
        "mutation($name: String!, $message: String!, $note: String)"
        f" {{ publish(name: $name, message: $message, note: $note) {{ note {MESSAGE} }} }}"
    )
    async with frames(target) as connection:
        everything = await connection.start("all", query)
        noted = await connection.start("noted", query, note="n")
        without = await connection.start("none", query, note=None)
        assert {a["type"] for a in (everything, noted, without)} == {"start_ack"}
        for text, note in (("1", "n"), ("2", None), ("3", "other")):
            await post(target, publish_query, {"name": "tech", "message": text, "note": note})
        got: dict[str, list[str]] = {"all": [], "noted": [], "none": []}
        for _ in range(5):
            frame = await connection.receive()
            message = frame["payload"]["data"]["subscribeByArguments"]["message"]
            got[frame["id"]].append(message)
    assert got == {"all": ["1", "2", "3"], "noted": ["1"], "none": ["2"]}


async def test_unsubscribe_ends_the_channel_and_nothing_else(target: Target) -> None:
    async with (
        frames(target) as tech,
        frames(target) as cars,
        frames(target) as both,
        AmplifyClient(target, "apiKey") as amplify,
    ):
        await tech.start("t", SUBSCRIBE, name="tech")
        await cars.start("c", SUBSCRIBE, name="cars")
        await both.start("b1", SUBSCRIBE, name="cars")
        await both.start("b2", SUBSCRIBE, name="tech")
        await amplify.subscribe("a", "tech")
        query = 'mutation { unsubscribe(name: "tech") { name } }'
        status, answer = await post(target, query, credential="iam")
        assert (status, answer) == (200, {"data": {"unsubscribe": {"name": "tech"}}})
        assert await tech.receive() == {"type": "complete", "id": "t"}
        assert (await tech.receive())["type"] == "closed"
        assert await both.receive() == {"type": "complete", "id": "b2"}
        assert (await both.receive())["type"] == "closed"
        await amplify.wait_for_state("ConnectionDisrupted")
        await publish(target, "cars", "still there")
        assert await _texts(cars, 1) == ["still there"]


async def test_gql_sees_the_end(target: Target) -> None:
    query = gql(SUBSCRIBE)
    query.variable_values = {"name": "music"}
    before = await _subscriptions(target)
    async with asyncio.timeout(SECONDS), gql_client(target, "iam") as session:
        subscription = session.subscribe(query)
        pending = asyncio.ensure_future(anext(subscription, None))
        await _until_subscribed(target, before + 1)
        await post(target, 'mutation { unsubscribe(name: "music") { name } }', credential="iam")
        assert await pending is None
