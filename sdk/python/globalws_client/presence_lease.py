"""This client's own lease: enters channels, renews all with one heartbeat, and enters again."""

from collections.abc import Callable
from typing import Any, Protocol

from .errors import is_final
from .presence_room import Call, Command, Lease, Room
from .signals import CancelTimer, SetTimer

HEARTBEAT_MS = 30_000
MOST_CHANNELS = 100  # of a lease
EXPIRED = "LeaseExpired"
_SOON_MS = 2_000
_BASE_MS = 500
_CAP_MS = 10_000  # a lease lives for 75 seconds: several attempts fit in
_BEAT = "heartbeat"


class Core(Protocol):
    """What the keeper asks of the presence core."""

    rooms: dict[int, Room]

    def do(self, command: Command) -> None:
        """To be done."""

    def call(self, operation: str, region: int, variables: dict[str, Any], **of: Any) -> int:
        """Call a region; returns the call's number."""

    def refuse(self, room: Room, error_type: str, message: str) -> None:
        """The channel is over."""


class LeaseKeeper:
    """Keeps one lease, in the region in use. `region` is an index."""

    def __init__(
        self,
        core: Core,
        random: Callable[[], float],
        new_connection: Callable[[], tuple[str, str]],
    ) -> None:
        self.region = 0
        self._core = core
        self._random = random
        self._new_connection = new_connection
        self._lease: Lease | None = None
        self._beating: int | None = None  # the heartbeat on its way
        self._is_set = False  # the heartbeat's timer
        self._failures = 0  # of the heartbeat
        self._expiries = 0  # leases in a row that had ended before anything was entered

    def use(self, region: int) -> None:
        """The region in use; another one than before: everything is entered there."""
        if region == self.region:
            return
        self.region, self._lease = region, None
        for room in self._entering_rooms():
            if room.lease is not None:
                # It leaves the old region once it is in the new one: nobody sees it go.
                room.earlier.append(room.lease)
            room.lease = room.entering = None
            self.enter(room)

    def enter(self, room: Room) -> None:
        """Enter the channel, or say its new data."""
        if self._lease is None:
            self._lease = Lease(*self._new_connection(), self.region)
        variables = {**self._of(self._lease, room.name), "data": room.data}
        self._core.do(CancelTimer(f"enter:{room.id}"))
        room.entering = self._core.call(
            "enter", self.region, variables, room=room.id, lease=self._lease
        )

    def entered(self, call: Call, room: Room | None) -> None:
        """The channel is entered."""
        lease = call.lease
        if room is None:
            self._leave_unless_wanted(call)
            return
        if lease is not None and call.request != room.entering:
            room.earlier.append(lease)  # of a region that is not in use any more
        else:
            room.entering, room.lease, room.failures, self._expiries = None, lease, 0, 0
            if not self._is_set and self._beating is None:
                self._beat_in(HEARTBEAT_MS)
            if call.variables["data"] != room.data:
                self.enter(room)
        if room.lease is not None:
            self._leave_earlier(room)

    def not_entered(
        self, call: Call, room: Room | None, error_type: str | None, message: str
    ) -> None:
        """It failed; without an answer the channel may be entered all the same."""
        if room is None:
            self._leave_unless_wanted(call)
        elif call.request != room.entering:
            return
        elif error_type == EXPIRED:
            self._renew(call.lease)
        elif is_final(error_type):
            self._core.refuse(room, str(error_type), message)
        else:
            room.entering = None
            self._core.do(SetTimer(f"enter:{room.id}", self._jitter(room.failures)))
            room.failures += 1

    def leave(self, room: Room) -> None:
        """The channel was removed: leave it, unless another room of the client is in it."""
        if room.lease is not None:
            room.earlier.append(room.lease)
        if not self._is_wanted(room.name):
            self._leave_earlier(room)
        if not self._entering_rooms():
            self._lease = None
            self._is_set = False
            self._core.do(CancelTimer(_BEAT))

    # Heartbeats

    def check_soon(self, room: Room) -> None:
        """The channel's subscription was lost: maybe the membership was ended, too."""
        if room.lease is not None and room.is_ready:
            self._beat_in(_SOON_MS * self._random())

    def beat(self) -> None:
        """The heartbeat is due."""
        self._is_set = False
        names = frozenset(room.name for room in self._entering_rooms() if room.lease is not None)
        if self._lease is None or self._beating is not None:
            return
        variables = {"connection": self._lease.connection, "secret": self._lease.secret}
        self._beating = self._core.call(
            "heartbeat", self._lease.region, variables, lease=self._lease, entered=names
        )

    def renewed(self, call: Call, value: Any) -> None:
        """The lease is renewed, for the channels in the answer."""
        channels = frozenset(map(str, value["channels"]))
        self._beating, self._failures = None, 0
        if call.lease is not self._lease:
            self._beat_again()
            return
        self._beat_in(HEARTBEAT_MS)
        for room in self._entering_rooms():
            # An operator ended it: if the rules allow it, it can be entered again.
            if room.name in call.entered - channels and room.entering is None:
                room.lease = None
                self.enter(room)
        for name in sorted(channels):
            if not self._is_wanted(name) and call.lease is not None:
                self._core.call("leave", call.region, self._of(call.lease, name))

    def not_renewed(self, call: Call, error_type: str | None, message: str) -> None:
        """The heartbeat failed."""
        self._beating = None
        if call.lease is not self._lease:
            self._beat_again()
        elif error_type == EXPIRED:
            self._renew(call.lease)
        elif is_final(error_type):
            for room in self._entering_rooms():
                self._core.refuse(room, str(error_type), message)
        else:
            self._beat_in(self._jitter(self._failures))
            self._failures += 1

    def _beat_again(self) -> None:
        if self._lease is not None and not self._is_set:
            self._beat_in(HEARTBEAT_MS)

    def _beat_in(self, ms: float) -> None:
        self._is_set = True
        self._core.do(SetTimer(_BEAT, ms))

    # Leases

    def _renew(self, lease: Lease | None) -> None:
        """A lease has ended: enter everything with a new one."""
        if lease is not self._lease:
            return
        self._lease = None
        delay = self._jitter(self._expiries - 1) if self._expiries else 0.0
        self._expiries += 1
        for room in self._entering_rooms():
            room.lease = room.entering = None
            if delay:
                self._core.do(SetTimer(f"enter:{room.id}", delay))
            else:
                self.enter(room)

    def _leave_unless_wanted(self, call: Call) -> None:
        name = str(call.variables["name"])
        if call.lease is not None and not self._is_wanted(name):
            self._core.call("leave", call.region, self._of(call.lease, name))

    def _leave_earlier(self, room: Room) -> None:
        for lease in room.earlier:
            self._core.call("leave", lease.region, self._of(lease, room.name))
        room.earlier.clear()

    def _is_wanted(self, name: str) -> bool:
        return any(room.name == name for room in self._entering_rooms())

    def _entering_rooms(self) -> list[Room]:
        return [room for room in self._core.rooms.values() if room.enters]

    @staticmethod
    def _of(lease: Lease, name: str) -> dict[str, Any]:
        return {"name": name, "connection": lease.connection, "secret": lease.secret}

    def _jitter(self, failures: int) -> float:
        longest = min(_CAP_MS, _BASE_MS * float(1 << min(max(failures, 0), 30)))
        return longest * (0.5 + self._random() / 2)
