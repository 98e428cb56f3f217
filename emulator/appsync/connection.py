"""One WebSocket connection as a pure state machine: frames and outcomes in, actions out."""

from dataclasses import dataclass
from enum import Enum, auto

from .errors import AppSyncError, ErrorType
from .protocol import (
    Complete,
    ConnectionAck,
    ConnectionInit,
    Error,
    ServerMessage,
    Start,
    StartAck,
    Stop,
    UnsupportedMessageError,
    error_of,
    parse_message,
)


class CloseCode:
    """WebSocket close codes in use (RFC 6455, and 44xx of the graphql-ws family)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    UNSUPPORTED_DATA = 1003
    POLICY = 1008
    INIT_TIMEOUT = 4408


@dataclass(frozen=True)
class Send:
    """Send a message."""

    message: ServerMessage


@dataclass(frozen=True)
class Opened:
    """The client may subscribe now; keep-alives begin."""


@dataclass(frozen=True)
class BeginSubscription:
    """Authorize and register this subscription; answer with `started` or `refused`."""

    start: Start


@dataclass(frozen=True)
class EndSubscription:
    """Forget this subscription, or abandon its start."""

    id: str


@dataclass(frozen=True)
class Close:
    """Close the WebSocket."""

    code: int
    reason: str


Action = Send | Opened | BeginSubscription | EndSubscription | Close
Actions = tuple[Action, ...]


class _State(Enum):
    OPENING = auto()
    OPEN = auto()
    CLOSED = auto()


class Connection:
    """The protocol's state for one client. Methods return what is to be done, in order."""

    def __init__(self, max_subscriptions: int, timeout_ms: int) -> None:
        self._state = _State.OPENING
        self._ids: set[str] = set()
        self._max_subscriptions = max_subscriptions
        self._timeout_ms = timeout_ms

    @property
    def closed(self) -> bool:
        return self._state is _State.CLOSED

    def receive_text(self, text: str) -> Actions:
        """A text frame arrived."""
        if self._state is _State.CLOSED:
            return ()
        try:
            message = parse_message(text)
        except UnsupportedMessageError as error:
            # A broken start must not end a subscription that has the same id.
            return (Send(error_of(error, None if error.id in self._ids else error.id)),)
        if isinstance(message, ConnectionInit):
            return self._init()
        if self._state is _State.OPENING:
            # AppSync ignores what comes before the acknowledgement.
            return ()
        return self._start(message) if isinstance(message, Start) else self._stop(message)

    def receive_binary(self) -> Actions:
        """A binary frame arrived: not of this protocol."""
        return self.close(CloseCode.UNSUPPORTED_DATA, "Binary frames are not supported.")

    def init_timeout(self) -> Actions:
        """The time for `connection_init` is over."""
        if self._state is not _State.OPENING:
            return ()
        return self.close(CloseCode.INIT_TIMEOUT, "Connection initialisation timeout.")

    def started(self, id: str) -> Actions:
        """A subscription has started."""
        return (Send(StartAck(id)),) if id in self._ids else (EndSubscription(id),)

    def refused(self, id: str, error: Error) -> Actions:
        """A subscription was refused; its id is free again."""
        if id not in self._ids:
            return ()
        self._ids.discard(id)
        return (Send(error),)

    def invalidated(self, ids: tuple[str, ...]) -> Actions:
        """Subscriptions were invalidated: they complete, and the connection ends."""
        known = [id for id in ids if id in self._ids]
        if self._state is _State.CLOSED or not known:
            return ()
        done = tuple(Send(Complete(id)) for id in known)
        return (*done, *self.close(CloseCode.NORMAL, "Subscription invalidated."))

    def close(self, code: int, reason: str) -> Actions:
        """End the connection from this side."""
        if self._state is _State.CLOSED:
            return ()
        self._state = _State.CLOSED
        self._ids.clear()
        return (Close(code, reason),)

    def _init(self) -> Actions:
        if self._state is _State.OPEN:
            return (Send(ConnectionAck(self._timeout_ms)),)
        self._state = _State.OPEN
        return (Send(ConnectionAck(self._timeout_ms)), Opened())

    def _start(self, start: Start) -> Actions:
        if start.id in self._ids:
            error = AppSyncError(
                ErrorType.DUPLICATE_SUBSCRIPTION,
                f"Subscription id '{start.id}' is in use on this connection.",
            )
            # Without the id, because clients would take it for the end of the other one.
            return (Send(error_of(error)),)
        if len(self._ids) >= self._max_subscriptions:
            error = AppSyncError(
                ErrorType.MAX_SUBSCRIPTIONS,
                f"Max number of {self._max_subscriptions} subscriptions reached",
            )
            return (Send(error_of(error, start.id)),)
        self._ids.add(start.id)
        return (BeginSubscription(start),)

    def _stop(self, stop: Stop) -> Actions:
        if stop.id not in self._ids:
            error = AppSyncError(ErrorType.UNSUPPORTED_OPERATION, "Unknown subscription id.")
            return (Send(error_of(error, stop.id)),)
        self._ids.discard(stop.id)
        return (EndSubscription(stop.id), Send(Complete(stop.id)))
