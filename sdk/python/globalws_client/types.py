"""What users of the subscriber hand in and get back: regions, options, messages, events."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .ulid import id_at, is_ulid, time_of

LOWEST_ID = id_at(0)
MOST_PER_PAGE = 200  # the API refuses more


@dataclass(frozen=True)
class RegionEndpoint:
    """One region's API. `graphql_url` is http(s), `realtime_url` ws(s), as the stack has them."""

    region: str
    graphql_url: str
    realtime_url: str
    api_key: str = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One message. `name` is the channel, `published_at` ISO 8601, `region` its origin."""

    id: str
    name: str
    message: str
    published_at: str
    region: str

    @classmethod
    def parse(cls, document: Any) -> "Message":
        """The message in a decoded JSON object of the API; raises ValueError."""
        try:
            fields = [document[key] for key in ("id", "name", "message", "publishedAt", "region")]
        except (KeyError, TypeError):
            raise ValueError("not a complete Message") from None
        if not all(isinstance(value, str) for value in fields) or not is_ulid(fields[0]):
            raise ValueError("not a valid Message")
        return cls(*fields)

    @property
    def published_ms(self) -> int:
        """`published_at` in milliseconds since 1970; the id's time if it is no instant."""
        try:
            return int(datetime.fromisoformat(self.published_at).timestamp() * 1000)
        except (ValueError, OverflowError):
            return time_of(self.id)

    @property
    def time_ms(self) -> int:
        """Its time, milliseconds since 1970.

        The smaller of the id's time and `published_at`: publishers may choose the id, and one
        from the future must not move a subscriber's position there.
        """
        return min(time_of(self.id), self.published_ms)


class State(StrEnum):
    """States of a subscription; README.md has the diagram."""

    CONNECTING = "connecting"
    LIVE = "live"
    RESUMING = "resuming"
    FAILED_OVER = "failed-over"
    KICKED = "kicked"
    REFUSED = "refused"


@dataclass(frozen=True)
class MessageEvent:
    """A message of the channel, each id once."""

    message: Message


@dataclass(frozen=True)
class StateEvent:
    """The subscription's state changed, or another attempt begins.

    `region` is the one in use or tried next. `gap` (live, failed-over): messages may have been
    missed and cannot be had. `attempt` counts from 1 (connecting, resuming). `error_type` and
    `reason` say why, where there is a why.
    """

    state: State
    region: str
    gap: bool = False
    attempt: int = 0
    error_type: str | None = None
    reason: str | None = None


Event = MessageEvent | StateEvent


@dataclass(frozen=True)
class Checkpoint:
    """Where a subscriber stands, to be resumed by another process without gap or doubles.

    `floor`: nothing at or below this id is read from history. `evicted`: ids up to here may have
    been delivered although `seen` has them no more. `position_ms`: newest message delivered.
    `covered_ms`: by region, up to when its stream is known to have been read. `seen`: ids
    delivered, oldest first. Times are milliseconds since 1970.
    """

    floor: str
    evicted: str
    position_ms: int
    covered_ms: dict[str, int]
    seen: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data for `json.dumps`; the TypeScript subscriber reads the same."""
        return {
            "floor": self.floor,
            "evicted": self.evicted,
            "positionMs": self.position_ms,
            "coveredMs": dict(self.covered_ms),
            "seen": list(self.seen),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Checkpoint":
        """The checkpoint in what `to_json` gave; raises KeyError or TypeError."""
        return cls(
            floor=document["floor"],
            evicted=document["evicted"],
            position_ms=document["positionMs"],
            covered_ms=dict(document["coveredMs"]),
            seen=tuple(document["seen"]),
        )


_AT_LEAST_ONE = (
    "page_limit", "history_attempts", "seen_limit", "connect_timeout_ms", "start_timeout_ms",
    "history_timeout_ms", "keep_alive_ms", "silence_factor", "backoff_base_ms", "backoff_cap_ms",
    "failover_attempts", "home_probe_ms", "buffer_limit", "hold_limit",
)  # fmt: skip
_AT_LEAST_ZERO = (
    "overlap_ms", "reach_ms", "clock_tolerance_ms", "stable_ms", "failover_ms",
)  # fmt: skip


def check_least(options: object, least: int, *names: str) -> None:
    """Raises ValueError for an option that is no number from `least` on."""
    for name in names:
        value = getattr(options, name)
        if not isinstance(value, int | float) or not value >= least:
            raise ValueError(f"{name} must be a number from {least} on, not {value!r}")


@dataclass(frozen=True)
class Options:
    """How a subscription behaves. Times in milliseconds, `math.inf` for never; the defaults suit
    AppSync.

    At most one of `after` (an id: deliver what is newer), `replay_ms` (deliver what the last so
    many milliseconds brought) and `checkpoint` (continue another subscriber) says where to begin;
    without any, only what is published from now on is delivered.
    Raises ValueError for what cannot work.
    """

    after: str | None = None
    replay_ms: float | None = None
    checkpoint: Checkpoint | None = None

    overlap_ms: float = 120_000  # history is read again from this long before the last message
    reach_ms: float = 900_000  # ... or this long, in a region not used before
    page_limit: int = 100  # messages a history page
    history_attempts: int = 3  # failures of history before the connection counts as failed
    seen_limit: int = 10_000  # ids remembered in order to drop doubles
    clock_tolerance_ms: float = 2_000  # by how much this machine's clock may run ahead

    connect_timeout_ms: float = 10_000  # until connection_ack
    start_timeout_ms: float = 10_000  # until start_ack
    history_timeout_ms: float = 10_000  # a page
    keep_alive_ms: float = 60_000  # how often the server says `ka`
    silence_factor: float = 1.3  # so many keep-alive intervals of silence: the connection is dead

    backoff_base_ms: float = 500
    backoff_cap_ms: float = 30_000
    stable_ms: float = 10_000  # live for that long: failures before are forgotten
    failover_attempts: int = 3
    failover_ms: float = 15_000
    home_probe_ms: float = 30_000  # while failed over, how often home is tried

    buffer_limit: int = 1_000  # messages not yet read by the consumer
    hold_limit: int = 1_000  # live messages held while history is read

    def __post_init__(self) -> None:
        if sum(o is not None for o in (self.after, self.replay_ms, self.checkpoint)) > 1:
            raise ValueError("give one of after, replay_ms and checkpoint")
        if self.after is not None and not is_ulid(self.after):
            raise ValueError(f"after must be a ULID, not {self.after!r}")
        check_least(self, 1, *_AT_LEAST_ONE)
        check_least(self, 0, *_AT_LEAST_ZERO)
        if self.replay_ms is not None:
            check_least(self, 0, "replay_ms")
        if not self.page_limit <= min(self.buffer_limit, MOST_PER_PAGE):
            raise ValueError(f"page_limit must be from 1 to {MOST_PER_PAGE} and buffer_limit")
