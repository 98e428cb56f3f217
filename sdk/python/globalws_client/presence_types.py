"""What presence is made of: changes as the API tells them, members, and changes of users."""

from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["ENTER", "UPDATE", "LEAVE"]


@dataclass(frozen=True, slots=True)
class Change:
    """One connection's change, as the API tells it; a COUNT names nobody."""

    action: Action | Literal["COUNT"]
    region: str
    at: str
    user: str = ""
    connection: str = ""
    seq: int = 0
    data: str | None = None

    @classmethod
    def parse(cls, document: Any) -> "Change":
        """The change in a decoded JSON object of the API; raises ValueError."""
        if not isinstance(document, dict):
            raise ValueError("not a PresenceEvent")
        action, region, at = (document.get(key) for key in ("action", "region", "at"))
        if not isinstance(region, str) or not isinstance(at, str):
            raise ValueError("not a complete PresenceEvent")
        if action == "COUNT":
            return cls("COUNT", region, at)
        if action not in ("ENTER", "UPDATE", "LEAVE"):
            raise ValueError(f"not an action: {action!r}")
        return cls(action, region, at, *_connection_of(document))


@dataclass(frozen=True, slots=True)
class MemberConnection:
    """A connection that is in a channel. `entered_at` is ISO 8601, by the region's clock."""

    user: str
    connection: str
    region: str
    seq: int
    data: str | None
    entered_at: str

    @classmethod
    def parse(cls, document: Any) -> "MemberConnection":
        """The member in a decoded JSON object of the API; raises ValueError."""
        if not isinstance(document, dict):
            raise ValueError("not a Member")
        region, entered_at = document.get("region"), document.get("enteredAt")
        if not isinstance(region, str) or not isinstance(entered_at, str):
            raise ValueError("not a complete Member")
        user, connection, seq, data = _connection_of(document)
        return cls(user, connection, region, seq, data, entered_at)


def _connection_of(document: dict[str, Any]) -> tuple[str, str, int, str | None]:
    user, connection, seq = (document.get(key) for key in ("user", "connection", "seq"))
    data = document.get("data")
    if not (isinstance(user, str) and isinstance(connection, str) and isinstance(seq, int)):
        raise ValueError("a member has no user, connection or seq")
    return user, connection, seq, data if isinstance(data, str) else None


@dataclass(frozen=True)
class Member:
    """A user who is in a channel, with at least one connection; the newest one is the last.

    `data` is what the newest connection says.
    """

    user: str
    connections: tuple[MemberConnection, ...]

    @property
    def data(self) -> str | None:
        """What the user's newest connection says."""
        return self.connections[-1].data


@dataclass(frozen=True)
class PresenceChange:
    """A user came with the first connection, says something else, or left with the last."""

    action: Action
    user: str
    data: str | None = None


@dataclass(frozen=True)
class CountChange:
    """How many connections a channel has that is too full to name them; `more`: at least."""

    connections: int
    more: bool


PresenceEvent = PresenceChange | CountChange
