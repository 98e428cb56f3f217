"""Any channel, message and id through the project's own resolvers: typed refusal, or exact."""

import asyncio
import json
import re
from functools import cache
from typing import Any

from globalws.domain.fields import has_utf8
from hypothesis import given, settings
from hypothesis import strategies as st

from local.appsync.engine import Engine
from tests.support.hostile import texts
from tests.support.project_api import ALLOWED, MemoryServices, ask, project_engine

_PUBLISH = (
    "mutation ($name: String!, $message: String!, $id: ID) { publish(name: $name, "
    "message: $message, id: $id) { id name message publishedAt region } }"
)
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_ID = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
# What JavaScript's trim takes away.
_BLANK = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_MAX_BYTES = 204_800


_SERVICES = MemoryServices()


@cache
def _engine() -> Engine:
    """One for all: building it compiles every resolver."""
    return project_engine(_SERVICES)


def _services() -> MemoryServices:
    """The engine's, emptied."""
    _SERVICES.events.clear()
    _SERVICES.tables.clear()
    return _SERVICES


def _publish(name: str, message: str, id: str | None) -> dict[str, Any]:
    answer = asyncio.run(ask(_engine(), _PUBLISH, name=name, message=message, id=id))
    assert answer.status == 200
    return answer.body


def _error(body: dict[str, Any]) -> str:
    (error,) = body["errors"]
    assert body["data"] == {"publish": None} or body["data"] is None
    kind: str = error["errorType"]
    return kind


@settings(max_examples=60, deadline=None)
@given(texts.CHANNELS)
def test_a_channel_name_is_allowed_or_refused_with_its_type(name: str) -> None:
    services = _services()
    body = _publish(name, "hello", None)
    if name in ALLOWED:
        assert body["data"]["publish"]["name"] == name
    else:
        expected = "ChannelNotAllowed" if _CHANNEL.fullmatch(name) else "InvalidChannelName"
        assert _error(body) == expected
        assert not services.events


@settings(max_examples=80, deadline=None)
@given(texts.MESSAGES)
def test_a_message_arrives_exactly_or_is_refused_with_its_type(message: str) -> None:
    services = _services()
    body = _publish("tech", message, None)
    if not has_utf8(message):
        assert _error(body) == "InvalidMessage"
        assert not services.events
        assert not services.tables.get("Messages")
    elif not message.strip(_BLANK):
        assert _error(body) == "EmptyMessage"
    elif len(json.dumps(message, ensure_ascii=False).encode()) > _MAX_BYTES:
        assert _error(body) == "MessageTooLarge"
    else:
        published = body["data"]["publish"]
        assert published["message"] == message
        assert services.events == [published]


@settings(max_examples=60, deadline=None)
@given(texts.IDS)
def test_an_id_is_kept_or_refused_with_its_type(id: str) -> None:
    services = _services()
    body = _publish("tech", "hello", id)
    if _ULID.fullmatch(id):
        assert body["data"]["publish"]["id"] == id
    else:
        assert _error(body) == "InvalidMessageId"
        assert not services.events


@settings(max_examples=30, deadline=None)
@given(texts.MESSAGES.filter(lambda text: text.strip(_BLANK)), st.integers(2, 4))
def test_a_retry_is_stored_once_and_answered_alike(message: str, times: int) -> None:
    services = _services()
    bodies = [_publish("tech", message, _ID) for _ in range(times)]
    if "errors" in bodies[0]:
        assert {_error(body) for body in bodies} < {"MessageTooLarge", "InvalidMessage"}
    else:
        assert bodies == [bodies[0]] * times
        assert len(services.tables["Messages"]) == 1
