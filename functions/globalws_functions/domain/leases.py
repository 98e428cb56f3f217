"""Ends leases: those that expired, and those of members who have lost access.

A lease is one connection of one member, for all channels that it entered; clients renew it. One
that is not renewed becomes one LEAVE in each of its channels. The order is always: mark, announce,
delete. A crash in between repeats the announcement, which does no harm, and never loses it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from globalws_functions.domain.errors import GlobalwsError, TransientError

HasTime = Callable[[], bool]
"""Whether there is time for one more member or lease."""


@dataclass(frozen=True)
class Lease:
    """A connection's lease; `expires_at` is by the API's clock."""

    connection: str
    user: str
    channels: tuple[str, ...]
    seq: int
    expires_at: datetime


@dataclass(frozen=True)
class Member:
    """A connection in one channel's list of members; `seq` is the number of its last change."""

    channel: str
    connection: str
    user: str
    seq: int


@dataclass(frozen=True)
class Target:
    """Whose memberships end: a user's, or those of the channels of a pattern."""

    id: str
    is_user: bool


class Leases(Protocol):
    """This region's leases. All raise TransientError."""

    def expired(self, now: datetime) -> Iterable[Lease]:
        """Those whose time is over, and those that were marked before but not deleted."""

    def of_user(self, user: str) -> Iterable[Lease]:
        """The user's."""

    def mark(self, lease: Lease, *, though_renewed: bool) -> bool:
        """Marks it as ended, so that nobody can renew it; False if it has changed meanwhile.

        Args:
            though_renewed: a heartbeat is no change; who lost access may send as many as they like.
        """

    def delete(self, lease: Lease) -> None:
        """Deletes it."""

    def leave(self, connection: str, channel: str) -> int:
        """Takes a channel off a lease; answers the number of this change, 0 without a lease."""


class Members(Protocol):
    """This region's lists of members. All raise TransientError."""

    def covered(self, pattern: str) -> Iterable[Member]:
        """The members of a channel, or of all channels that a pattern covers."""

    def delete(self, channel: str, connection: str, before: int) -> None:
        """Takes a member off a channel's list, unless this change or a later one put it there.

        A client that was shut out enters again at once, maybe before this.
        """


class Api(Protocol):
    """This region's API."""

    def announce_leave(self, channel: str, user: str, connection: str, seq: int) -> None:
        """Tells every region that a connection has left. Raises GlobalwsError if it could not."""

    def end_presence(self, id: str, is_user: bool) -> None:
        """Ends this region's subscriptions of presence: a user's, or those of a pattern.

        Raises GlobalwsError if it could not.
        """


@dataclass
class Sweep:
    """How many leases were ended, how many members left, and how many leases failed."""

    leases: int = 0
    members: int = 0
    failed: int = 0


@dataclass(frozen=True)
class LeaseKeeper:
    """What ends leases; `failure` is told of each connection's failure."""

    leases: Leases
    members: Members
    api: Api
    clock: Callable[[], datetime]
    failure: Callable[[str, GlobalwsError], None]

    def sweep(self, has_time: HasTime) -> Sweep:
        """Ends what has expired. What fails, or is left over, is found again by the next sweep."""
        return self._end(self.leases.expired(self.clock()), has_time, though_renewed=False)

    def shut_out(self, target: Target, has_time: HasTime) -> Sweep:
        """Ends subscriptions of presence, and memberships. Clients that have access come back.

        Raises:
            GlobalwsError: the subscriptions could not be ended, or time ran out, as `end` says.
        """
        self.api.end_presence(target.id, target.is_user)
        return self.end(target, has_time)

    def end(self, target: Target, has_time: HasTime) -> Sweep:
        """Ends all leases of a user, or the memberships of the channels that a pattern covers.

        Raises:
            TransientError: time ran out; what was done stays done, and another call goes on.
        """
        if not target.is_user:
            return self._end_channels(target.id, has_time)
        return self._end(self.leases.of_user(target.id), has_time, though_renewed=True)

    def _end_channels(self, pattern: str, has_time: HasTime) -> Sweep:
        done = Sweep()
        for member in self.members.covered(pattern):
            if not has_time():
                raise TransientError(f"time ran out after {done.members} members of {pattern}")
            try:
                seq = self.leases.leave(member.connection, member.channel)
                if seq:
                    self.api.announce_leave(member.channel, member.user, member.connection, seq)
                before = seq or member.seq + 1
                self.members.delete(member.channel, member.connection, before)
            except GlobalwsError as error:
                done.failed += 1
                self.failure(member.connection, error)
                continue
            done.members += 1
        return done

    def _end(self, leases: Iterable[Lease], has_time: HasTime, *, though_renewed: bool) -> Sweep:
        done = Sweep()
        for lease in leases:
            if not has_time():
                if though_renewed:
                    raise TransientError(f"time ran out after {done.leases} leases")
                break
            try:
                if not self.leases.mark(lease, though_renewed=though_renewed):
                    continue
                seq = lease.seq + 1
                for channel in lease.channels:
                    self.api.announce_leave(channel, lease.user, lease.connection, seq)
                for channel in lease.channels:
                    self.members.delete(channel, lease.connection, seq)
                self.leases.delete(lease)
            except GlobalwsError as error:
                done.failed += 1
                self.failure(lease.connection, error)
                continue
            done.leases += 1
            done.members += len(lease.channels)
        return done
