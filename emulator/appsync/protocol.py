"""The wire messages of AppSync's WebSocket protocol, each a type with its direction.

Client → server messages are parsed from text; server → client messages encode to UTF-8. Nothing
here does I/O.
"""

import json
from dataclasses import dataclass
from typing import Any

from .errors import AppSyncError, ErrorType
from .responses import json_bytes

SUBPROTOCOL = "graphql-ws"


class UnsupportedMessageError(AppSyncError):
    """A frame that is no message of the protocol. `id` is set if the frame had one."""

    def __init__(self, message: str, id: str | None = None) -> None:
        super().__init__(ErrorType.UNSUPPORTED_OPERATION, message)
        self.id = id


@dataclass(frozen=True)
class ConnectionInit:
    """Client: opens the conversation."""


@dataclass(frozen=True)
class Start:
    """Client: subscribe. `data` is the JSON text of query and variables, as it was signed."""

    id: str
    data: str
    authorization: dict[str, str]


@dataclass(frozen=True)
class Stop:
    """Client: unsubscribe."""

    id: str


ClientMessage = ConnectionInit | Start | Stop


def parse_message(text: str) -> ClientMessage:
    """The message in a text frame; raises UnsupportedMessageError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnsupportedMessageError("The message is not JSON.") from None
    if not isinstance(document, dict):
        raise UnsupportedMessageError("The message is not an object.")
    given_id = document.get("id")
    known_id = given_id if isinstance(given_id, str) else None
    match document.get("type"):
        case "connection_init":
            return ConnectionInit()
        case "start":
            return _parse_start(_check_id(given_id), document.get("payload"))
        case "stop":
            return Stop(_check_id(given_id))
    raise UnsupportedMessageError("Operation not supported through the realtime channel", known_id)


def _check_id(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 256:
        raise UnsupportedMessageError("id must be a string of 1 to 256 characters.")
    return value


def _parse_start(id: str, payload: Any) -> Start:
    payload = payload if isinstance(payload, dict) else {}
    data, extensions = payload.get("data"), payload.get("extensions")
    if not isinstance(data, str):
        raise UnsupportedMessageError("payload.data must be a string of JSON.", id)
    authorization = extensions.get("authorization") if isinstance(extensions, dict) else None
    if not isinstance(authorization, dict):
        raise UnsupportedMessageError("payload.extensions.authorization is missing.", id)
    headers = {k.lower(): v for k, v in authorization.items() if isinstance(v, str)}
    return Start(id, data, headers)


@dataclass(frozen=True)
class ConnectionAck:
    """Server: the conversation is open; without a `ka` for that long the client hangs up."""

    timeout_ms: int

    def encode(self) -> bytes:
        payload = {"connectionTimeoutMs": self.timeout_ms}
        return json_bytes({"type": "connection_ack", "payload": payload})


@dataclass(frozen=True)
class ConnectionError:
    """Server: the connection is refused; a close follows."""

    error_type: str
    message: str | None
    code: int = 400

    def encode(self) -> bytes:
        error = {"errorType": self.error_type, "message": self.message, "errorCode": self.code}
        return json_bytes({"type": "connection_error", "payload": {"errors": [error]}})


@dataclass(frozen=True)
class KeepAlive:
    """Server: the connection lives."""

    def encode(self) -> bytes:
        return b'{"type":"ka"}'


@dataclass(frozen=True)
class StartAck:
    """Server: the subscription has started."""

    id: str

    def encode(self) -> bytes:
        return json_bytes({"type": "start_ack", "id": self.id})


@dataclass(frozen=True)
class Complete:
    """Server: the subscription ended, by `stop` or by invalidation."""

    id: str

    def encode(self) -> bytes:
        return json_bytes({"type": "complete", "id": self.id})


@dataclass(frozen=True)
class Error:
    """Server: something failed; with `id`, that subscription did."""

    errors: tuple[dict[str, Any], ...]
    id: str | None = None

    def encode(self) -> bytes:
        document: dict[str, Any] = {"type": "error", "payload": {"errors": list(self.errors)}}
        if self.id is not None:
            document["id"] = self.id
        return json_bytes(document)


ServerMessage = ConnectionAck | ConnectionError | KeepAlive | StartAck | Complete | Error


def error_of(error: AppSyncError, id: str | None = None) -> Error:
    """The `error` message for an exception."""
    return Error(({"errorType": error.error_type, "message": error.message},), id)


def data_prefix(id: str) -> bytes:
    """A data message up to its payload, which is the same for many subscriptions."""
    return b'{"type":"data","id":' + json_bytes(id) + b',"payload":'


DATA_SUFFIX = b"}"
