"""Back ends on the bus: what they put there is published everywhere, and what they consume."""

import asyncio
import io
import json
import uuid
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cli.stack_file import RunningRegion
from tests.e2e.test_cli_stack import globalws
from tests.support.aws import aws_client, dead_letters_in, outputs, redrive
from tests.support.clients import Publisher, listening, set_faults
from tests.support.deployed import drain
from tests.support.events import put_events
from tests.support.stack import ROOT, LocalStack
from tests.support.waiting import until

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
                while not await asyncio.to_thread(dead_letters_in, stack.running, west, _QUEUE):  # noqa: ASYNC110
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
        for received in await asyncio.to_thread(drain, stack.running, west, _QUEUE):
            record = json.loads(received["Body"])
            name = record["requestPayload"]["detail"]["name"]
            reasons[name] = record["responsePayload"]["errorType"]
        await asyncio.sleep(0.1)
    assert reasons == {"secret": "ChannelNotAllowed", "a::b": "InvalidEvent"}


@contextmanager
def _consuming(stack: LocalStack, **given: str) -> Iterator[dict[str, str]]:
    """The outputs of templates/consumer.yaml with these parameters, in the first region."""
    region = stack.running.regions[0]
    made = aws_client(stack.running, region.region, "cloudformation")
    name = f"consumer-{uuid.uuid4().hex[:8]}"
    given["EventBusName"] = outputs(stack.running, region)["EventBusName"]
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


@pytest.fixture
def consumer(stack: LocalStack) -> Iterator[dict[str, str]]:
    with _consuming(stack, Channel="robots") as found:
        yield found


_FUNCTION = """\
import json, os

def handler(event, context):
    with open(os.environ["SEEN"], "a") as seen:
        for record in event["Records"]:
            print(json.loads(record["body"])["detail"]["id"], file=seen)
    return {"batchItemFailures": []}
"""


@pytest.fixture
def function(stack: LocalStack, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A function of a back end's, its ARN, and the file to which it writes the ids that it gets."""
    code, seen = io.BytesIO(), tmp_path / "seen"
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("consumer.py", _FUNCTION)
    region = stack.running.regions[0]
    functions = aws_client(stack.running, region.region, "lambda")
    made = functions.create_function(
        FunctionName=f"consumer-{uuid.uuid4().hex[:8]}",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/consumer",
        Handler="consumer.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"SEEN": str(seen)}},
    )
    yield made["FunctionArn"], seen
    functions.delete_function(FunctionName=made["FunctionName"])


async def _until_loaded(session: aiohttp.ClientSession, region: RunningRegion, url: str) -> None:
    """A rule of another stack: the region's process notices it by itself."""
    async with asyncio.timeout(20):
        while True:
            async with session.get(f"{region.eventsUrl}/_local/eventbridge") as response:
                if url.rsplit("/", 1)[-1] in await response.text():
                    return
            await asyncio.sleep(0.1)


async def test_a_consumer_that_was_down_gets_each_message_of_all_regions_once(
    stack: LocalStack, consumer: dict[str, str]
) -> None:
    west, sydney = stack.running.regions
    published: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session:
        await _until_loaded(session, west, consumer["QueueUrl"])
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
            for received in batch.get("Messages", []):
                detail = json.loads(received["Body"])["detail"]
                consumed[detail["id"]] += 1
                assert detail["name"] == "robots"
                sqs.delete_message(
                    QueueUrl=consumer["QueueUrl"], ReceiptHandle=received["ReceiptHandle"]
                )
        assert consumed == Counter(each["id"] for each in published)


async def test_a_function_gets_what_is_published_under_a_prefix(
    stack: LocalStack, function: tuple[str, Path]
) -> None:
    arn, seen = function
    prefix = f"lines-{uuid.uuid4().hex[:8]}:"
    allow = ("channels", "allow", f"{prefix}*", "--publish", "anyone", "--reason", "test")
    assert (await asyncio.to_thread(globalws, stack, *allow))[0] == 0
    with _consuming(stack, ChannelPrefix=prefix, FunctionArn=arn) as consumer:
        async with aiohttp.ClientSession() as session:
            await _until_loaded(session, stack.running.regions[0], consumer["QueueUrl"])
            ids = set()
            for number, region in enumerate(stack.running.regions * 10):
                publisher = Publisher(region, session)
                ids.add((await publisher.publish(f"{prefix}{number % 3}", "for it"))["id"])
                await publisher.publish("tech", "not for it")

            async def all_seen() -> bool:
                return seen.exists() and ids <= set(seen.read_text().split())

            await until(all_seen, 30.0, "the function did not get every message")
    assert set(seen.read_text().split()) == ids
