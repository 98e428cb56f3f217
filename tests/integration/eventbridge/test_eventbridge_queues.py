"""The adapter of SQS: boto3 against moto."""

import json
from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.queues import Queues

WEST = "us-west-2"
QUEUE = "arn:aws:sqs:us-west-2:123456789012:dead-letters"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def queues() -> Iterator[Queues]:
    with mock_aws():
        adapters = Queues(WEST, None)
        yield adapters
        adapters.close()


async def test_a_dead_letter_carries_its_attributes(queues: Queues) -> None:
    sqs = boto3.client("sqs", WEST)
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    await queues.send_message(QUEUE, '{"é": "🎉"}', {"ERROR_CODE": "NO_RESOURCE"})
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == {"é": "🎉"}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


async def test_a_missing_queue_is_a_typed_error(queues: Queues) -> None:
    with pytest.raises(DeliveryError) as missing:
        await queues.send_message(QUEUE, "{}", {})
    assert missing.value.code == "NO_RESOURCE"


async def test_nobody_there() -> None:
    queues = Queues(WEST, "http://127.0.0.1:9")
    with pytest.raises(DeliveryError) as refused:
        await queues.send_message(QUEUE, "{}", {})
    assert refused.value.retryable
    queues.close()
