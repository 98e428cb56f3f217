"""What goes into the core (inputs) and what it wants done (commands): plain data.

The core numbers connections, feeds (a channel's subscription on a connection) and history requests.
It ignores inputs about what it has dropped. Channels are numbered by the driver.
"""

from dataclasses import dataclass

from .errors import ClientError
from .options import Beginning
from .presence_types import Change
from .types import Message, State


@dataclass(slots=True)
class AddChannel:
    """Subscribe to a channel. `skip_own`: leave out what this client publishes.

    `presence`: not to its messages, but to who comes and goes.
    """

    channel: int
    name: str
    beginning: Beginning
    skip_own: bool = False
    presence: bool = False


@dataclass(slots=True)
class RemoveChannel:
    """The consumer wants no more of this channel."""

    channel: int


@dataclass(slots=True)
class Published:
    """This client is about to publish a message with this id."""

    id: str


@dataclass(slots=True)
class Closed:
    """The WebSocket closed, or could not be opened."""

    connection: int
    reason: str


@dataclass(slots=True)
class HistoryPage:
    """A page of history arrived, oldest first (newest first if the request had `last`)."""

    request: int
    items: tuple[Message, ...]
    next_token: str | None


@dataclass(slots=True)
class HistoryFailed:
    """A page could not be read. `error_type` is None if the API did not answer."""

    request: int
    error_type: str | None
    message: str


@dataclass(slots=True)
class TimerFired:
    """The time of a `SetTimer` came."""

    name: str


@dataclass(slots=True)
class RoomMade:
    """The consumer of a channel took messages: there may be room for a page of history."""

    channel: int


@dataclass(slots=True)
class Stop:
    """The client is closed."""


Input = (
    AddChannel
    | RemoveChannel
    | Published
    | Closed
    | HistoryPage
    | HistoryFailed
    | TimerFired
    | RoomMade
    | Stop
)


@dataclass(slots=True)
class Open:
    """Connect to a region (its index in the list) and send `connection_init`."""

    connection: int
    region: int


@dataclass(slots=True)
class Start:
    """Send `start` for a channel; the feed's number is the subscription's id."""

    connection: int
    feed: int
    name: str
    presence: bool = False


@dataclass(slots=True)
class StopFeed:
    """Send `stop`."""

    connection: int
    feed: int


@dataclass(slots=True)
class Drop:
    """Close the connection."""

    connection: int


@dataclass(slots=True)
class Fetch:
    """Ask a region for a page of a channel's history: after an id, or the `last` messages."""

    request: int
    region: int
    name: str
    after: str | None
    last: int | None
    limit: int
    next_token: str | None


@dataclass(slots=True)
class RenewToken:
    """The API refused the token with which this connection connected or started."""

    connection: int


@dataclass(slots=True)
class SetTimer:
    """Fire in `ms`; replaces a timer of the same name."""

    name: str
    ms: float


@dataclass(slots=True)
class CancelTimer:
    """Forget the timer, if it is set."""

    name: str


@dataclass(slots=True)
class Wake:
    """The consumer of this channel waits, and there is something for it in the delivery buffer."""

    channel: int


@dataclass(slots=True)
class TellChange:
    """Tell who watches this channel that somebody came, changed or left."""

    channel: int
    change: Change


@dataclass(slots=True)
class Finish:
    """Nothing more comes into the delivery buffer. The consumer gets `error`, if there is one."""

    channel: int
    error: ClientError | None


@dataclass(slots=True)
class ClientStateChanged:
    """The client as a whole: connecting, live or failed-over, in this region (its index)."""

    state: State
    region: int


Command = (
    Open
    | Start
    | StopFeed
    | Drop
    | Fetch
    | RenewToken
    | SetTimer
    | CancelTimer
    | Wake
    | TellChange
    | Finish
    | ClientStateChanged
)
