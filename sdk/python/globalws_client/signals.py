"""What goes into the machine (inputs) and what it wants done (commands): plain data.

A *link* is one WebSocket connection with its subscription; links and requests are numbered by
the machine. Inputs about a link or request that the machine has dropped are ignored.
"""

from dataclasses import dataclass

from .errors import SubscriberError
from .protocol import Frame
from .types import Event, Message


@dataclass(frozen=True)
class Begin:
    """Start."""


@dataclass(frozen=True)
class Received:
    """A frame arrived."""

    link: int
    frame: Frame


@dataclass(frozen=True)
class Closed:
    """The WebSocket closed, or could not be opened."""

    link: int
    reason: str


@dataclass(frozen=True)
class HistoryPage:
    """A page of history arrived, oldest first."""

    request: int
    items: tuple[Message, ...]
    next_token: str | None


@dataclass(frozen=True)
class HistoryFailed:
    """A page could not be had. `error_type` is None if the API did not answer."""

    request: int
    error_type: str | None
    message: str


@dataclass(frozen=True)
class TimerFired:
    """The time of a `SetTimer` came."""

    name: str


@dataclass(frozen=True)
class Taken:
    """The consumer took so many messages."""

    messages: int


@dataclass(frozen=True)
class Stop:
    """The consumer wants no more."""


Input = Begin | Received | Closed | HistoryPage | HistoryFailed | TimerFired | Taken | Stop


@dataclass(frozen=True)
class Open:
    """Connect a link to a region (its place in the list) and send `connection_init`."""

    link: int
    region: int


@dataclass(frozen=True)
class Subscribe:
    """Send `start`."""

    link: int


@dataclass(frozen=True)
class Drop:
    """Unsubscribe if subscribed, close the link, abandon its requests."""

    link: int


@dataclass(frozen=True)
class Fetch:
    """Ask a region for a page of history."""

    request: int
    link: int
    region: int
    after: str
    limit: int
    next_token: str | None


@dataclass(frozen=True)
class SetTimer:
    """Fire in `ms`; replaces a timer of the same name."""

    name: str
    ms: float


@dataclass(frozen=True)
class CancelTimer:
    """Forget the timer, if it is set."""

    name: str


@dataclass(frozen=True)
class Emit:
    """Hand an event to the consumer."""

    event: Event


@dataclass(frozen=True)
class Finish:
    """No event comes after those emitted. The consumer gets `error`, if there is one."""

    error: SubscriberError | None


Command = Open | Subscribe | Drop | Fetch | SetTimer | CancelTimer | Emit | Finish
