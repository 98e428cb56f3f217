"""What the core knows of a feed, which is a channel on one connection, and of connections."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from .catchup import CatchUp
from .types import Message

if TYPE_CHECKING:
    from .channel import Channel

MOST_FEEDS = 200  # AppSync's bound of subscriptions on a connection
MOST_UNANSWERED = 50  # `start` frames on their way: a region that comes back must not be overrun


class Phase(Enum):
    """How far a feed has come."""

    WAITING = auto()  # for a connection, or for its turn on it
    STARTING = auto()  # until start_ack
    CATCHING_UP = auto()  # live messages are held, history is read
    LIVE = auto()


@dataclass(eq=False, slots=True)
class Feed:
    """A channel's subscription in one region. Times are monotonic milliseconds."""

    id: int
    channel: "Channel"
    catchup: CatchUp
    side: "Side"
    connection: "Connection | None" = None
    phase: Phase = Phase.WAITING
    live_before: bool = False
    gap: bool = False
    rewound: list[Message] | None = None  # while a rewind is read: its messages so far
    rewind_token: str | None = None
    started_at: int = 0  # this machine's clock at start_ack, milliseconds since 1970
    request: int | None = None  # the page of history on its way
    waiting: bool = False  # for a moment, before it is asked for again
    history_failures: int = 0
    start_failures: int = 0
    renewed: bool = False  # the token was renewed because of it

    @property
    def busy(self) -> bool:
        """Whether a page of history is on its way or about to be."""
        return self.request is not None or self.waiting

    @property
    def start_timer(self) -> str:
        """Until `start` is sent again."""
        return f"start:{self.id}"

    @property
    def history_timer(self) -> str:
        """Until a page of history is to be asked for again."""
        return f"history:{self.id}"


@dataclass(eq=False)
class Connection:
    """One WebSocket. `line` are the feeds whose `start` has not been sent."""

    id: int
    side: "Side"
    feeds: dict[int | None, Feed] = field(default_factory=dict)
    line: deque[Feed] = field(default_factory=deque)
    kicked: list["Channel"] = field(default_factory=list)  # until the server closes it
    acknowledged: bool = False
    full: bool = False  # the server takes no further subscription
    unanswered: int = 0
    last_frame: float = 0
    silence_ms: float = 0
    live_since: float | None = None
    renewals: int = 0  # its side's, when it was opened

    @property
    def has_room(self) -> bool:
        """Whether it takes another feed."""
        return not self.full and not self.kicked and len(self.feeds) < MOST_FEEDS

    @property
    def setup_timer(self) -> str:
        """Until connection_ack."""
        return f"setup:{self.id}"

    @property
    def silence_timer(self) -> str:
        """Until the connection counts as dead."""
        return f"silence:{self.id}"

    @property
    def kick_timer(self) -> str:
        """Until a connection whose subscriptions were ended is closed from here."""
        return f"kick:{self.id}"


@dataclass(eq=False)
class Side:
    """A region that is in use (main) or about to be (standby): its connections.

    `waiting`: feeds whose connection was lost, until the next attempt. `region` is an index.
    """

    region: int
    is_main: bool
    connections: dict[int, Connection] = field(default_factory=dict)
    waiting: list[Feed] = field(default_factory=list)
    renewals: int = 0  # of the token, because a connection was refused
    untried: bool = False  # no connection was acknowledged since the last one
