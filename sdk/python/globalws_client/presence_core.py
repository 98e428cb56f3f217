"""Presence as a state machine, without I/O: who is in each channel, and this client's own lease.

All channels of a client are entered by one connection, in the region in use, and renewed by one
heartbeat. Each method is an input; `take` gives what is to be done, in order. Set `now` (monotonic
milliseconds) before each input. A region is an index, as in the core of subscriptions.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .errors import RefusedError, is_final
from .presence_lease import MOST_CHANNELS, LeaseKeeper
from .presence_room import Call, Command, Reading, Ready, Refused, Room, Tell
from .presence_types import Change, CountChange, MemberConnection, PresenceEvent
from .signals import CancelTimer, SetTimer

REREAD_MS = 45_000
SETTLE_MS = 8_000  # AppSync acknowledges a subscription before it delivers to it
COUNT_MS = 10_000
_RETRY_MS = 10_000
_TIMERS = ("enter", "read", "settle", "count", "silence")


class PresenceCore:
    """One client's presence.

    Args:
        regions: names, in order of preference.
        random: numbers from 0 up to, not including, 1.
        new_connection: makes a connection (a ULID) and its secret.
    """

    def __init__(
        self,
        regions: Sequence[str],
        random: Callable[[], float],
        new_connection: Callable[[], tuple[str, str]],
    ) -> None:
        self.now = 0.0
        self.rooms: dict[int, Room] = {}
        self._names = tuple(regions)
        self._regions = range(len(regions))
        self._random = random
        self._commands: list[Command] = []
        self._calls: dict[int, Call] = {}
        self._numbers = 0
        self._keeper = LeaseKeeper(self, random, new_connection)

    def take(self) -> list[Command]:
        """What is to be done since the last call."""
        commands, self._commands = self._commands, []
        return commands

    # Inputs

    def add(self, id: int, name: str, data: str | None, *, enters: bool, region: int) -> None:
        """Watch a channel; `region` is the one in use. Raises ValueError beyond 100 to enter."""
        entered = {room.name for room in self.rooms.values() if room.enters}
        if enters and len(entered | {name}) > MOST_CHANNELS:
            raise ValueError(f"a client is in at most {MOST_CHANNELS} channels")
        room = self.rooms[id] = Room(id, name, data, enters)
        if len(self.rooms) == 1:
            self._keeper.use(region)
        self.do(SetTimer(f"read:{id}", self._reread_ms()))
        if enters:
            self._keeper.enter(room)

    def update(self, id: int, data: str | None) -> None:
        """Say something else in the channel."""
        room = self.rooms[id]
        room.data = data
        if room.enters and room.entering is None:
            self._keeper.enter(room)

    def remove(self, id: int) -> None:
        """Leave the channel, and watch it no more."""
        room = self.rooms.pop(id, None)
        if room is None:
            return
        for region in self._regions:
            self.do(CancelTimer(f"again:{id}:{region}"))
        for kind in _TIMERS:
            self.do(CancelTimer(f"{kind}:{id}"))
        if room.enters:
            self._keeper.leave(room)

    def live(self, id: int, region: int) -> None:
        """The channel's subscription is live, in this region: what came before may be missed."""
        room = self.rooms.get(id)
        if room is None:
            return
        self._keeper.use(region)
        self._keeper.check_soon(room)
        self._read_all(room)
        self._tell_ready(room)
        self.do(SetTimer(f"settle:{id}", SETTLE_MS))

    def changed(self, id: int, change: Change) -> None:
        """A change was told."""
        room = self.rooms.get(id)
        if room is None:
            return
        self._tell(room, room.members.changed(change, self.now))
        if change.action == "COUNT":
            self._count(room)

    def fired(self, timer: str) -> None:
        """The time of a SetTimer came."""
        kind, *numbers = timer.split(":")
        if kind == "heartbeat":
            self._keeper.beat()
            return
        room = self.rooms.get(int(numbers[0]))
        if room is None:
            return
        match kind:
            case "enter":
                self._keeper.enter(room)
            case "read":
                self.do(SetTimer(timer, self._reread_ms()))
                self._read_all(room)
            case "settle":
                self._read_all(room)
            case "again":
                self._read(room, int(numbers[1]))
            case "count":
                room.count_due = False
                self._count(room)
            case "silence":
                room.silence_due = False
                self._tell(room, room.members.drop_silent(self.now))

    def answered(self, request: int, value: Any) -> None:
        """A call's answer: the field's value."""
        call = self._calls[request]
        room = self.rooms.get(call.room) if call.room is not None else None
        try:
            self._answered(call, room, value)
        except (KeyError, TypeError, ValueError) as error:
            self.failed(request, None, f"{call.operation}: no answer: {error!r}")
            return
        del self._calls[request]
        if room is not None:
            self._tell_ready(room)

    def _answered(self, call: Call, room: Room | None, value: Any) -> None:
        match call.operation:
            case "enter":
                self._keeper.entered(call, room)
            case "heartbeat":
                self._keeper.renewed(call, value)
            case "presence" if room is not None:
                self._page(room, call, value)
            case "occupancy" if room is not None:
                room.counts[call.region] = (int(value["connections"]), bool(value["more"]))
                self._counted(room)

    def failed(self, request: int, error_type: str | None, message: str) -> None:
        """A call failed; `error_type` is None if there was no answer."""
        call = self._calls.pop(request)
        room = self.rooms.get(call.room) if call.room is not None else None
        match call.operation:
            case "enter":
                self._keeper.not_entered(call, room, error_type, message)
            case "heartbeat":
                self._keeper.not_renewed(call, error_type, message)
            case "presence" if room is not None:
                room.readings.pop(call.region, None)
                # Regions may disagree for a moment about a rule: only the one in use decides.
                if self._ends(error_type) and call.region == self._keeper.region:
                    self.refuse(room, str(error_type), message)
                elif call.region not in room.retried:
                    # Once more soon, then with the periodic ones: a dead region is not stormed.
                    room.retried.add(call.region)
                    delay = _RETRY_MS * (0.5 + self._random() / 2)
                    self.do(SetTimer(f"again:{room.id}:{call.region}", delay))
            case "occupancy" if room is not None:
                self._counted(room)

    # For the lease's keeper

    def do(self, command: Command) -> None:
        """To be done."""
        self._commands.append(command)

    def call(self, operation: str, region: int, variables: dict[str, Any], **of: Any) -> int:
        """Call a region; `of` are fields of Call. Returns the call's number."""
        self._numbers += 1
        call = self._calls[self._numbers] = Call(self._numbers, operation, region, variables, **of)
        self.do(call)
        return call.request

    def refuse(self, room: Room, error_type: str, message: str) -> None:
        """The channel is over."""
        self.remove(room.id)
        self.do(Refused(room.id, RefusedError(error_type, message)))

    # Reading

    def _reread_ms(self) -> float:
        return REREAD_MS * (0.75 + self._random() / 2)

    def _read_all(self, room: Room) -> None:
        for region in self._regions:
            self._read(room, region)

    def _read(self, room: Room, region: int) -> None:
        if reading := room.readings.get(region):
            reading.again = True
            return
        room.readings[region] = Reading()
        room.members.reading(self._names[region])
        self._ask_page(room, region, None)

    def _ask_page(self, room: Room, region: int, token: str | None) -> None:
        variables = {"name": room.name, "nextToken": token}
        self.call("presence", region, variables, room=room.id)

    def _page(self, room: Room, call: Call, page: Any) -> None:
        region, reading = call.region, room.readings[call.region]
        reading.members += [MemberConnection.parse(item) for item in page["items"]]
        if page["nextToken"]:
            self._ask_page(room, region, page["nextToken"])
            return
        del room.readings[region]
        room.has_read.add(region)
        room.retried.discard(region)
        self._tell(room, room.members.read(self._names[region], reading.members, self.now))
        if reading.again:
            self._read(room, region)

    def _ends(self, error_type: str | None) -> bool:
        return is_final(error_type) and error_type != "InvalidNextToken"

    # Telling

    def _tell(self, room: Room, events: Sequence[PresenceEvent]) -> None:
        if events:
            self.do(Tell(room.id, events))
        silence = room.members.next_silence()
        if silence is not None and not room.silence_due:
            room.silence_due = True
            self.do(SetTimer(f"silence:{room.id}", silence - self.now))

    def _tell_ready(self, room: Room) -> None:
        entered = room.lease is not None or not room.enters
        if entered and not room.is_ready and self._keeper.region in room.has_read:
            room.is_ready = True
            self.do(Ready(room.id))

    def _count(self, room: Room) -> None:
        if room.count_due:
            return
        if room.counted_at is not None and self.now - room.counted_at < COUNT_MS:
            room.count_due = True
            delay = room.counted_at + COUNT_MS - self.now
            self.do(SetTimer(f"count:{room.id}", delay))
            return
        room.counted_at = self.now
        room.counting = len(self._regions)
        for region in self._regions:
            self.call("occupancy", region, {"name": room.name}, room=room.id)

    def _counted(self, room: Room) -> None:
        room.counting -= 1
        if room.counting == 0 and room.counts:
            counts = room.counts.values()
            total = CountChange(sum(n for n, _ in counts), any(more for _, more in counts))
            self.do(Tell(room.id, [total]))
