"""The adapters of the message path: what the API's answers mean, and signing."""

import json
from typing import Any

import pytest
import requests
from globalws_functions.adapters.dead_letter_queue import DeadLetterQueue
from globalws_functions.adapters.graphql_api import GraphqlApi
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

from tests.support.functions import (
    NOW,
    FakeAudit,
    FakeHistory,
    FakePolicies,
    command_event,
    sample,
)
from tests.unit.functions.wire import Wire, session

pytestmark = pytest.mark.usefixtures("credentials")


def _api(wire: Wire) -> GraphqlApi:
    return GraphqlApi("https://api.test/graphql", "us-west-2", session(wire))


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
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(queue))
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
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(queue))
    with pytest.raises(TransientError):
        replay(sample("replay"), _api(Wire(body=json.dumps(body).encode())), dead_letters)
    assert queue.sent == []


def test_a_message_of_a_blocked_channel_is_withheld() -> None:
    body = {"errors": [{"errorType": "ChannelBlocked", "message": "stored, not delivered"}]}
    queue = Wire()
    dead_letters = DeadLetterQueue("https://sqs.test/1/q", "us-west-2", "f", session(queue))
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
