"""What the presence core keeps of a channel, a lease and a call, and what it wants done."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .errors import ClientError
from .members import Members
from .presence_types import MemberConnection, PresenceEvent
from .signals import CancelTimer, SetTimer


@dataclass(frozen=True)
class Lease:
    """One connection of this client, in a region (its index); only it knows the secret."""

    connection: str
    secret: str = field(repr=False)
    region: int


@dataclass
class Reading:
    """A region's members, page by page. `again`: once more after it, for something came between."""

    members: list[MemberConnection] = field(default_factory=list)
    again: bool = False


@dataclass(eq=False)
class Room:
    """A channel whose presence is watched, and entered if `enters`. Regions are indexes."""

    id: int
    name: str
    data: str | None
    enters: bool
    members: Members = field(default_factory=Members)
    lease: Lease | None = None  # by which it has entered
    entering: int | None = None  # the call that enters it
    failures: int = 0
    earlier: list[Lease] = field(default_factory=list)  # to leave once it has entered by another
    readings: dict[int, Reading] = field(default_factory=dict)
    has_read: set[int] = field(default_factory=set)
    retried: set[int] = field(default_factory=set)  # regions whose last reading failed
    is_ready: bool = False
    counts: dict[int, tuple[int, bool]] = field(default_factory=dict)
    counting: int = 0  # calls of `occupancy` on their way
    counted_at: float | None = None
    count_due: bool = False
    silence_due: bool = False


@dataclass(frozen=True)
class Call:
    """Call a field of a region's API, and answer with its value or its error."""

    request: int
    operation: str
    region: int
    variables: dict[str, Any]
    room: int | None = None
    lease: Lease | None = None
    entered: frozenset[str] = frozenset()  # of a heartbeat: what it should answer


@dataclass(frozen=True)
class Tell:
    """Hand these to the consumer of a channel."""

    room: int
    events: Sequence[PresenceEvent]


@dataclass(frozen=True)
class Ready:
    """The channel is entered, if it was to be, and the members in the region in use are known."""

    room: int


@dataclass(frozen=True)
class Refused:
    """The API refuses the channel for good: it is over."""

    room: int
    error: ClientError


Command = Call | Tell | Ready | Refused | SetTimer | CancelTimer
