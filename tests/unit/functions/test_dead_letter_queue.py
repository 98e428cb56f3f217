"""The dead letters that functions write themselves."""

import hashlib
import json
import re
from typing import Any

import pytest
import requests
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.domain.errors import (
    TransientError,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import (
    sample,
)
from tests.unit.functions.wire import Wire, session

pytestmark = pytest.mark.usefixtures("credentials")


class Sqs(Wire):
    """Answers as SQS does."""

    def __hash__(self) -> int:
        return id(self)

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        body = json.loads(request.body or "")["MessageBody"].encode()
        digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
        self.body = json.dumps({"MD5OfMessageBody": digest, "MessageId": "1"}).encode()
        return super().send(request, **options)


def test_a_dead_letter_has_the_form_of_lambda_s_own() -> None:
    wire = Sqs()
    url = "https://sqs.us-west-2.amazonaws.com/123456789012/dead"
    queue = DeadLetterQueue(url, "us-west-2", "replay", session(wire))
    event = sample("replay-malformed")
    queue.send(event, "InvalidEvent", "detail.id does not match")
    (request,) = wire.sent
    assert request.url == "https://sqs.us-west-2.amazonaws.com/"
    assert request.headers["x-amz-target"] == "AmazonSQS.SendMessage"
    assert "/sqs/aws4_request" in request.headers["Authorization"]
    call = json.loads(request.body or "")
    assert call["QueueUrl"] == url
    record = json.loads(call["MessageBody"])
    assert record["requestPayload"] == event
    assert record["requestContext"]["functionArn"] == "replay"
    assert record["responsePayload"] == {
        "errorType": "InvalidEvent",
        "errorMessage": "detail.id does not match",
    }


def test_a_dead_letter_that_sqs_refuses_is_retried() -> None:
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(Wire(403, b"no")))
    with pytest.raises(TransientError, match="403"):
        queue.send({}, "x", "y")


@given(st.text(st.characters(exclude_categories=()), max_size=40) | st.just("\ufffe\uffff\0\ud800"))
def test_whatever_an_event_holds_sqs_takes_it_whole(text: str) -> None:
    wire = Sqs()
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(wire))
    event = {"detail": {"message": text, text: [text]}}
    queue.send(event, "InvalidEvent", text)
    body = json.loads(wire.sent[0].body or "")["MessageBody"]
    allowed = "[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*"
    assert re.fullmatch(allowed, body)
    assert json.loads(body)["requestPayload"] == json.loads(json.dumps(event))
    assert json.loads(body)["responsePayload"]["errorMessage"] == json.loads(json.dumps(text))


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"<html>", b'{"MD5OfMessageBody": null}',
     b'{"MD5OfMessageBody": "99914b932bd37a50b983c5e7c90ae93b", "MessageId": "1"}'],
)  # fmt: skip
def test_a_dead_letter_that_sqs_does_not_have_whole_is_retried(body: bytes) -> None:
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(Wire(200, body)))
    with pytest.raises(TransientError, match="without keeping"):
        queue.send({}, "x", "y")
