"""Who is on a channel: the members of several regions as one list of users. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


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


def by_user(members: Iterable[Member]) -> dict[str, list[Member]]:
    """The users by their ids; a user of several connections is there once."""
    users: dict[str, list[Member]] = {}
    for member in sorted(members, key=lambda each: (each.user, each.entered_at, each.connection)):
        users.setdefault(member.user, []).append(member)
    return users
