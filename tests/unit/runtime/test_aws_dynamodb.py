"""Calls of DynamoDB that go past ministack's application: which ones, and what they answer."""

import asyncio
import json
import logging
from typing import Any

import pytest

from emulator.runtime.stack.aws_main import Answer, DynamoDb

TARGET = (b"x-amz-target", b"DynamoDB_20120810.GetItem")
SIGNED = [(b"host", b"127.0.0.1:4566"), TARGET]


def _server(service: Any) -> DynamoDb:
    return DynamoDb(service, lambda headers: None, lambda status, headers: None)


def _parts(answer: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first, dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    ("method", "url", "headers", "taken"),
    [
        (b"POST", b"/", SIGNED, True),
        (b"GET", b"/", SIGNED, False),
        (b"POST", b"/table", SIGNED, False),
        (b"POST", b"/", [(b"x-amz-target", b"Logs_20140328.PutLogEvents")], False),
        (b"POST", b"/", [(b"x-amz-target", b"DynamoDBStreams_20120810.GetRecords")], False),
        (b"POST", b"/", [(b"host", b"127.0.0.1")], False),
        (b"POST", b"/", [TARGET, (b"content-encoding", b"gzip")], False),
        (b"POST", b"/", [TARGET, (b"origin", b"http://localhost")], False),
    ],
)
def test_only_plain_calls_are_taken(
    method: bytes, url: bytes, headers: list[tuple[bytes, bytes]], taken: bool
) -> None:
    assert DynamoDb.takes(method, url, headers) is taken


@pytest.mark.parametrize("content", ['{"Item":"é"}', '{"Item":"é"}'.encode()])
def test_an_answer_is_whole_http(content: str | bytes) -> None:
    seen: list[Any] = []

    async def service(*call: Any) -> Answer:
        seen.append(call)
        return 400, {"Content-Type": "application/x-amz-json-1.0", "x-amz-crc32": "1"}, content

    first, headers, body = _parts(_server(service).answer(SIGNED, b"{}"))
    assert seen == [
        ("POST", "/", {"host": "127.0.0.1:4566", "x-amz-target": TARGET[1].decode()}, b"{}", {})
    ]
    assert first == "HTTP/1.1 400 Bad Request"
    assert body == '{"Item":"é"}'.encode()
    assert headers["Content-Length"] == str(len(body))
    assert headers["x-amz-crc32"] == "1"
    assert headers["x-amzn-requestid"]
    assert headers["Date"].endswith("GMT")


def test_the_account_and_region_are_of_the_call_and_its_headers_are_corrected() -> None:
    steps: list[str] = []

    async def service(*_: Any) -> Answer:
        steps.append("called")
        return 200, {"Content-Type": "text/json"}, "{}"

    def finish(status: int, headers: dict[str, str]) -> None:
        steps.append(f"finished {status}")
        headers["Content-Type"] = "application/x-amz-json-1.0"

    dynamodb = DynamoDb(service, lambda headers: steps.append(headers["host"]), finish)
    _, headers, _ = _parts(dynamodb.answer(SIGNED, b"{}"))
    assert steps == ["127.0.0.1:4566", "called", "finished 200"]
    assert headers["Content-Type"] == "application/x-amz-json-1.0"


async def _fails(*_: Any) -> Answer:
    raise KeyError("table")


async def _waits(*_: Any) -> Answer:
    await asyncio.sleep(0)
    return 200, {}, b""


@pytest.mark.parametrize(("service", "said"), [(_fails, "table"), (_waits, "waits for something")])
def test_a_failure_is_an_internal_error(
    service: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        first, _, body = _parts(_server(service).answer(SIGNED, b"{}"))
    assert first == "HTTP/1.1 500 Internal Server Error"
    assert json.loads(body)["__type"] == "InternalError"
    assert said in json.loads(body)["message"]
    assert "DynamoDB failed" in caplog.text
