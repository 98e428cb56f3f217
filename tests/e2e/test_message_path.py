"""Real clients on the real stack: what is published in either region reaches both, once."""

import asyncio
from collections import Counter

import aiohttp
import pytest

from tests.conformance.amplify_client import AmplifyClient
from tests.e2e.test_amplify import target_of
from tests.support.clients import FIELDS, PROBE, PUBLISH, Listener, Publisher, listening, signed
from tests.support.publishing import new_id
from tests.support.stack import LocalStack
from tests.support.texts import texts

pytestmark = pytest.mark.stack

_COUNT = 1_000
_AT_ONCE = 8


async def _publish_all(publishers: list[Publisher], name: str) -> dict[str, str]:
    """Publishes the texts, by turns in each region; returns text by message id."""
    waiting = list(enumerate(texts(_COUNT)))
    published: dict[str, str] = {}

    async def worker() -> None:
        while waiting:
            number, text = waiting.pop(0)
            publisher = publishers[number % len(publishers)]
            message = await publisher.publish(name, text)
            assert message["region"] == publisher.region.region
            published[message["id"]] = text

    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(worker())
    return published


def _received(listener: Listener) -> dict[str, str]:
    counts = Counter(message["id"] for message in listener.messages)
    assert set(counts.values()) <= {1}, "a message came twice"
    return {message["id"]: message["message"] for message in listener.messages}


@pytest.mark.timeout(180)
async def test_every_subscriber_gets_each_of_1000_messages_once(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with (
        aiohttp.ClientSession() as session,
        listening(west, "tech") as in_west,
        listening(sydney, "tech") as in_sydney,
        AmplifyClient(target_of(stack.running, sydney), "apiKey") as amplify,
    ):
        await amplify.subscribe("s", "tech")
        published = await _publish_all(
            [Publisher(west, session), Publisher(sydney, session)], "tech"
        )
        assert len(published) == _COUNT
        for listener in (in_west, in_sydney):
            await listener.until(_COUNT, seconds=120)
            assert _received(listener) == published
        got: list[dict[str, str]] = []
        while len(got) < len(published):
            message = await amplify.next_message("s")
            if message["message"] != PROBE:  # of the others, on its way from the other region
                got.append(message)
        assert {message["id"]: message["message"] for message in got} == published


async def test_a_subscriber_gets_nothing_of_another_channel(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with (
        aiohttp.ClientSession() as session,
        listening(west, "robots") as robots_in_west,
        listening(sydney, "robots") as robots_in_sydney,
    ):
        publisher = Publisher(west, session)
        await publisher.publish("cars", "not for robots")
        # A name that begins alike; what comes by the bus needs no allowed channel.
        answer = await signed(
            session,
            stack.running,
            west,
            f'mutation {{ publishFromBus(id: "{new_id()}", name: "robots-2", message: "no",'
            f' publishedAt: "2026-11-23T10:00:00Z", region: "eu-west-1") {{ {FIELDS} }} }}',
        )
        assert answer["data"]["publishFromBus"]["name"] == "robots-2"
        wanted = await publisher.publish("robots", "for robots")
        for listener in (robots_in_west, robots_in_sydney):
            assert await listener.until(1) == [wanted]


async def test_a_disallowed_channel_is_refused_with_its_typed_error(stack: LocalStack) -> None:
    async with aiohttp.ClientSession() as session:
        for region in stack.running.regions:
            publisher = Publisher(region, session)
            query = 'mutation { publish(name: "secret", message: "x") { id } }'
            (error,) = (await publisher.execute(query))["errors"]
            assert error["errorType"] == "ChannelNotAllowed"
            assert "secret" in error["message"]


async def test_every_refusal_of_publish_has_its_type(stack: LocalStack) -> None:
    region = stack.running.regions[0]
    every = "id name message publishedAt region"
    cases = {
        f'publish(name: "tech", message: "") {{ {every} }}': "EmptyMessage",
        f'publish(name: "tech", message: " \\n ") {{ {every} }}': "EmptyMessage",
        f'publish(name: "te ch", message: "x") {{ {every} }}': "InvalidChannelName",
        f'publish(name: "tech", message: "x", id: "no") {{ {every} }}': "InvalidMessageId",
        f'publish(name: "tech", message: "{"x" * 205_000}") {{ {every} }}': "MessageTooLarge",
        'publish(name: "tech", message: "x") { id name message region }': "IncompleteSelection",
        f'publish(name: "tech", message: "x") {{ {every} also: id }}': "IncompleteSelection",
    }
    async with aiohttp.ClientSession() as session:
        for query, expected in cases.items():
            answer = await Publisher(region, session).execute(f"mutation {{ {query} }}")
            assert answer["errors"][0]["errorType"] == expected, query[:80]
            assert not (answer.get("data") or {}).get("publish")
        publisher = Publisher(region, session)
        longest = "x" * 204_796  # and the quotation marks
        assert (await publisher.publish("tech", longest))["message"] == longest
        answer = await publisher.execute(PUBLISH, name="tech", message=longest + "xxx")
        assert answer["errors"][0]["errorType"] == "MessageTooLarge"
        assert "204801 bytes" in answer["errors"][0]["message"]
        assert "204800" in answer["errors"][0]["message"]


async def test_a_request_that_runs_too_many_resolvers_is_refused(stack: LocalStack) -> None:
    many = " ".join(f"a{number}: channels {{ name }}" for number in range(11))
    async with aiohttp.ClientSession() as session:
        answer = await Publisher(stack.running.regions[0], session).execute(f"{{ {many} }}")
    assert answer["errors"]
