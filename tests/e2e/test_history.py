"""What was published is kept once in every region, and read back forward from an id."""

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.support.aws import dead_letters
from tests.support.clients import FIELDS, Publisher, listening, set_faults
from tests.support.deployed import drain
from tests.support.publishing import new_id
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack

_HISTORY = (
    "query ($name: String!, $after: ID, $limit: Int, $nextToken: String) {"
    " history(name: $name, after: $after, limit: $limit, nextToken: $nextToken)"
    f" {{ items {{ {FIELDS} }} nextToken }} }}"
)


async def _history(publisher: Publisher, **arguments: Any) -> list[dict[str, str]]:
    """All pages."""
    items: list[dict[str, str]] = []
    token = None
    while True:
        answer = await publisher.execute(_HISTORY, nextToken=token, **arguments)
        assert not answer.get("errors"), answer
        page = answer["data"]["history"]
        items += page["items"]
        token = page["nextToken"]
        if token is None:
            return items


async def test_history_reads_forward_from_an_id_in_every_region(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "media") as listener:
        here, there = Publisher(west, session), Publisher(sydney, session)
        sent = [await here.publish("media", f"number {number}") for number in range(12)]
        await listener.until(12)
        expected = sorted(sent[3:], key=lambda message: message["id"])
        for publisher in (here, there):
            arguments = {"name": "media", "after": min(sent[2]["id"], expected[0]["id"])}
            got = await _history(publisher, limit=5, **arguments)
            assert [each for each in got if each in sent][-9:] == expected


async def test_a_publishers_retry_is_stored_once_in_each_region(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    ulid = new_id()
    async with aiohttp.ClientSession() as session, listening(sydney, "media") as listener:
        here, there = Publisher(west, session), Publisher(sydney, session)
        first = await here.publish("media", "once", id=ulid)
        await listener.until(1)
        for publisher in (here, there) * 5:
            assert await publisher.publish("media", "once", id=ulid) == first
        for publisher in (here, there):
            stored = [
                each for each in await _history(publisher, name="media") if each["id"] == ulid
            ]
            assert stored == [first]


async def test_another_text_under_a_stored_id_is_refused(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    ulid = new_id()
    waiting = await asyncio.to_thread(dead_letters, stack.running)
    async with aiohttp.ClientSession() as session, listening(sydney, "media") as listener:
        await Publisher(west, session).publish("media", "first", id=ulid)
        await listener.until(1)
        answer = await Publisher(sydney, session).execute(
            f'mutation {{ publish(name: "media", message: "other", id: "{ulid}") {{ {FIELDS} }} }}'
        )
    assert answer["errors"][0]["errorType"] == "InvalidMessageId"
    # It was on the bus before it was refused.
    await _until_dead_letters(stack, waiting + 1)
    await asyncio.to_thread(drain, stack.running, west, "FunctionDeadLetterQueueUrl")


async def _until_dead_letters(stack: LocalStack, count: int) -> None:
    async with asyncio.timeout(60):
        while True:
            if await asyncio.to_thread(dead_letters, stack.running) == count:
                return
            await asyncio.sleep(0.1)


async def test_of_two_texts_with_one_id_both_regions_keep_the_same_one(
    stack: LocalStack,
) -> None:
    running = stack.running
    west, sydney = running.regions
    ulid = new_id()
    waiting = await asyncio.to_thread(dead_letters, running)
    async with aiohttp.ClientSession() as session:
        publishers = Publisher(west, session), Publisher(sydney, session)
        for region in running.regions:
            await set_faults(session, region, {"links": {"*": {"latencyMs": 1000}}})
        try:
            first = await publishers[0].publish("music", "from the west", id=ulid)
            await publishers[1].publish("music", "from Sydney", id=ulid)
            await _until_dead_letters(stack, waiting + 1)
            for region in running.regions:
                await _until_idle(session, region.eventsUrl)
            stored = [
                [each for each in await _history(publisher, name="music") if each["id"] == ulid]
                for publisher in publishers
            ]
            assert stored == [[first]] * 2
        finally:
            for region in running.regions:
                await set_faults(session, region, {})
    await asyncio.to_thread(drain, running, west, "FunctionDeadLetterQueueUrl")


async def test_an_event_replayed_three_times_is_delivered_once(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    plan = {"functions": {"*": {"duplicateRate": 1.0}}}
    async with aiohttp.ClientSession() as session, listening(sydney, "cars") as listener:
        await set_faults(session, sydney, plan)
        try:
            sent = [await Publisher(west, session).publish("cars", f"{n}") for n in range(5)]
            await listener.until(5)
            await _until_idle(session, sydney.eventsUrl)
        finally:
            await set_faults(session, sydney, {})
        assert sorted(each["id"] for each in listener.messages) == [each["id"] for each in sent]


async def _until_idle(session: aiohttp.ClientSession, events_url: str) -> None:
    """Wait for all messages. Commands of other tests may run: each repeats after a minute."""
    async with asyncio.timeout(30):
        while True:
            async with session.get(f"{events_url}/_local/eventbridge") as response:
                found = await response.json()
            replays = [each for each in found["functions"] if "ReplayFunction" in each["arn"]]
            if (
                not found["deliveriesWaiting"]
                + found["deliveriesInFlight"]
                + sum(each["waiting"] + each["inFlight"] for each in replays)
            ):
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('name: "secret"', "ChannelNotAllowed"),
        ('name: "te ch"', "InvalidChannelName"),
        ('name: "tech", after: "x"', "InvalidMessageId"),
        ('name: "tech", after: ""', "InvalidMessageId"),
        ('name: "tech", nextToken: "garbage"', "InvalidNextToken"),
        ('name: "tech", nextToken: "cars~01KB4YXW0G8Q2M7R3T5V9XZABC"', "InvalidNextToken"),
        ('name: "tech", limit: 0', "InvalidLimit"),
        ('name: "tech", limit: 201', "InvalidLimit"),
    ],
)
async def test_history_refuses_what_it_cannot_answer(
    stack: LocalStack, arguments: str, expected: str
) -> None:
    async with aiohttp.ClientSession() as session:
        answer = await Publisher(stack.running.regions[0], session).execute(
            f"{{ history({arguments}) {{ items {{ id }} }} }}"
        )
        assert answer["errors"][0]["errorType"] == expected
