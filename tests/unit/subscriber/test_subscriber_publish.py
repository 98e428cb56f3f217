"""Which answers `publish` takes for success; without sockets."""

import json
from typing import Any

import pytest
from globalws_subscriber import (
    Message,
    PublishFailedError,
    PublishOptions,
    PublishRefusedError,
    RegionEndpoint,
    publish,
)

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
    """Answers each POST with that document."""

    status = 200

    def __init__(self, document: Any) -> None:
        self._text = json.dumps(document).encode()
        self.sent: list[Any] = []

    def post(self, _: str, **options: Any) -> "FakeSession":
        self.sent.append(options["json"])
        return self

    async def __aenter__(self) -> "FakeSession":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def read(self) -> bytes:
        return self._text


async def _publish(session: FakeSession, text: str = "hello") -> Message:
    options, any_session = PublishOptions(attempts=1, rounds=1), session  # type: Any, Any
    return await publish("tech", text, [ENDPOINT], id=ID, options=options, session=any_session)


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
    with pytest.raises(PublishRefusedError) as caught:
        await _publish(session, text)
    assert caught.value.error_type == "InvalidMessage"
    assert session.sent == []


@pytest.mark.parametrize("text", WHOLE, ids=ascii)
async def test_every_whole_character_is_sent(text: str) -> None:
    message = await _publish(FakeSession({"data": {"publish": {**ANSWER, "message": text}}}), text)
    assert message.message == text
