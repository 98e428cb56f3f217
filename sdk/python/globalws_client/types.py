"""What users hand in and get back: regions, messages, events."""

import time
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from .ulid import id_at, is_ulid, time_of

LOWEST_ID = id_at(0)


@dataclass(frozen=True)
class RegionEndpoint:
    """One region's API. `graphql_url` is http(s), `realtime_url` ws(s), as the stack has them.

    `api_key` may be empty where callers have tokens or use IAM.
    """

    region: str
    graphql_url: str
    realtime_url: str
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Message:
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
            fields = [document[key] for key in ("id", "name", "message", "publishedAt", "region")]
        except (KeyError, TypeError):
            raise ValueError("not a complete Message") from None
        if not all(isinstance(value, str) for value in fields) or not is_ulid(fields[0]):
            raise ValueError("not a valid Message")
        publisher = document.get("publisher")
        known = publisher if isinstance(publisher, str) else None
        id, name, message, published_at, region = fields
        return cls(id, name, message, published_at, region, known)

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


@dataclass(frozen=True, slots=True)
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
