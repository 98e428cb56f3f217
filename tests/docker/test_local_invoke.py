"""`sam local invoke`, for real: every sample of events/ in the functions that get such events.

The functions run in containers and reach the running local API, tables and queues; a real client
sees what they do there.
"""

import asyncio
import json

import aiohttp
import pytest

from cli.stack_file import RunningStack
from tests.docker.invocation import Ended, invoke
from tests.docker.samples import SAMPLES, Sample
from tests.support.aws import aws_client, outputs
from tests.support.clients import PUBLISH, Listener, Publisher, listening
from tests.support.deployed import drain
from tests.support.functions import sample as sample_event
from tests.support.stack import LocalStack

# The first test waits for the engine, the image, the build and the deployment.
pytestmark = [pytest.mark.docker, pytest.mark.stack, pytest.mark.timeout(600)]

_CHANNEL = "tech"
_END_SECONDS = 10.0


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
async def test_a_sample(own_stack: LocalStack, docker_host: str | None, sample: Sample) -> None:
    stack = own_stack.running
    region = stack.regions[0]
    if sample.function == "SweepFunction":
        _sweep_once(stack)
    async with listening(region, _CHANNEL) as listener:
        ended = await invoke(own_stack, docker_host, sample.function, sample.event)
        _check_answer(sample, ended)
        await _check_subscriber(sample, listener)
    records = [
        json.loads(each["Body"]) for each in drain(stack, region, "FunctionDeadLetterQueueUrl")
    ]
    assert len(records) == (sample.reason is not None)
    for record in records:
        assert record["requestPayload"] == sample_event(sample.event)
        assert sample.reason in record["responsePayload"]["errorMessage"]


def _sweep_once(stack: RunningStack) -> None:
    """Lets a run of the sweep end after the first look at the leases, and not after a minute."""
    region = stack.regions[0]
    functions = aws_client(stack, region.region, "lambda")
    name = outputs(stack, region)["SweepFunctionName"]
    found = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**found, "SWEEP_SECONDS": "3600"}}
    )


def _check_answer(sample: Sample, ended: Ended) -> None:
    if sample.error is None:
        assert ended.exit_code == 0, ended.log
        assert {key: ended.answer.get(key) for key in sample.answer} == sample.answer, ended.log
    else:
        assert (ended.exit_code, ended.answer) == (1, None), ended.log
        assert f"the function failed: {sample.error}: " in ended.log


async def _check_subscriber(sample: Sample, listener: Listener) -> None:
    if sample.delivers:
        detail = sample_event(sample.event)["detail"]
        (message,) = await listener.until(1)
        assert {field: message[field] for field in detail} == detail
    elif sample.ends:
        await asyncio.wait_for(listener.ended.wait(), _END_SECONDS)
    else:
        assert listener.messages == []
        assert not listener.ended.is_set()


async def test_after_the_samples_the_channel_is_closed(own_stack: LocalStack) -> None:
    async with aiohttp.ClientSession() as session:
        publisher = Publisher(own_stack.running.regions[0], session)
        name = sample_event("policy-change")["detail"]["name"]
        answer = await publisher.execute(PUBLISH, name=name, message="Is this still open?")
    assert [error["errorType"] for error in answer["errors"]] == ["ChannelBlocked"]
