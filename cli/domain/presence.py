"""Who is on a channel: the members of several regions as one list of users. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SILENT_SECONDS = 90.0
"""A region that has not answered for so long has no members: it is a lease's longest life."""


@dataclass(frozen=True)
class Member:
    """A connection of a user to a channel; `data` is the user's own text."""

    user: str
    connection: str
    region: str
    entered_at: str
    data: str | None = None

    @classmethod
    def parse(cls, item: Mapping[str, Any]) -> "Member":
        """Reads a member as the API answers it."""
        return cls(
            item["user"], item["connection"], item["region"], item["enteredAt"], item.get("data")
        )

    def document(self) -> dict[str, Any]:
        """As JSON documents show it, under its user."""
        return {
            "connection": self.connection,
            "region": self.region,
            "enteredAt": self.entered_at,
            "data": self.data,
        }


Users = Mapping[str, Sequence[Member]]
"""Each user's connections, the earliest first."""


def by_user(members: Iterable[Member]) -> dict[str, list[Member]]:
    """The users by their ids; a user of several connections is there once."""
    users: dict[str, list[Member]] = {}
    for member in sorted(members, key=lambda each: (each.user, each.entered_at, each.connection)):
        users.setdefault(member.user, []).append(member)
    return users


def changes(before: Users, now: Users) -> list[tuple[str, str, str | None]]:
    """What changed, as (ENTER, UPDATE or LEAVE; user; data), by user.

    A user enters with the first connection and leaves with the last. The data shown is that of the
    newest connection.
    """
    found: list[tuple[str, str, str | None]] = []
    for user in sorted({*before, *now}):
        if user not in now:
            found.append(("LEAVE", user, None))
        elif user not in before:
            found.append(("ENTER", user, now[user][-1].data))
        elif before[user][-1].data != now[user][-1].data:
            found.append(("UPDATE", user, now[user][-1].data))
    return found


class Watched:
    """The members of each region as it answered last."""

    def __init__(self) -> None:
        self._regions: dict[str, tuple[float, Sequence[Member]]] = {}

    def answered(self, region: str, members: Sequence[Member], at: float) -> None:
        """A region answered, at an instant of a monotonic clock."""
        self._regions[region] = (at, members)

    def users(self, at: float) -> dict[str, list[Member]]:
        """The users of all regions but of those that have been silent for too long."""
        return by_user(
            member
            for answered_at, members in self._regions.values()
            if at - answered_at <= SILENT_SECONDS
            for member in members
        )
