"""A scripted AppSync for scenarios: regions with stores, subscribers and faults. No I/O.

Connections are objects with `send(frame)` and `close()`; the virtual runner puts the core behind
them, the integration tests WebSockets. Steps are those of `sdk/scenarios/*.json`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from globalws_client.ulid import id_at

Json = dict[str, Any]
UNAUTHORIZED: Json = {
    "errors": [{"errorType": "UnauthorizedException", "message": "You are not authorized"}]
}
Answer = Callable[[Json], None]


class Connection(Protocol):
    """A client's connection, as the world sees it."""

    def send(self, frame: Json) -> None:
        """Give the client a frame."""

    def close(self) -> None:
        """End the connection."""


@dataclass(frozen=True)
class Subscribed:
    """One subscription; `begins_ms`: what is delivered before does not reach it."""

    channel: str
    begins_ms: int

    def covers(self, name: str) -> bool:
        """Whether it is to the channel, or to a pattern that covers it."""
        if self.channel.endswith(":*"):
            return name.startswith(self.channel[:-1])
        return name == self.channel


@dataclass
class Region:
    """One region's state."""

    stored: dict[str, Json] = field(default_factory=dict)
    connections: dict[Connection, dict[str, Subscribed]] = field(default_factory=dict)  # by id
    late_ms: int = 0  # how long after start_ack delivery begins
    down: bool = False
    silent: bool = False
    refusals: dict[str, Json] = field(default_factory=dict)  # by channel
    history: str = "ok"
    pages_left: int | None = None
    held: list[tuple[Json, Answer]] = field(default_factory=list)


class World:
    """All regions. `wall_ms` gives the time, milliseconds since 1970."""

    def __init__(self, names: list[str], wall_ms: Callable[[], int], channel: str = "tech") -> None:
        self.channel = channel  # which steps mean that name none
        self.oldest_token = 0  # tokens are numbers; older ones are refused
        self.tokens_fail = False
        self.regions = {name: Region() for name in names}
        self.history_calls = 0
        self._wall_ms = wall_ms
        self._messages: dict[str, Json] = {}
        self._steps: dict[str, Callable[[Json], None]] = {
            "publish": self._publish,
            "arrive": self._arrive,
            "deliver": self._deliver,
            "silentArrival": self._silent_arrival,
            "cut": lambda step: self._close_all(step["cut"]),
            "down": self._down,
            "up": lambda step: setattr(self.regions[step["up"]], "down", False),
            "silence": lambda step: setattr(self.regions[step["silence"]], "silent", True),
            "speak": lambda step: setattr(self.regions[step["speak"]], "silent", False),
            "kick": self._kick,
            "refuse": self._refuse,
            "allow": self._allow,
            "lateStart": lambda step: setattr(
                self.regions[step["region"]], "late_ms", step["lateStart"]
            ),
            "history": self._history_mode,
            "historyPagesThenHold": self._pages_then_hold,
        }

    # Clients

    def connect(self, name: str, connection: Connection, token: int = 0) -> bool:
        """Whether the region accepts the connection; it then acknowledges or refuses it."""
        region = self.regions[name]
        if region.down:
            return False
        if token < self.oldest_token:
            self._send(region, connection, {"type": "connection_error", "payload": UNAUTHORIZED})
            return True
        region.connections[connection] = {}
        payload = {"connectionTimeoutMs": 300_000}
        self._send(region, connection, {"type": "connection_ack", "payload": payload})
        return True

    def start(
        self, name: str, connection: Connection, id: str, channel: str, token: int = 0
    ) -> None:
        """The client subscribes."""
        region = self.regions[name]
        if connection not in region.connections:
            return
        refusal = region.refusals.get(channel)
        payload = UNAUTHORIZED if token < self.oldest_token else {"errors": [refusal]}
        if refusal is not None or token < self.oldest_token:
            self._send(region, connection, {"type": "error", "id": id, "payload": payload})
            return
        subscribed = Subscribed(channel, self._wall_ms() + region.late_ms)
        region.connections[connection][id] = subscribed
        self._send(region, connection, {"type": "start_ack", "id": id})

    def stop(self, name: str, connection: Connection, id: str) -> None:
        """The client unsubscribes."""
        region = self.regions[name]
        if region.connections.get(connection, {}).pop(id, None):
            self._send(region, connection, {"type": "complete", "id": id})

    def gone(self, name: str, connection: Connection) -> None:
        """The client closed."""
        self.regions[name].connections.pop(connection, None)

    def ask_history(self, name: str, query: Json, answer: Answer) -> None:
        """`query` is {name, after, limit or last, nextToken}; the answer a page, or an error."""
        region = self.regions[name]
        self.history_calls += 1
        if region.history == "hold":
            region.held.append((query, answer))
        elif region.history == "hold-answer":
            # The page is read now and travels slowly.
            page = self._history(region, query)
            region.held.append((query, lambda _: answer(page)))
        else:
            answer(self._history(region, query))

    def keep_alive(self) -> None:
        """Every connection gets its `ka`."""
        for region in self.regions.values():
            for connection in list(region.connections):
                self._send(region, connection, {"type": "ka"})

    def connected(self) -> list[str]:
        """The regions with a subscribed connection, by name."""
        return sorted(name for name, r in self.regions.items() if any(r.connections.values()))

    def sockets(self) -> dict[str, int]:
        """How many subscribed connections each region has."""
        return {
            name: count
            for name, region in self.regions.items()
            if (count := sum(bool(each) for each in region.connections.values()))
        }

    def token(self, what: str) -> None:
        """`expire`, `worthless`: older ones or all are refused; `fail`, `ok`: the token source."""
        if what == "expire":
            self.oldest_token += 1
        elif what == "worthless":
            self.oldest_token = 1_000_000
        else:
            self.tokens_fail = what == "fail"

    # Steps

    def handles(self, step: Json) -> bool:
        """Whether the step is one of the world's."""
        return any(key in self._steps for key in step)

    def apply(self, step: Json) -> None:
        """Do a step."""
        next(do for key, do in self._steps.items() if key in step)(step)

    def message_id(self, alias: str) -> str:
        """The id of a published message."""
        return str(self._messages[alias]["id"])

    def names(self) -> list[str]:
        """The published messages' names."""
        return list(self._messages)

    def _publish(self, step: Json) -> None:
        now = self._wall_ms() - step.get("agoMs", 0)
        number = len(self._messages)
        published = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds")
        self._messages[step["publish"]] = {
            "id": id_at(now + step.get("idAheadMs", 0))[:10] + f"{number:016d}",
            "name": step.get("channel", self.channel),
            "message": step["publish"],
            "publishedAt": published.replace("+00:00", "Z"),
            "region": step["regions"][0],
        }
        self._arrive({**step, "arrive": step["publish"]})

    def _arrive(self, step: Json) -> None:
        message = self._messages[step["arrive"]]
        for name in step["regions"]:
            region = self.regions[name]
            if message["id"] not in region.stored:
                region.stored[message["id"]] = message
                self._fan_out(region, message, whole=not step.get("incomplete"))

    def _silent_arrival(self, step: Json) -> None:
        message = self._messages[step["silentArrival"]]
        self.regions[step["region"]].stored[message["id"]] = message

    def _deliver(self, step: Json) -> None:
        self._fan_out(self.regions[step["region"]], self._messages[step["deliver"]])

    def fan_out(self, name: str, message: Json) -> None:
        """Deliver a message that a client published."""
        self._fan_out(self.regions[name], message)

    def _fan_out(self, region: Region, message: Json, *, whole: bool = True) -> None:
        payload: Json = {"data": {"subscribe": message}} if whole else {"data": None}
        now = self._wall_ms()
        for connection, subscriptions in list(region.connections.items()):
            for id, each in list(subscriptions.items()):
                if each.covers(message["name"]) and each.begins_ms <= now:
                    self._send(region, connection, {"type": "data", "id": id, "payload": payload})

    def _send(self, region: Region, connection: Connection, frame: Json) -> None:
        if not region.silent:
            connection.send(frame)

    def _close_all(self, name: str) -> None:
        connections, self.regions[name].connections = self.regions[name].connections, {}
        for connection in connections:
            connection.close()

    def _down(self, step: Json) -> None:
        self.regions[step["down"]].down = True
        self._close_all(step["down"])

    def _kick(self, step: Json) -> None:
        """`complete`, then the close of each socket that has such a subscription."""
        region, channel = self.regions[step["kick"]], step.get("channel", self.channel)
        for connection, subscriptions in list(region.connections.items()):
            ended = [id for id, each in subscriptions.items() if each.channel == channel]
            for id in ended:
                self._send(region, connection, {"type": "complete", "id": id})
            if ended:
                del region.connections[connection]
                connection.close()

    def _refuse(self, step: Json) -> None:
        error = {"errorType": step["errorType"], "message": step["message"]}
        self.regions[step["refuse"]].refusals[step.get("channel", self.channel)] = error

    def _allow(self, step: Json) -> None:
        self.regions[step["allow"]].refusals.pop(step.get("channel", self.channel), None)

    def _history_mode(self, step: Json) -> None:
        region = self.regions[step["region"]]
        region.history = step["history"]
        if not region.history.startswith("hold"):
            held, region.held = region.held, []
            for query, answer in held:
                answer(self._history(region, query))

    def _pages_then_hold(self, step: Json) -> None:
        self.regions[step["region"]].pages_left = step["historyPagesThenHold"]

    def _history(self, region: Region, query: Json) -> Json:
        if region.down:
            return {"errorType": None, "message": "connection refused"}
        if region.history == "disabled":
            return {"errorType": "HistoryDisabled", "message": "nothing is stored here"}
        if region.history == "refused":
            return {"errorType": "ChannelNotAllowed", "message": "channel is not allowed"}
        if query["name"].endswith("*"):
            return {"errorType": "InvalidChannelName", "message": "not a channel name"}
        if region.history == "error":
            return {"errorType": None, "message": "HTTP 500"}
        if region.pages_left is not None:
            region.pages_left -= 1
            if region.pages_left == 0:
                region.history, region.pages_left = "hold", None
        # The token is the last id of the page before.
        ids = sorted(id for id, m in region.stored.items() if m["name"] == query["name"])
        if query.get("last") is not None:
            token, size = query["nextToken"] or "~", query["last"]
            ids = [id for id in reversed(ids) if id < token]
        else:
            after, size = query["nextToken"] or query["after"] or "", query["limit"]
            ids = [id for id in ids if id > after]
        page, more = ids[:size], len(ids) > size
        items = [region.stored[id] for id in page]
        return {"items": items, "nextToken": page[-1] if more else None}
