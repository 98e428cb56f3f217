"""Back ends on the bus: what they put there is published everywhere, and what they consume."""

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from cli.stack_file import RunningRegion
from tests.support.aws import aws_client, letters_in, outputs, redrive
from tests.support.clients import Publisher, listening, set_faults
from tests.support.deployed import drain
from tests.support.events import put_events
from tests.support.stack import ROOT, LocalStack

pytestmark = pytest.mark.stack

_QUEUE = "FunctionDeadLetterQueueUrl"


def _request(name: str, message: str, **detail: str) -> tuple[str, str]:
    """As in events/entries/publish-requested.json."""
    return "PublishRequested", json.dumps({"name": name, "message": message, **detail})


async def test_what_a_back_end_puts_on_one_bus_reaches_every_subscriber_once(
    stack: LocalStack,
) -> None:
    west, sydney = stack.running.regions
    texts = [f"order {number}" for number in range(20)]
    async with (
        aiohttp.ClientSession() as session,
        listening(west, "cars") as in_west,
        listening(sydney, "cars") as in_sydney,
    ):
        # Lambda runs the function twice for each event, as it may.
        await set_faults(session, west, {"functions": {"*": {"duplicateRate": 1.0}}})
        try:
            await put_events(session, west, [_request("cars", text) for text in texts])
            for listener in (in_west, in_sydney):
                await listener.until(len(texts))
        finally:
            await set_faults(session, west, {})
        # What comes twice comes before this.
        last = await Publisher(west, session).publish("cars", "last")
        for listener in (in_west, in_sydney):
            while listener.messages[-1] != last:
                await listener.until(len(listener.messages) + 1)
            assert Counter(each["message"] for each in listener.messages) == Counter(
                [*texts, "last"]
            )
        ids = {each["id"] for each in in_west.messages}
        assert ids == {each["id"] for each in in_sydney.messages}


async def test_an_api_that_is_down_for_a_while_costs_no_request(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "cars") as listener:
        plan = {"api": {"errorRate": 1.0}, "functions": {"*": {"backoffScale": 0.001}}}
        await set_faults(session, west, plan)
        try:
            await put_events(session, west, [_request("cars", "while it was down")])
            async with asyncio.timeout(30):
                while not await asyncio.to_thread(letters_in, stack.running, west, _QUEUE):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        finally:
            await set_faults(session, west, {})
        await asyncio.to_thread(redrive, stack)
        (message,) = await listener.until(1)
        assert message["message"] == "while it was down"


async def test_what_is_refused_lies_in_the_queue_with_its_reason(stack: LocalStack) -> None:
    west, _ = stack.running.regions
    async with aiohttp.ClientSession() as session:
        await put_events(session, west, [_request("secret", "no"), _request("a::b", "no")])
    reasons: dict[str, str] = {}
    while len(reasons) < 2:
        for letter in await asyncio.to_thread(drain, stack.running, west, _QUEUE):
            record = json.loads(letter["Body"])
            name = record["requestPayload"]["detail"]["name"]
            reasons[name] = record["responsePayload"]["errorType"]
        await asyncio.sleep(0.1)
    assert reasons == {"secret": "ChannelNotAllowed", "a::b": "InvalidEvent"}


@pytest.fixture
def consumer(stack: LocalStack) -> Iterator[dict[str, str]]:
    """The outputs of templates/consumer.yaml, deployed in the first region."""
    region = stack.running.regions[0]
    made = aws_client(stack.running, region.region, "cloudformation")
    name = f"consumer-{uuid.uuid4().hex[:8]}"
    given = {"EventBusName": outputs(stack.running, region)["EventBusName"], "Channel": "robots"}
    made.create_stack(
        StackName=name,
        TemplateBody=(ROOT / "templates" / "consumer.yaml").read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    try:
        made.get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        (found,) = made.describe_stacks(StackName=name)["Stacks"]
        yield {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    finally:
        made.delete_stack(StackName=name)


async def _until_loaded(session: aiohttp.ClientSession, region: RunningRegion, queue: str) -> None:
    """A rule of another stack: the region's process notices it by itself."""
    async with asyncio.timeout(20):
        while True:
            async with session.get(f"{region.eventsUrl}/_local/eventbridge") as response:
                if queue in await response.text():
                    return
            await asyncio.sleep(0.1)


async def test_a_consumer_that_was_down_gets_each_message_of_all_regions_once(
    stack: LocalStack, consumer: dict[str, str]
) -> None:
    west, sydney = stack.running.regions
    published: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session:
        await _until_loaded(session, west, consumer["QueueUrl"].rsplit("/", 1)[-1])
        for number in range(100):
            region = (west, sydney)[number % 2]
            published.append(await Publisher(region, session).publish("robots", f"{number}"))
            await Publisher(region, session).publish("tech", "not for the consumer")
        sqs = aws_client(stack.running, west.region, "sqs")
        consumed: Counter[str] = Counter()
        while len(consumed) < len(published):
            batch = await asyncio.to_thread(
                sqs.receive_message, QueueUrl=consumer["QueueUrl"], MaxNumberOfMessages=10
            )
            for letter in batch.get("Messages", []):
                detail = json.loads(letter["Body"])["detail"]
                consumed[detail["id"]] += 1
                assert detail["name"] == "robots"
                sqs.delete_message(
                    QueueUrl=consumer["QueueUrl"], ReceiptHandle=letter["ReceiptHandle"]
                )
        assert consumed == Counter(each["id"] for each in published)
