"""Two regions with presence, and the presence core, in virtual time."""

import heapq
from collections.abc import Callable
from functools import partial
from typing import Any

from globalws_client.presence_core import PresenceCore
from globalws_client.presence_room import Call, Ready, Refused, Tell
from globalws_client.presence_types import Change, PresenceChange, PresenceEvent
from globalws_client.signals import CancelTimer, SetTimer

REGIONS = ("us", "au")
AT = "2026-11-28T12:00:00.000Z"
LATENCY_MS = 10


class Api:
    """One region: its leases, its members, and what it was asked."""

    def __init__(self, region: str) -> None:
        self.region = region
        self.error: tuple[str | None, str] | None = None  # what every call fails with
        self.errors: dict[str, tuple[str | None, str]] = {}  # or calls of one operation
        self.leases: dict[str, dict[str, Any]] = {}  # by connection: channels, seq
        self.others: list[dict[str, Any]] = []  # members that are not this client
        self.asked: list[tuple[float, str, dict[str, Any]]] = []

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [variables for _, asked, variables in self.asked if asked == operation]

    def channels(self) -> list[str]:
        """Those that the client is in, by any of its connections."""
        return sorted(name for lease in self.leases.values() for name in lease["channels"])

    def answer(self, call: Call) -> Any:
        """The value; a tuple is an error."""
        failure = self.error or self.errors.get(call.operation)
        if failure:
            return failure
        given = call.variables
        lease = self.leases.get(given.get("connection", ""))
        match call.operation:
            case "enter":
                lease = self.leases.setdefault(given["connection"], {"channels": {}, "seq": 0})
                lease["seq"] += 1
                lease["channels"][given["name"]] = given["data"]
                return {"seq": lease["seq"]}
            case "heartbeat" if lease is None:
                return ("LeaseExpired", "the lease has ended")
            case "heartbeat":
                return {"channels": list(lease["channels"])} if lease else None
            case "leave":
                if lease:
                    lease["channels"].pop(given["name"], None)
                return None
            case "occupancy":
                return {"connections": 300, "more": False}
        return {"items": self.others, "nextToken": None}

    def member(self, user: str, connection: str, seq: int = 1, data: str | None = None) -> None:
        """Somebody else is in every channel."""
        self.others.append(
            {"user": user, "connection": connection, "seq": seq, "data": data}
            | {"region": self.region, "enteredAt": AT}
        )


class World:
    """The core, its timers and the regions."""

    def __init__(self) -> None:
        self.now = 0.0
        self.apis = {region: Api(region) for region in REGIONS}
        self.told: dict[int, list[PresenceEvent]] = {}
        self.ready: set[int] = set()
        self.refused: dict[int, str] = {}
        self.held: list[Call] | None = None  # calls of `presence` that wait for `release`
        self._made = 0
        self.core = PresenceCore(REGIONS, lambda: 0.5, self._new_connection)
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._timers: dict[str, int] = {}

    def _new_connection(self) -> tuple[str, str]:
        self._made += 1
        return f"connection-{self._made}", f"secret-{self._made}"

    def add(
        self, id: int = 1, name: str = "chat", data: str | None = None, enters: bool = True
    ) -> None:
        self.give(lambda: self.core.add(id, name, data, enters=enters, region=0))
        self.give(lambda: self.core.live(id, 0))
        self.run(100)

    def change(self, action: Any, user: str, connection: str, seq: int, **more: Any) -> None:
        region, data = more.get("region", "us"), more.get("data")
        change = Change(action, region, AT, user, connection, seq, data)
        self.give(lambda: self.core.changed(1, change))

    def give(self, input: Callable[[], None]) -> None:
        self.core.now = self.now
        input()
        for command in self.core.take():
            match command:
                case Call():
                    api = self.apis[REGIONS[command.region]]
                    api.asked.append((self.now, command.operation, command.variables))
                    if self.held is not None and command.operation == "presence":
                        self.held.append(command)
                        continue
                    self._later(LATENCY_MS, partial(self.reply, command))
                case Tell(room, events):
                    self.told.setdefault(room, []).extend(events)
                case Ready(room):
                    self.ready.add(room)
                case Refused(room, error):
                    self.refused[room] = str(error)
                case SetTimer(name, ms):
                    self._timers[name] = self._order
                    self._later(ms, partial(self._fire, name, self._order))
                case CancelTimer(name):
                    self._timers.pop(name, None)

    def reply(self, call: Call, value: Any = ...) -> None:
        answer = self.apis[REGIONS[call.region]].answer(call) if value is ... else value
        if isinstance(answer, tuple):
            self.give(lambda: self.core.failed(call.request, *answer))
        else:
            self.give(lambda: self.core.answered(call.request, answer))

    def _fire(self, name: str, order: int) -> None:
        if self._timers.get(name) == order:
            del self._timers[name]
            self.give(lambda: self.core.fired(name))

    def _later(self, ms: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (self.now + ms, self._order, act))
        self._order += 1

    def run(self, ms: float) -> None:
        """So much time passes."""
        end = self.now + ms
        while self._queue and self._queue[0][0] <= end:
            self.now, _, act = heapq.heappop(self._queue)
            act()
        self.now = end

    def take(self, room: int = 1) -> list[str]:
        """What the room was told since the last call, as `ENTER ann data`."""
        events = self.told.pop(room, [])
        return [
            " ".join(filter(None, (e.action, e.user, e.data)))
            if isinstance(e, PresenceChange)
            else f"COUNT {e.connections}"
            for e in events
        ]

    def users(self, room: int = 1) -> list[str]:
        return list(self.core.rooms[room].members.users())
