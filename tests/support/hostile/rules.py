"""Properties that must hold for any input. Each function raises AssertionError if one does not."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from emulator.appsync.auth import Evidence
from emulator.appsync.connection import BeginSubscription, Close, Connection, EndSubscription, Send
from emulator.appsync.engine import Engine
from emulator.appsync.errors import AppSyncError, RequestError
from emulator.appsync.filters import parse_filter
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.requests import parse_connect
from emulator.eventbridge.entries import CallError, EntryError, Origin, check_call, envelope
from emulator.eventbridge.patterns import PatternError, compile_pattern
from tests.support.project_api import post

MAX_SUBSCRIPTIONS = 2
_SLOWEST_SECONDS = 5.0
_NOT_AUTHORIZED = "NotAuthorizedForSourceException"
_EVENT = {
    "source": "globalws",
    "detail-type": "MessagePublished",
    "region": "us-west-2",
    "detail": {"region": "us-west-2", "x": [1, None, {"x": "é"}]},
    "x": "x",
}


def a_connection_survives_any_frames(frames: Sequence[str]) -> None:
    """No frame raises; ids are unique and bounded; nothing follows a close."""
    connection = Connection(MAX_SUBSCRIPTIONS, 300_000)
    active: set[str] = set()
    for frame in frames:
        closed = connection.closed
        actions = connection.receive_text(frame)
        assert not (closed and actions)
        for action in actions:
            match action:
                case BeginSubscription(start):
                    assert start.id not in active
                    active.add(start.id)
                case EndSubscription(id):
                    active.remove(id)
                case Send(message):
                    message.encode().decode()
                case Close():
                    active.clear()
        assert len(active) <= MAX_SUBSCRIPTIONS


def a_filter_is_refused_or_works(document: Any) -> None:
    """Refused with AppSync's own error, or it matches any event without failing."""
    try:
        found = parse_filter(document)
    except AppSyncError:
        return
    for event in ({}, {"name": "tech"}, {"name": None, "a": {"b": [1, "x"]}}, {"a": 1, "": 2}):
        assert found.matches(event) in (True, False)


def a_pattern_is_refused_or_works(document: Any) -> None:
    """Refused with the place of the mistake, or it matches any event without failing."""
    if not isinstance(document, Mapping):
        return
    try:
        pattern = compile_pattern(document)
    except PatternError:
        return
    assert pattern.matches(_EVENT) in (True, False)
    assert pattern.matches({}) in (True, False)


def entries_are_refused_or_become_events(entries: Any) -> None:
    """Refused as a whole, refused one by one, or turned into events."""
    try:
        checked = check_call(entries)
    except CallError as refusal:
        _check(refusal.code, "ValidationException", "SerializationException")
        return
    for entry in checked:
        try:
            event = envelope(entry, Origin("us-west-2", "000000000000", 1.8e9), "id")
        except EntryError as refusal:
            _check(refusal.code, "InvalidArgument", "MalformedDetail", _NOT_AUTHORIZED)
        else:
            assert isinstance(event["detail"], dict)


def a_request_is_answered(engine: Engine, body: bytes) -> None:
    """An HTTP status, a JSON document, every error typed, and soon."""
    started = time.monotonic()
    answer = asyncio.run(post(engine, body))
    assert time.monotonic() - started < _SLOWEST_SECONDS
    assert answer.status in (200, 400, 413)
    errors = answer.body.get("errors", [])
    assert errors or "data" in answer.body
    for error in errors:
        assert error["message"]
        assert error.get("errorType", "") != "InternalFailure", error


def nobody_gets_in(engine: Engine, headers: Mapping[str, str]) -> None:
    """Any headers are answered with HTTP 401."""
    evidence = Evidence(headers=headers, body=b'{"query": "{ channels { name } }"}')
    answer = asyncio.run(engine.handle(evidence, RequestMeta(dict(headers))))
    assert answer.status == 401, answer
    assert not answer.body.get("data")


def a_handshake_is_read_or_refused(query: Mapping[str, str], subprotocols: Sequence[str]) -> None:
    """The handshake is refused like a request, or read."""
    try:
        found = parse_connect(query, subprotocols, {})
    except RequestError as refusal:
        _check(str(refusal.status), "400")
        return
    assert all(isinstance(value, str) for value in found.headers.values())


def _check(code: str, *expected: str) -> None:
    assert code in expected
