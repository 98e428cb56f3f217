"""DynamoDB's calls against an HTTP server that answers as DynamoDB does, and as it should not."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from emulator.aws_calls.json_service import AwsError, JsonService
from emulator.aws_calls.json_service import dynamodb as connect
from emulator.aws_calls.signing import Credentials

Answer = tuple[int, Any]
CONDITION = {
    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    "message": "The conditional request failed",
    "Item": {"name": {"S": "tech"}},
}


class Table:
    """Gives its answers in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [(200, {})]
        self.asked: list[tuple[str, Any]] = []

    async def handle(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-amz-json-1.0"
        assert request.headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        self.asked.append((request.headers["X-Amz-Target"], json.loads(await request.read())))
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return web.Response(status=status, body=body)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
async def dynamodb(table: Table, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[JsonService]:
    monkeypatch.setattr("emulator.aws_calls.json_service._FIRST_WAIT", 0.001)
    app = web.Application()
    app.router.add_post("/", table.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    client = connect(url, "us-west-2", Credentials("key", "secret"))
    yield client
    client.close()
    await runner.cleanup()


@pytest.mark.parametrize("text", ["tech", "é🎉", "half \ud83d of a pair"])
async def test_a_call_and_its_answer(dynamodb: JsonService, table: Table, text: str) -> None:
    table.answers = [(200, {"Item": {"name": {"S": text}}})]
    payload = {"TableName": "messages", "Key": {"name": {"S": text}}}
    assert await dynamodb.call("GetItem", payload) == {"Item": {"name": {"S": text}}}
    assert table.asked == [("DynamoDB_20120810.GetItem", payload)]


async def test_a_failed_condition_is_told_at_once(dynamodb: JsonService, table: Table) -> None:
    table.answers = [(400, CONDITION)]
    with pytest.raises(AwsError) as failed:
        await dynamodb.call("PutItem", {})
    assert failed.value.name == "ConditionalCheckFailedException"
    assert failed.value.message == "The conditional request failed"
    assert failed.value.document["Item"] == {"name": {"S": "tech"}}
    assert len(table.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [
        (400, {"__type": "ProvisionedThroughputExceededException", "message": "slower"}),
        (500, {"__type": "InternalServerError"}),
        (503, b"<html>"),
    ],
)
async def test_throttles_and_failures_are_tried_again(
    dynamodb: JsonService, table: Table, answer: Answer
) -> None:
    table.answers = [answer, answer, (200, {"Item": {}})]
    assert await dynamodb.call("GetItem", {}) == {"Item": {}}
    assert len(table.asked) == 3


async def test_a_failure_that_lasts_is_told_in_the_end(dynamodb: JsonService, table: Table) -> None:
    table.answers = [(400, {"__type": "ThrottlingException", "Message": "slower"})]
    with pytest.raises(AwsError) as failed:
        await dynamodb.call("GetItem", {})
    assert (failed.value.name, failed.value.message) == ("ThrottlingException", "slower")
    assert len(table.asked) == 10


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"[" * 100_000])
async def test_an_answer_that_is_not_dynamodbs(
    dynamodb: JsonService, table: Table, body: bytes
) -> None:
    table.answers = [(200, body)]
    with pytest.raises(AwsError) as failed:
        await dynamodb.call("GetItem", {})
    assert failed.value.name == "SerializationException"


async def test_nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emulator.aws_calls.json_service._FIRST_WAIT", 0.001)
    client = connect("http://127.0.0.1:9", "us-west-2", Credentials("key", "secret"))
    with pytest.raises(AwsError) as failed:
        await client.call("GetItem", {})
    assert failed.value.name == "ConnectionFailure"
