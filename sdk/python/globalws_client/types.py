"""What applications pass in and get back: regions, messages, events."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from .ulid import TIME_LENGTH, id_at, is_ulid, valid_time_of

LOWEST_ID = id_at(0)


@lru_cache(maxsize=1024)  # a message's time is asked for several times, and a millisecond has many
def _ms_of(instant: str) -> int | None:
    """Milliseconds since 1970 of an ISO 8601 text; None if it is no instant."""
    try:
        return round(datetime.fromisoformat(instant).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def _time_of(digits: str, instant: str) -> int:
    """The smaller of an id's time, given its first characters, and of `published_at`."""
    time, published = valid_time_of(digits), _ms_of(instant)
    return time if published is None else min(time, published)


@dataclass(frozen=True)
class RegionEndpoint:
    """One region's API. `graphql_url` is http(s), `realtime_url` ws(s), as the stack has them.

    `api_key` may be empty where callers have tokens or use IAM.
    """

    region: str
    graphql_url: str
    realtime_url: str
    api_key: str = field(default="", repr=False)


class Message(NamedTuple):
    """One message. `name` is the channel, `published_at` ISO 8601, `region` its origin.

    `publisher` is who published it, if that one had a token or signed; None for an API key.
    """

    id: str
    name: str
    message: str
    published_at: str
    region: str
    publisher: str | None = None

    @classmethod
    def parse(cls, document: Any) -> "Message":
        """The message in a decoded JSON object of the API; raises ValueError."""
        try:
            id, name, message = document["id"], document["name"], document["message"]
            published_at, region = document["publishedAt"], document["region"]
            publisher = document.get("publisher")
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not a complete Message") from None
        if not (
            type(id) is type(name) is type(message) is type(published_at) is type(region) is str
            and is_ulid(id)
        ):
            raise ValueError("not a valid Message")
        if type(publisher) is not str:
            publisher = None
        # Half of the time of `cls(...)`.
        return tuple.__new__(cls, (id, name, message, published_at, region, publisher))

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory."""
        return len(self.message) + 300

    def age_ms(self, now_ms: float | None = None) -> float:
        """Milliseconds since it was published, by this machine's clock; at least 0."""
        now = time.time() * 1000 if now_ms is None else now_ms
        return max(0.0, now - self.published_ms)

    @property
    def published_ms(self) -> int:
        """`published_at` in milliseconds since 1970; the id's time if it is no instant."""
        published = _ms_of(self.published_at)
        return valid_time_of(self.id) if published is None else published

    @property
    def time_ms(self) -> int:
        """Its time, milliseconds since 1970.

        The smaller of the id's time and `published_at`: publishers may choose the id, and one
        from the future must not move a subscriber's position there.
        """
        return _time_of(self.id[:TIME_LENGTH], self.published_at)


class State(StrEnum):
    """States of a subscription and of a client; README.md has the diagram.

    A client is never resuming, kicked or refused; only a client is idle or closed.
    """

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    RESUMING = "resuming"
    FAILED_OVER = "failed-over"
    KICKED = "kicked"
    REFUSED = "refused"
    CLOSED = "closed"


class MessageEvent(NamedTuple):
    """A message of the channel, each id once."""

    message: Message


class StateEvent(NamedTuple):
    """The subscription's state changed, or another attempt begins.

    `region` is the one in use or tried next. `gap` (live, failed-over): messages may have been
    missed and cannot be recovered. A pattern (`orders:*`) has a gap after each interruption,
    because history is by channel. `attempt` counts from 1 (connecting, resuming). `error_type` and
    `reason` say why, where there is a reason.
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
    """From where another process goes on, without gap or duplicates.

    `floor`: nothing at or below this id is read from history. `evicted`: ids up to here may have
    been delivered although `seen` has them no more. `position_ms`: newest message delivered.
    `read_up_to_ms`: by region, up to when its stream is known to have been read. `seen`: ids
    delivered, oldest first. Times are milliseconds since 1970.
    """

    floor: str
    evicted: str
    position_ms: int
    read_up_to_ms: dict[str, int]
    seen: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data for `json.dumps`; the TypeScript client reads the same."""
        return {
            "floor": self.floor,
            "evicted": self.evicted,
            "positionMs": self.position_ms,
            "readUpToMs": dict(self.read_up_to_ms),
            "seen": list(self.seen),
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "Checkpoint":
        """The checkpoint in what `to_json` gave; raises KeyError or TypeError."""
        return cls(
            floor=document["floor"],
            evicted=document["evicted"],
            position_ms=document["positionMs"],
            read_up_to_ms=dict(document["readUpToMs"]),
            seen=tuple(document["seen"]),
        )
