"""Every kind of character through the real stack: it arrives exactly, or is refused."""

import asyncio
import json

import aiohttp
import pytest

from tests.support.aws import QUEUES, Redriven, dead_letters, dead_letters_in, dlq, redrive
from tests.support.clients import PUBLISH, Publisher, listening, set_faults, signed
from tests.support.events import put_events
from tests.support.history import whole_history
from tests.support.publishing import new_id
from tests.support.stack import LocalStack
from tests.support.waiting import until

pytestmark = pytest.mark.stack

# Half a surrogate pair, in every place, has no UTF-8 form. All else has, liked by SQS or not.
HALVES = ["\ud800", "a\udbffb", "\udc00", "x\udfff", "\udc00\ud800", "👋\ud83d", "ab\udcffcd"]
WHOLE = [
    "\0", "\x01", "\x08", "\x0b", "\x1b", "\x1f", "\x7f", "\x85", "\xa0", "\u2028", "\ufdd0",
    "\ufeff", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U0001fffe", "\U0010ffff", "👋", "\r\n",
]  # fmt: skip


async def test_whole_characters_arrive_everywhere_as_they_are(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "music") as listener:
        publisher = Publisher(west, session)
        texts = {f"<{each}>" for each in WHOLE}
        for text in texts:
            assert (await publisher.publish("music", text))["message"] == text
        assert {each["message"] for each in await listener.until(len(texts))} == texts
        for region in (west, sydney):
            stored = await whole_history(session, region, "music")
            assert texts <= {each["message"] for each in stored}
    assert dead_letters(stack.running) == 0


@pytest.mark.parametrize("half", HALVES, ids=ascii)
async def test_half_a_surrogate_pair_is_refused_for_good(stack: LocalStack, half: str) -> None:
    west, _ = stack.running.regions
    refusals = [
        (PUBLISH, {"name": "tech", "message": half}, "InvalidMessage"),
        (PUBLISH, {"name": f"tech{half}", "message": "x"}, "InvalidChannelName"),
        (PUBLISH, {"name": "tech", "message": "x", "id": new_id()[:25] + half}, "InvalidMessageId"),
        ("query ($n: String!) { getChannel(name: $n) { name } }", {"n": half},
         "InvalidChannelName"),
        ("query ($n: String!) { history(name: $n) { nextToken } }", {"n": half},
         "InvalidChannelName"),
        ('query ($a: ID) { history(name: "tech", after: $a) { nextToken } }', {"a": half},
         "InvalidMessageId"),
    ]  # fmt: skip
    async with aiohttp.ClientSession() as session:
        publisher = Publisher(west, session)
        for query, variables, expected in refusals:
            answer = await publisher.execute(query, **variables)
            assert answer["errors"][0]["errorType"] == expected, query
        query = "mutation ($n: String!) { unsubscribe(name: $n) { name } }"
        answer = await signed(session, stack.running, west, query, n=half)
        assert answer["errors"][0]["errorType"] == "InvalidChannelName"
    assert dead_letters(stack.running) == 0


@pytest.mark.timeout(120)
async def test_every_character_is_dead_lettered_whole_and_redriven(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    texts = {f"dead {each}" for each in WHOLE}
    cut = {
        "links": {"*": {"partition": True}},
        "targets": {"*": {"retry": {"maximumRetryAttempts": 0, "maximumEventAgeSeconds": 60}}},
    }
    poison = {"id": new_id(), "publishedAt": "2026-11-23T10:15:00Z", "region": west.region}
    async with aiohttp.ClientSession() as session, listening(sydney, "media") as listener:
        await set_faults(session, west, cut)
        try:
            for text in texts:
                await Publisher(west, session).publish("media", text)
            # What Replay refuses goes to the function's queue.
            refused = [
                {**poison, "name": "te ch", "message": "".join(WHOLE)},
                *({**poison, "name": "tech", "message": half} for half in HALVES),
            ]
            entries = [("MessagePublished", json.dumps(each)) for each in refused]
            await put_events(session, sydney, entries)
            wanted = len(texts) + len(refused)
            await until(lambda: _has(stack, wanted), 60, lambda: f"dead letters: {_held(stack)}")
        finally:
            await set_faults(session, west, {})
        listed = await asyncio.to_thread(dlq, stack, "list", "--limit", "1000")
        assert len(listed["messages"]) == wanted
        redriven = await asyncio.to_thread(redrive, stack)
        assert redriven == Redriven(done=len(texts), failed=0, poison=len(refused))
        assert {each["message"] for each in await listener.until(len(texts))} == texts
    dropped = await asyncio.to_thread(dlq, stack, "drop", "--all", "--yes")
    assert sum(each["done"] for each in dropped["queues"]) == len(refused)


def _held(stack: LocalStack) -> dict[tuple[str, str], int]:
    running = stack.running
    return {
        (region.region, queue): dead_letters_in(running, region, queue)
        for region in running.regions
        for queue in QUEUES
    }


async def _has(stack: LocalStack, count: int) -> bool:
    return sum((await asyncio.to_thread(_held, stack)).values()) == count
