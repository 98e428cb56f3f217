"""The client's side of AppSync's real-time protocol: text to typed frames and back. No I/O."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .types import Message, RegionEndpoint

SUBPROTOCOL = "graphql-ws"
FIELDS = "id name message publishedAt region"
SUBSCRIPTION = f"subscription Subscribe($name: String!) {{ subscribe(name: $name) {{ {FIELDS} }} }}"
SUBSCRIPTION_ID = "1"  # one subscription a connection


@dataclass(frozen=True)
class ConnectionAck:
    """Server: the conversation is open; without a frame for that long the connection is dead."""

    timeout_ms: int | None


@dataclass(frozen=True)
class KeepAlive:
    """Server: the connection lives. Also stands for frames that say nothing else to us."""


@dataclass(frozen=True)
class StartAck:
    """Server: the subscription stands."""


@dataclass(frozen=True)
class Data:
    """Server: a message, or None where the publisher did not select all of its fields."""

    message: Message | None


@dataclass(frozen=True)
class Complete:
    """Server: the subscription ended."""


@dataclass(frozen=True)
class ErrorFrame:
    """Server: something failed: the connection, the start, or (`general`) nothing in particular."""

    error_type: str
    message: str
    general: bool = False


Frame = ConnectionAck | KeepAlive | StartAck | Data | Complete | ErrorFrame


def _first_error(payload: Any) -> tuple[str, str]:
    errors = payload.get("errors") if isinstance(payload, dict) else None
    # AppSync sends an object in place of a list for MaxSubscriptionsReachedError.
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return "UnknownError", json.dumps(payload)
    error_type = first.get("errorType") or "UnknownError"
    return str(error_type), str(first.get("message") or error_type)


def _data(payload: Any) -> Data:
    document = payload.get("data") if isinstance(payload, dict) else None
    try:
        return Data(Message.parse(document["subscribe"] if document else None))
    except (ValueError, KeyError, TypeError):
        return Data(None)


def decode(text: str) -> Frame:
    """The frame in a text from the server; raises ValueError if it is not of the protocol."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("a frame is nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("a frame must be an object")
    payload = document.get("payload")
    if document.get("id", SUBSCRIPTION_ID) != SUBSCRIPTION_ID:
        return KeepAlive()
    match document.get("type"):
        case "connection_ack":
            timeout = payload.get("connectionTimeoutMs") if isinstance(payload, dict) else None
            return ConnectionAck(timeout if isinstance(timeout, int) and timeout > 0 else None)
        case "start_ack":
            return StartAck()
        case "data":
            return _data(payload)
        case "complete":
            return Complete()
        case "connection_error":
            return ErrorFrame(*_first_error(payload))
        case "error":
            return ErrorFrame(*_first_error(payload), general="id" not in document)
    # `ka`, and whatever AppSync may add: at least the connection lives.
    return KeepAlive()


def _authorization(endpoint: RegionEndpoint) -> dict[str, str]:
    return {"host": urlsplit(endpoint.graphql_url).netloc, "x-api-key": endpoint.api_key}


def subprotocols(endpoint: RegionEndpoint) -> tuple[str, str]:
    """The subprotocols to connect with: the protocol's name, and the authorization."""
    header = base64.urlsafe_b64encode(json.dumps(_authorization(endpoint)).encode())
    return SUBPROTOCOL, "header-" + header.decode().rstrip("=")


def init_text() -> str:
    """Client: opens the conversation."""
    return '{"type":"connection_init"}'


def start_text(endpoint: RegionEndpoint, channel: str) -> str:
    """Client: subscribe to a channel."""
    data = json.dumps({"query": SUBSCRIPTION, "variables": {"name": channel}})
    extensions = {"authorization": _authorization(endpoint)}
    payload = {"data": data, "extensions": extensions}
    return json.dumps({"id": SUBSCRIPTION_ID, "type": "start", "payload": payload})


def stop_text() -> str:
    """Client: unsubscribe."""
    return json.dumps({"id": SUBSCRIPTION_ID, "type": "stop"})
