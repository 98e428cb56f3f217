"""Any channel, message and id through the project's resolvers: refused by type, or kept exactly."""

import asyncio
import json
import re
import time
from functools import cache
from typing import Any

from globalws_client.ulid import MAX_MS, id_at, time_of
from globalws_functions.domain.fields import has_utf8
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emulator.appsync.engine import Engine
from tests.support.hostile import texts
from tests.support.project_api import ALLOWED, MemoryServices, ask, project_engine
from tests.support.publishing import new_id

_PUBLISH = (
    "mutation ($name: String!, $message: String!, $id: ID) { publish(name: $name, "
    "message: $message, id: $id) { id name message publishedAt region } }"
)
_CHANNEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
# How far an id's time may be behind and ahead of now, in seconds.
_OLDEST, _NEWEST = 24 * 3600, 5 * 60
# What JavaScript's trim removes.
_BLANK = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_MAX_BYTES = 204_800


_SERVICES = MemoryServices()


@cache
def _engine() -> Engine:
    """Build it once, because that compiles every resolver."""
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
    if _ULID.fullmatch(id) and _is_recent(id):
        assert body["data"]["publish"]["id"] == id
    else:
        assert _error(body) == "InvalidMessageId"
        assert not services.events


def _is_recent(id: str) -> bool:
    return -_OLDEST < time_of(id) / 1000 - time.time() < _NEWEST


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, MAX_MS).map(lambda ms: ms / 1000 - time.time())
    | st.floats(-2 * _OLDEST, 2 * _NEWEST)
    | st.sampled_from([-_OLDEST, _NEWEST]).flatmap(lambda edge: st.floats(edge - 60, edge + 60)),
)
def test_the_time_of_an_id_is_near_or_refused(ahead: float) -> None:
    assume(min(abs(ahead - _NEWEST), abs(ahead + _OLDEST)) > 5)  # the test takes time, too
    services = _services()
    id = id_at(int((time.time() + ahead) * 1000))
    body = _publish("tech", "hello", id)
    if -_OLDEST < ahead < _NEWEST:
        assert body["data"]["publish"]["id"] == id
    else:
        assert _error(body) == "InvalidMessageId"
        now = body["errors"][0]["errorInfo"]["now"]
        assert abs(now / 1000 - time.time()) < 60
        assert not services.events


@settings(max_examples=30, deadline=None)
@given(texts.MESSAGES.filter(lambda text: text.strip(_BLANK)), st.integers(2, 4))
def test_a_retry_is_stored_once_and_answered_alike(message: str, times: int) -> None:
    services, id = _services(), new_id()
    bodies = [_publish("tech", message, id) for _ in range(times)]
    if "errors" in bodies[0]:
        assert {_error(body) for body in bodies} < {"MessageTooLarge", "InvalidMessage"}
    else:
        assert bodies == [bodies[0]] * times
        assert len(services.tables["Messages"]) == 1
