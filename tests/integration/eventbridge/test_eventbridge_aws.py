"""The AWS adapters: boto3 against moto's SQS and against an HTTP server that answers as Lambda."""

import json
from collections.abc import AsyncIterator, Iterator

import boto3
import pytest
from aiohttp import web
from moto import mock_aws

from emulator.eventbridge.aws import Aws
from emulator.eventbridge.ports import DeliveryError

WEST = "us-west-2"
QUEUE = "arn:aws:sqs:us-west-2:123456789012:dead-letters"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:"


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def aws() -> Iterator[Aws]:
    with mock_aws():
        adapters = Aws(WEST, None)
        yield adapters
        adapters.close()


async def test_a_dead_letter_carries_its_attributes(aws: Aws) -> None:
    sqs = boto3.client("sqs", WEST)
    url = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    await aws.send_message(QUEUE, '{"é": "🎉"}', {"ERROR_CODE": "NO_RESOURCE"})
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == {"é": "🎉"}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


async def test_a_missing_queue_is_a_typed_error(aws: Aws) -> None:
    with pytest.raises(DeliveryError) as missing:
        await aws.send_message(QUEUE, "{}", {})
    assert missing.value.code == "NO_RESOURCE"


@pytest.fixture
async def lambda_like() -> AsyncIterator[Aws]:
    async def invoke(request: web.Request) -> web.Response:
        name = request.match_info["name"].rsplit(":", 1)[1]
        payload = await request.json()
        errors = {
            "missing": (404, "ResourceNotFoundException"),
            "throttled": (429, "TooManyRequestsException"),
            "broken": (500, "ServiceException"),
            "forbidden": (403, "AccessDeniedException"),
        }
        if name in errors:
            status, code = errors[name]
            headers = {"x-amzn-ErrorType": code}
            return web.json_response({"Message": name}, status=status, headers=headers)
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        if name == "raises":
            headers["X-Amz-Function-Error"] = "Unhandled"
        return web.json_response({"got": payload}, headers=headers)

    app = web.Application()
    app.router.add_post("/2015-03-31/functions/{name}/invocations", invoke)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    adapters = Aws(WEST, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield adapters
    adapters.close()
    await runner.cleanup()


@pytest.mark.parametrize(
    ("name", "outcome", "status", "code"),
    [
        ("works", "ok", 200, ""),
        ("raises", "function_error", 200, ""),
        ("missing", "rejected", 404, "ResourceNotFoundException"),
        ("throttled", "throttled", 429, "TooManyRequestsException"),
        ("broken", "unavailable", 500, "ServiceException"),
        ("forbidden", "rejected", 403, "AccessDeniedException"),
    ],
)
async def test_outcomes(lambda_like: Aws, name: str, outcome: str, status: int, code: str) -> None:
    result = await lambda_like.invoke(FUNCTION + name, '{"é": 1}')
    assert (result.outcome, result.status_code, result.error_code) == (outcome, status, code)
    if outcome in ("ok", "function_error"):
        assert json.loads(result.payload) == {"got": {"é": 1}}


async def test_nobody_there() -> None:
    adapters = Aws(WEST, "http://127.0.0.1:9")
    result = await adapters.invoke(FUNCTION + "f", "{}")
    assert result.outcome == "unavailable"
    with pytest.raises(DeliveryError) as refused:
        await adapters.send_message(QUEUE, "{}", {})
    assert refused.value.retryable
    adapters.close()
