"""Which answers `publish` takes for success; without sockets."""

import json
from typing import Any

import pytest
from globalws_client import (
    Client,
    Message,
    PublishFailedError,
    PublishOptions,
    RefusedError,
    RegionEndpoint,
)
from globalws_client.ulid import time_of

ENDPOINT = RegionEndpoint("us", "https://api.test/graphql", "wss://api.test/graphql", "da2-x")
ID = "01KB4YXW0G8Q2M7R3T5V9XZABC"
ANSWER = {
    "id": ID,
    "name": "tech",
    "message": "hello",
    "publishedAt": "2026-11-23T10:15:00.123Z",
    "region": "us",
}


class FakeSession:
    """Answers each POST with the next document, and on with the last; a function makes it."""

    status = 200
    closed = False

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.sent: list[Any] = []
        self.urls: list[str] = []

    def post(self, url: str, **options: Any) -> "FakeSession":
        self.urls.append(url)
        self.sent.append(json.loads(options["data"])["variables"])
        return self

    async def __aenter__(self) -> "FakeSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self) -> bytes:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return json.dumps(answer(self.sent[-1]) if callable(answer) else answer).encode()


async def _publish(session: FakeSession, text: str = "hello") -> Message:
    options, any_session = PublishOptions(attempts=1, rounds=1), session  # type: Any, Any
    async with Client([ENDPOINT], publish_options=options, session=any_session) as client:
        return await client.publish("tech", text, id=ID)


async def test_who_publishes_while_the_client_is_closed_gets_the_id_to_try_again_with() -> None:
    session = FakeSession({})
    session.closed = True
    with pytest.raises(PublishFailedError) as failed:
        await _publish(session)
    assert failed.value.id == ID


async def test_the_answer_is_the_message_that_was_sent() -> None:
    message = await _publish(FakeSession({"data": {"publish": ANSWER}}))
    assert message == Message.parse(ANSWER)


@pytest.mark.parametrize(
    "answered",
    [
        None,
        [],
        {},
        {**ANSWER, "id": "01KB4YXW0G8Q2M7R3T5V9XZABD"},
        {**ANSWER, "name": "cars"},
        {**ANSWER, "message": "hallo"},
        *({name: value for name, value in ANSWER.items() if name != field} for field in ANSWER),
        *({**ANSWER, field: None} for field in ANSWER),
    ],
    ids=str,
)
async def test_another_answer_is_no_success(answered: Any) -> None:
    with pytest.raises(PublishFailedError) as caught:
        await _publish(FakeSession({"data": {"publish": answered}}))
    assert caught.value.id == ID


HALVES = ["\ud800", "a\udbffb", "\udc00", "x\udfff", "\udc00\ud800", "👋\ud83d"]
WHOLE = ["\0", "\ufffe", "\uffff", "\U0001f44b", "\U0010ffff", "\ue000", "\ufeff"]


@pytest.mark.parametrize("text", HALVES, ids=ascii)
async def test_half_a_surrogate_pair_is_refused_for_good(text: str) -> None:
    session = FakeSession({"data": {"publish": {**ANSWER, "message": text}}})
    with pytest.raises(RefusedError) as caught:
        await _publish(session, text)
    assert caught.value.error_type == "InvalidMessage"
    assert session.sent == []


@pytest.mark.parametrize("text", WHOLE, ids=ascii)
async def test_every_whole_character_is_sent(text: str) -> None:
    message = await _publish(FakeSession({"data": {"publish": {**ANSWER, "message": text}}}), text)
    assert message.message == text


SERVER_MS = 1_795_000_000_000
CLOCK = {
    "errorType": "InvalidMessageId",
    "message": "make a new one",
    "errorInfo": {"now": SERVER_MS},
}
WRONG_CLOCK = {"data": {"publish": None}, "errors": [CLOCK]}
BUSY = {"data": {"publish": None}, "errors": [{"errorType": "StoreUnavailable", "message": "m"}]}


def _echo(sent: dict[str, str]) -> Any:
    return {"data": {"publish": {**ANSWER, **sent}}}


async def _publish_by_clock(session: FakeSession, seconds: float, id: str | None = None) -> Message:
    options = PublishOptions(attempts=2, rounds=1, backoff_base_ms=0)
    any_session: Any = session
    async with Client(
        [ENDPOINT], publish_options=options, session=any_session, wall=lambda: seconds
    ) as client:
        return await client.publish("tech", "hello", id=id)


@pytest.mark.parametrize("seconds", [0.0, 1.0, SERVER_MS / 1000 - 90_000, 4e9, 2e11])
async def test_a_wrong_clock_is_no_obstacle(seconds: float) -> None:
    session = FakeSession(WRONG_CLOCK, _echo)
    message = await _publish_by_clock(session, seconds)
    first, second = session.sent
    assert time_of(second["id"]) == SERVER_MS
    assert message.id == second["id"] != first["id"]


async def test_an_id_that_a_region_may_have_is_not_replaced() -> None:
    session = FakeSession(BUSY, WRONG_CLOCK)
    with pytest.raises(RefusedError):
        await _publish_by_clock(session, 4e9)
    assert session.sent[0] == session.sent[1]


async def test_an_id_is_replaced_once_and_never_a_publishers_own() -> None:
    session = FakeSession(WRONG_CLOCK)
    with pytest.raises(RefusedError, match="InvalidMessageId"):
        await _publish_by_clock(session, 4e9)
    assert len(session.sent) == 2
    session = FakeSession(WRONG_CLOCK)
    with pytest.raises(RefusedError):
        await _publish_by_clock(session, 4e9, ID)
    assert len(session.sent) == 1


async def test_a_region_with_an_older_schema_is_left_at_once() -> None:
    other = RegionEndpoint("au", "https://au.test/graphql", "wss://au.test/graphql", "da2-x")
    older = {"errors": [{"errorType": "ValidationError", "message": "unknown argument"}]}
    session = FakeSession(older, _echo)
    options, any_session = PublishOptions(attempts=3, backoff_base_ms=0), session  # type: Any, Any
    async with Client([ENDPOINT, other], publish_options=options, session=any_session) as client:
        await client.publish("tech", "hello")
    assert session.urls == [ENDPOINT.graphql_url, other.graphql_url]
