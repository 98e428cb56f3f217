"""The adapters of the message path: what the API's answers mean, signing, dead letters."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
from globalws_functions.adapters.signing import new_session
from globalws_functions.domain.apply import Outcome, Region, apply
from globalws_functions.domain.command import read_command
from globalws_functions.domain.delivery import Outcome as ReplayOutcome
from globalws_functions.domain.errors import (
    DuplicateMessageError,
    GlobalwsError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from globalws_functions.domain.message import read_message_published
from globalws_functions.domain.replay import replay
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter

from tests.support.functions import (
    NOW,
    FakeAudit,
    FakeHistory,
    FakePolicies,
    command_event,
    sample,
)


@dataclass
class Wire(BaseAdapter):
    """Answers requests without a socket."""

    status: int = 200
    body: bytes = b'{"data": {}}'
    error: Exception | None = None
    is_broken_once: bool = False
    sent: list[requests.PreparedRequest] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(request)
        if self.is_broken_once:
            self.is_broken_once = False
            raise requests.ConnectionError("Remote end closed connection without response")
        if self.error:
            raise self.error
        response = requests.Response()
        response.status_code = self.status
        response._content = self.body
        response.url = request.url or ""
        return response

    def close(self) -> None:
        pass


def _session(wire: Wire) -> requests.Session:
    session = new_session()
    session.mount("https://", wire)
    return session


def _api(wire: Wire) -> GraphqlApi:
    return GraphqlApi("https://api.test/graphql", "us-west-2", _session(wire))


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)


def _error(error_type: str | None) -> bytes:
    return json.dumps(
        {"data": None, "errors": [{"errorType": error_type, "message": "m"}]}
    ).encode()


CLASSES: list[tuple[int, bytes, type[GlobalwsError]]] = [
    (429, b"slow down", ThrottledError),
    (500, b"", TransientError),
    (502, b"<html>", TransientError),
    (503, _error("Unauthorized"), TransientError),
    (200, b"<html>", TransientError),
    (200, b"[]", TransientError),
    (200, b'{"data": null}', TransientError),
    (200, _error("DuplicateMessage"), DuplicateMessageError),
    (200, _error("Unauthorized"), TransientError),
    (200, _error("InvalidChannelName"), PermanentError),
    (200, _error("MessageTooLarge"), PermanentError),
    (200, _error("RegistryUnavailable"), TransientError),
    (200, _error("BusUnavailable"), TransientError),
    (200, _error("ThrottlingException"), ThrottledError),
    (200, _error("ValidationError"), TransientError),
    (200, _error("GraphQLSchemaException"), TransientError),
    (200, _error("SomethingNew"), TransientError),
    (200, _error(None), TransientError),
    (400, _error("MalformedHttpRequestException"), PermanentError),
    (400, _error("ExpiredTokenException"), TransientError),
    (401, _error("UnauthorizedException"), TransientError),
    (403, _error("WAFForbiddenException"), TransientError),
    (403, _error("AccessDeniedException"), TransientError),
    (403, b"forbidden", TransientError),
    (404, b"", TransientError),
    (413, b"", PermanentError),
    (302, b"", TransientError),
]


@pytest.mark.parametrize(("status", "body", "expected"), CLASSES)
def test_an_answer_has_its_class(status: int, body: bytes, expected: type[GlobalwsError]) -> None:
    with pytest.raises(GlobalwsError) as caught:
        _api(Wire(status, body)).execute("query", {})
    assert type(caught.value) is expected


@pytest.mark.parametrize(
    "error",
    [requests.ConnectionError("reset"), requests.ReadTimeout(), requests.TooManyRedirects()],
)
def test_no_answer_is_transient(error: Exception) -> None:
    with pytest.raises(TransientError):
        _api(Wire(error=error)).execute("query", {})


def test_a_kept_connection_that_has_ended_costs_no_attempt_of_lambda() -> None:
    """The other end may close it while Lambda freezes the function: the next request sees it."""
    wire = Wire(is_broken_once=True)
    assert _api(wire).execute("query", {}) == {}
    first, second = wire.sent
    assert first.body == second.body


def test_a_call_without_an_answer_is_not_repeated_at_once() -> None:
    """Twice the time-out would be longer than Lambda gives the function."""
    wire = Wire(error=requests.ReadTimeout())
    with pytest.raises(TransientError):
        _api(wire).execute("query", {})
    assert len(wire.sent) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_call_that_is_not_authorized_yet_is_no_dead_letter(status: int) -> None:
    """A firewall's limit or a change of IAM passes: Lambda calls Replay and Command again."""
    api, queue, audit = _api(Wire(status, b"forbidden")), Wire(), FakeAudit()
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(queue))
    with pytest.raises(TransientError, match=str(status)):
        replay(sample("replay"), api, dead_letters)
    assert queue.sent == []
    region = Region(
        name="us-west-2",
        deployed={},
        policies=FakePolicies(),
        api=api,
        history=FakeHistory(),
        audit=audit,
        clock=lambda: NOW,
        pause=lambda _: None,
    )
    with pytest.raises(TransientError, match=str(status)):
        apply(read_command(command_event("PurgeRequested")), region, lambda: 60.0)
    (record,) = audit.records.values()
    assert record.outcome is Outcome.STARTED


SENT: dict[str, Any] = sample("replay")["detail"]


def _answer(field: str, value: Any) -> Wire:
    return Wire(body=json.dumps({"data": {field: value}}).encode())


def _not_the_message() -> list[Any]:
    """What an emulator, a proxy or another deployment may answer in place of the message."""
    others = (None, "", "another", 7, True, [], {}, ["x"])
    return [
        None, [], "ok", 1, {}, [SENT],
        *({**SENT, field: other} for field in SENT for other in others),
        *({name: value for name, value in SENT.items() if name != field} for field in SENT),
        *({**SENT, field: SENT[field].swapcase()} for field in ("id", "name", "message", "region")),
        {**SENT, "publishedAt": "2026-11-23T10:15:00"},
        {**SENT, "publishedAt": "1970-01-01T00:00:00Z"},
    ]  # fmt: skip


@pytest.mark.parametrize("answered", _not_the_message(), ids=str)
def test_an_answer_that_is_not_the_message_sent_is_no_success(answered: Any) -> None:
    with pytest.raises(TransientError, match="publishFromBus without doing it") as caught:
        _api(_answer("publishFromBus", answered)).publish_from_bus(
            read_message_published(sample("replay"))
        )
    assert "https://api.test/graphql" in str(caught.value)


@pytest.mark.parametrize("answered", [None, {}, [], {"name": None}, {"name": "TECH"}], ids=str)
def test_an_answer_that_is_not_the_channel_sent_is_no_success(answered: Any) -> None:
    with pytest.raises(TransientError, match="unsubscribe without doing it"):
        _api(_answer("unsubscribe", answered)).unsubscribe("tech")


def test_an_instant_may_come_back_in_another_form() -> None:
    written = {**SENT, "publishedAt": "2026-11-23T10:15:00.120Z"}
    event = {**sample("replay"), "detail": written}
    answered = {**written, "publishedAt": "2026-11-23T11:15:00.12+01:00"}
    _api(_answer("publishFromBus", answered)).publish_from_bus(read_message_published(event))


@pytest.mark.parametrize(
    "errors",
    [{"errorType": "SomethingNew", "message": "m"}, "no", ["no"], [None], [["no"]], 1],
    ids=str,
)
def test_errors_of_any_shape_are_transient(errors: Any) -> None:
    with pytest.raises(TransientError):
        _api(Wire(body=json.dumps({"errors": errors}).encode())).execute("query", {})


def test_publish_from_bus_selects_all_that_subscribers_get() -> None:
    wire = _answer("publishFromBus", SENT)
    _api(wire).publish_from_bus(read_message_published(sample("replay")))
    body = json.loads(wire.sent[0].body or "")
    assert body["query"].endswith("{ id name message publishedAt region } }")
    assert body["variables"] == sample("replay")["detail"]


def test_who_published_a_message_goes_with_it() -> None:
    event = sample("replay")
    event["detail"]["publisher"] = "alice"
    wire = _answer("publishFromBus", {**SENT, "publisher": "alice"})
    _api(wire).publish_from_bus(read_message_published(event))
    body = json.loads(wire.sent[0].body or "")
    assert body["query"].endswith("{ id name message publishedAt region publisher } }")
    assert body["variables"] == event["detail"]
    with pytest.raises(TransientError, match="publisher not as sent"):
        _api(_answer("publishFromBus", SENT)).publish_from_bus(read_message_published(event))


@pytest.mark.parametrize("error_type", ["ValidationError", "IncompleteSelection"])
def test_what_a_deploy_in_two_steps_answers_is_no_dead_letter(error_type: str) -> None:
    """For a while the functions are newer than the resolvers, or older."""
    body = {"errors": [{"errorType": error_type, "message": "m"}]}
    queue = Wire()
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(queue))
    with pytest.raises(TransientError):
        replay(sample("replay"), _api(Wire(body=json.dumps(body).encode())), dead_letters)
    assert queue.sent == []


def test_a_message_of_a_blocked_channel_is_withheld() -> None:
    body = {"errors": [{"errorType": "ChannelBlocked", "message": "stored, not delivered"}]}
    queue = Wire()
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(queue))
    api = _api(Wire(body=json.dumps(body).encode()))
    assert replay(sample("replay"), api, dead_letters).outcome is ReplayOutcome.WITHHELD
    assert queue.sent == []


def test_disconnect_names_the_user() -> None:
    wire = _answer("disconnect", {"user": "bob"})
    _api(wire).disconnect("bob")
    assert json.loads(wire.sent[0].body or "")["variables"] == {"user": "bob"}


def test_unsubscribe_names_the_channel() -> None:
    wire = _answer("unsubscribe", {"name": "tech"})
    _api(wire).unsubscribe("tech")
    body = json.loads(wire.sent[0].body or "")
    assert "unsubscribe(name: $name)" in body["query"]
    assert body["variables"] == {"name": "tech"}


def test_text_is_sent_as_it_is() -> None:
    wire = Wire()
    _api(wire).execute("query", {"message": "Grüße ☃ 👋"})
    sent = wire.sent[0].body
    assert isinstance(sent, bytes)
    assert "Grüße ☃ 👋".encode() in sent


def test_rotated_credentials_are_used_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire()
    api = _api(wire)
    api.execute("query", {})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDROTATED")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    api.execute("query", {})
    first, second = (request.headers for request in wire.sent)
    assert "Credential=AKIDEXAMPLE/" in first["Authorization"]
    assert "/us-west-2/appsync/aws4_request" in first["Authorization"]
    assert "Credential=AKIDROTATED/" in second["Authorization"]
    assert second["x-amz-security-token"] == "token"


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
    queue = DeadLetterQueue(url, "us-west-2", "replay", _session(wire))
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
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(Wire(403, b"no")))
    with pytest.raises(TransientError, match="403"):
        queue.send({}, "x", "y")


@given(st.text(st.characters(exclude_categories=()), max_size=40) | st.just("\ufffe\uffff\0\ud800"))
def test_whatever_an_event_holds_sqs_takes_it_whole(text: str) -> None:
    wire = Sqs()
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(wire))
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
    queue = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", _session(Wire(200, body)))
    with pytest.raises(TransientError, match="without keeping"):
        queue.send({}, "x", "y")
