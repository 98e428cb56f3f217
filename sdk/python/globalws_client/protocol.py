"""The client's side of AppSync's real-time protocol: text to typed frames and back. No I/O."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .presence_types import Change
from .types import Message

_read = json.JSONDecoder().raw_decode

SUBPROTOCOL = "graphql-ws"
FIELDS = "id name message publishedAt region publisher"
CHANGED = (
    "subscription Presence($name: String!) { presenceChanged(name: $name) "
    "{ name action user connection seq data region at } }"
)
SUBSCRIPTION = f"subscription Subscribe($name: String!) {{ subscribe(name: $name) {{ {FIELDS} }} }}"

_CHANGED_JSON = json.dumps(CHANGED)
_SUBSCRIPTION_JSON = json.dumps(SUBSCRIPTION)


@dataclass(slots=True)
class ConnectionAck:
    """Server: the conversation is open; without a frame for that long the connection is dead."""

    timeout_ms: int | None


@dataclass(slots=True)
class KeepAlive:
    """Server: the connection is alive. Also frames that say nothing else to us."""


@dataclass(slots=True)
class StartAck:
    """Server: the subscription is acknowledged. It may begin to deliver a few seconds later."""

    feed: int | None


@dataclass(slots=True)
class Data:
    """Server: a message, or None where the publisher did not select all of its fields."""

    feed: int | None
    message: Message | None


@dataclass(slots=True)
class Changed:
    """Server: somebody came into a channel, changed or left."""

    feed: int | None
    change: Change


@dataclass(slots=True)
class Complete:
    """Server: the subscription ended."""

    feed: int | None


@dataclass(slots=True)
class ErrorFrame:
    """Server: something failed: a subscription, or (no `feed`) the connection."""

    error_type: str
    message: str
    feed: int | None = None


Frame = ConnectionAck | KeepAlive | StartAck | Data | Changed | Complete | ErrorFrame


def _first_error(payload: Any) -> tuple[str, str]:
    errors = payload.get("errors") if isinstance(payload, dict) else None
    # AppSync sends an object in place of a list for MaxSubscriptionsReachedError.
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return "UnknownError", json.dumps(payload)
    error_type = first.get("errorType") or "UnknownError"
    return str(error_type), str(first.get("message") or error_type)


def _change(payload: Any) -> Change | None:
    document = payload.get("data") if isinstance(payload, dict) else None
    if not isinstance(document, dict) or "presenceChanged" not in document:
        return None
    try:
        return Change.parse(document["presenceChanged"])
    except ValueError:
        return None


def _feed(document: dict[str, Any]) -> int | None:
    id = document.get("id")
    try:
        return int(id) if isinstance(id, str) else None
    except ValueError:
        return None


def _object(text: str) -> dict[str, Any]:
    try:
        # `raw_decode` is `json.loads` without its looking for white space.
        document, end = _read(text) if text[:1] == "{" else (None, 0)
        if end != len(text):
            document = json.loads(text)
    except RecursionError:
        raise ValueError("a frame is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("a frame must be an object")
    return document


def decode(text: str) -> Frame:
    """The frame in a text from the server; raises ValueError if it is not of the protocol."""
    document = _object(text)
    try:  # by far the most
        kind = document["type"]
        if kind == "data":
            message = Message.parse(document["payload"]["data"]["subscribe"])
            return Data(int(document["id"]), message)
        if kind == "start_ack":
            return StartAck(int(document["id"]))
    except (ValueError, KeyError, TypeError):
        pass
    payload = document.get("payload")
    feed = _feed(document)
    kind = document.get("type")
    if kind == "data":
        change = _change(payload)
        return Changed(feed, change) if change else Data(feed, None)
    match kind:
        case "connection_ack":
            timeout = payload.get("connectionTimeoutMs") if isinstance(payload, dict) else None
            return ConnectionAck(timeout if isinstance(timeout, int) and timeout > 0 else None)
        case "start_ack":
            return StartAck(feed)
        case "complete":
            return Complete(feed)
        case "connection_error":
            return ErrorFrame(*_first_error(payload))
        case "error" if feed is not None or "id" not in document:
            return ErrorFrame(*_first_error(payload), feed)
    # `ka`, and whatever AppSync may add: at least the connection lives.
    return KeepAlive()


def subprotocols(authorization: Mapping[str, str]) -> tuple[str, str]:
    """The subprotocols to connect with: the protocol's name, and the authorization's headers."""
    header = base64.urlsafe_b64encode(json.dumps(dict(authorization)).encode())
    return SUBPROTOCOL, "header-" + header.decode().rstrip("=")


def init_text() -> str:
    """Client: opens the conversation."""
    return '{"type":"connection_init"}'


def start_data(channel: str, *, presence: bool = False) -> str:
    """The request inside of `start`, which is what IAM signs."""
    query = _CHANGED_JSON if presence else _SUBSCRIPTION_JSON
    return f'{{"query":{query},"variables":{{"name":{json.dumps(channel)}}}}}'


def start_text(feed: int, data: str, authorization: str) -> str:
    """Client: subscribe, with `start_data` and the authorization's headers as JSON."""
    extensions = f'{{"authorization":{authorization}}}'
    payload = f'{{"data":{json.dumps(data)},"extensions":{extensions}}}'
    return f'{{"id":"{feed}","type":"start","payload":{payload}}}'


def stop_text(feed: int) -> str:
    """Client: unsubscribe."""
    return json.dumps({"id": str(feed), "type": "stop"})
