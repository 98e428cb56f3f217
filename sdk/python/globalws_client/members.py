"""Who is in a channel: what all regions said, merged. No I/O; times are monotonic milliseconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from .presence_types import Change, Member, MemberConnection, PresenceChange

SILENT_MS = 90_000
"""A region that said nothing for so long has no members: that is longer than a lease."""
_REMEMBER_MS = 300_000  # who left: much longer than a change may be on its way


@dataclass
class _Entry:
    member: MemberConnection
    left_at: float | None = None  # when it was noticed that it has left


class Members:
    """One channel's members. Each change returns what it means for users."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], _Entry] = {}  # by region and connection
        self._heard: dict[str, float] = {}  # when each region said something last
        self._told: dict[str, set[str]] = {}  # connections told of since a reading began

    def users(self) -> dict[str, Member]:
        """The users who are there, by their ids."""
        found: dict[str, list[MemberConnection]] = {}
        for entry in self._entries.values():
            if entry.left_at is None:
                found.setdefault(entry.member.user, []).append(entry.member)
        return {
            user: Member(user, tuple(sorted(all, key=lambda m: (m.entered_at, m.connection))))
            for user, all in sorted(found.items())
        }

    def changed(self, change: Change, now: float) -> list[PresenceChange]:
        """A change was told; one with a lower `seq` than is known is dropped."""
        self._heard[change.region] = now
        if change.action == "COUNT":
            return []
        key = (change.region, change.connection)
        known = self._entries.get(key)
        if known is not None and change.seq <= known.member.seq:
            return []
        before = self.users()
        came = known.member.entered_at if known and known.left_at is None else change.at
        member = MemberConnection(
            change.user, change.connection, change.region, change.seq, change.data, came
        )
        self._entries[key] = _Entry(member, now if change.action == "LEAVE" else None)
        self._told.get(change.region, set()).add(change.connection)
        return self._since(before)

    def reading(self, region: str) -> None:
        """A reading of the region begins. What is told from now on may be newer than its answer."""
        self._told[region] = set()

    def read(
        self, region: str, members: Iterable[MemberConnection], now: float
    ) -> list[PresenceChange]:
        """The whole answer: who is not in it, and was not told of meanwhile, has left."""
        self._heard[region] = now
        before, told = self.users(), self._told.pop(region, set())
        here = {member.connection: member for member in members}
        for connection, member in here.items():
            known = self._entries.get((region, connection))
            if known is None or member.seq >= known.member.seq:
                self._entries[region, connection] = _Entry(member)
        for (place, connection), entry in list(self._entries.items()):
            if entry.left_at is not None:
                if now - entry.left_at > _REMEMBER_MS:
                    del self._entries[place, connection]
            elif place == region and connection not in here and connection not in told:
                entry.left_at = now
        return self._since(before)

    def next_silence(self) -> float | None:
        """When the first region will have been silent for too long; None: none has spoken."""
        return min(self._heard.values()) + SILENT_MS if self._heard else None

    def drop_silent(self, now: float) -> list[PresenceChange]:
        """Forget the members of regions that were silent for too long, until they are read."""
        silent = {region for region, at in self._heard.items() if now - at >= SILENT_MS}
        before = self.users()
        for region in silent:
            del self._heard[region]
        for key in [key for key in self._entries if key[0] in silent]:
            del self._entries[key]
        return self._since(before)

    def _since(self, before: dict[str, Member]) -> list[PresenceChange]:
        now = self.users()
        found: list[PresenceChange] = []
        for user in sorted({*before, *now}):
            if user not in now:
                found.append(PresenceChange("LEAVE", user))
            elif user not in before:
                found.append(PresenceChange("ENTER", user, now[user].data))
            elif before[user].data != now[user].data:
                found.append(PresenceChange("UPDATE", user, now[user].data))
        return found
