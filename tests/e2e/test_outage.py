"""A region cut off: nothing is lost, and what cannot be delivered lies in a queue, whole."""

import json
from typing import Any

import aiohttp
import pytest

from tests.support.clients import Publisher, listening, set_faults
from tests.support.deployed import drain
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack


async def test_a_region_that_was_cut_off_gets_every_message_afterwards(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "music") as listener:
        publisher = Publisher(west, session)
        await set_faults(session, west, {"links": {sydney.region: {"partition": True}}})
        try:
            sent = [await publisher.publish("music", f"song {number}") for number in range(50)]
            here = await Publisher(sydney, session).publish("music", "local song")
            assert await listener.until(1) == [here]
        finally:
            await set_faults(session, west, {})
        got = await listener.until(51, seconds=30)
        assert sorted(each["id"] for each in got) == sorted(each["id"] for each in [here, *sent])


async def test_with_retries_exhausted_each_event_lies_in_the_dead_letter_queue_whole(
    stack: LocalStack,
) -> None:
    running = stack.running
    west, sydney = running.regions
    plan = {
        "links": {sydney.region: {"partition": True}},
        "targets": {
            "*": {
                "backoffScale": 0.01,
                "retry": {"maximumRetryAttempts": 2, "maximumEventAgeSeconds": 60},
            }
        },
    }
    async with aiohttp.ClientSession() as session:
        publisher = Publisher(west, session)
        await set_faults(session, west, plan)
        try:
            texts = ["plain", 'with "quotes"\nand 👋', "z" * 50_000]
            sent = [await publisher.publish("music", text) for text in texts]
            dead_letters: list[dict[str, Any]] = []
            while len(dead_letters) < len(sent):
                dead_letters += drain(running, west, "BusDeadLetterQueueUrl")
        finally:
            await set_faults(session, west, {})
    found = {}
    for dead_letter in dead_letters:
        event = json.loads(dead_letter["Body"])
        # An API key has no publisher: the event may leave it out.
        found[event["detail"]["id"]] = {"publisher": None, **event["detail"]}
        attributes = {
            name: each["StringValue"] for name, each in dead_letter["MessageAttributes"].items()
        }
        assert f"forward-to-{sydney.region}" in attributes["RULE_ARN"]
        assert sydney.region in attributes["TARGET_ARN"]
        assert attributes["RETRY_ATTEMPTS"] == "2"
        assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts"
    assert found == {message["id"]: message for message in sent}
