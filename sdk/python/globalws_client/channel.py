"""One channel of a client, and what all parts of the core share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .delivery_buffer import Budget, DeliveryBuffer
from .feed import Connection, Feed
from .options import Beginning, Options
from .resume_position import ResumePosition
from .signals import Command
from .types import Checkpoint


@dataclass(eq=False, slots=True)
class Channel:
    """A subscription: where it resumes, what is unread, and its feeds.

    `main` is None for a moment after the server ended it. `rewind` says with how many of the newest
    messages it begins.
    """

    id: int
    name: str
    rewind: int
    position: ResumePosition
    out: DeliveryBuffer
    main: Feed | None = None
    standby: Feed | None = None
    ever_live: bool = False
    rewound: bool = False
    is_pattern: bool = field(init=False)
    presence: bool = False  # who comes and goes: nothing is stored, so nothing is read

    def __post_init__(self) -> None:
        # For all channels of a pattern: their messages are stored by channel.
        self.is_pattern = self.name.endswith("*")

    def feeds(self) -> list[Feed]:
        """Those that there are."""
        return [feed for feed in (self.main, self.standby) if feed is not None]


@dataclass(eq=False)
class Context:
    """What the parts of the core share. `now` is monotonic, `wall` is since 1970: milliseconds."""

    regions: tuple[str, ...]
    options: Options
    random: Callable[[], float]
    wall: Callable[[], int]
    now: float = 0.0
    commands: list[Command] = field(default_factory=list)
    channels: dict[int, Channel] = field(default_factory=dict)
    feeds: dict[int | None, Feed] = field(default_factory=dict)
    connections: dict[int, Connection] = field(default_factory=dict)
    requests: dict[int, Feed] = field(default_factory=dict)
    _numbers: int = 0

    def __post_init__(self) -> None:
        self.budget = Budget(self.options.buffer_bytes)

    def number(self) -> int:
        """A new number for a connection, a feed or a request."""
        self._numbers += 1
        return self._numbers

    def new_channel(self, id: int, name: str, beginning: Beginning, skip_own: bool) -> Channel:
        """A channel without a feed."""
        position = ResumePosition(self.options, self.wall, beginning)
        out = DeliveryBuffer(
            id,
            self.regions,
            self.options,
            position,
            self.budget,
            self.commands,
            skip_own=skip_own,
        )
        channel = self.channels[id] = Channel(id, name, beginning.rewind or 0, position, out)
        self.budget.channels += 1
        return channel

    def note_read(self, feed: Feed) -> None:
        """Note up to when the feed's region has been read."""
        read, limit_ms = feed.catchup.read_up_to()
        if read:
            region = self.regions[feed.side.region]
            feed.channel.position.has_read(region, limit_ms)

    def checkpoint(self, channel: Channel) -> Checkpoint | None:
        """From where to go on after what the consumer has taken; None before it began."""
        for feed in channel.feeds():
            self.note_read(feed)
        return channel.out.checkpoint()
