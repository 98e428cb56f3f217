"""Runs a scenario with the core in virtual time: no socket, no waiting."""

import heapq
import json
from collections.abc import Callable, Sequence
from typing import Any

from globalws_client import signals
from globalws_client.core import Core
from globalws_client.delivery_buffer import DeliveryBuffer
from globalws_client.options import Beginning
from globalws_client.protocol import Frame, decode
from globalws_client.types import Checkpoint, Message

from tests.unit.sdk.subscriber_scenarios import (
    REGIONS,
    Json,
    Log,
    beginning_of,
    channels_of,
    label,
    options_of,
)
from tests.unit.sdk.subscriber_world import World

EPOCH_MS = 1_795_000_000_000
KEEP_ALIVE_MS = 300
PATIENCE_MS = 120_000
LATENCY_MS = 1


class VirtualConnection:
    """A connection between the world and the core."""

    def __init__(self, runner: "VirtualRunner", id: int, region: str) -> None:
        self._runner = runner
        self.id = id
        self.region = region

    def send(self, frame: Json) -> None:
        """From the world to the core."""
        decoded = decode(json.dumps(frame))
        self._runner.later(LATENCY_MS, lambda: self._runner.received(self.id, decoded))

    def close(self, reason: str = "connection lost") -> None:
        """By the world."""
        closed = signals.Closed(self.id, reason)
        self._runner.later(LATENCY_MS, lambda: self._runner.feed(closed))


class Consumer:
    """Reads one channel, unless it is paused."""

    def __init__(self) -> None:
        self.unread: DeliveryBuffer | None = None
        self.end = ""  # `end` or `overflow`, once nothing more comes
        self.paused = False
        self.log = Log()


class VirtualRunner:
    """One run of one scenario."""

    def __init__(self, scenario: Json, random: Callable[[], float] = lambda: 0.5) -> None:
        self._scenario = scenario
        self._random = random
        self._now = 0.0
        self._order = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._timers: dict[str, int] = {}
        self._connections: dict[int, VirtualConnection] = {}
        self.channels = channels_of(scenario)
        self.consumers = [Consumer() for _ in self.channels]
        self.world = World(REGIONS, self._wall_ms, self.channels[0])
        self._core: Core | None = None
        self._token: int | None = None
        self.tokens_asked = 0
        self._tick()

    @property
    def log(self) -> Log:
        """What the first channel's consumer saw."""
        return self.consumers[0].log

    def _wall_ms(self) -> int:
        return EPOCH_MS + int(self._now)

    def later(self, ms: float, action: Callable[[], None]) -> None:
        """Do something in virtual time."""
        self._order += 1
        heapq.heappush(self._queue, (self._now + ms, self._order, action))

    def _tick(self) -> None:
        self.world.keep_alive()
        self.later(KEEP_ALIVE_MS, self._tick)

    # The core

    def feed(self, input: signals.Input) -> None:
        """Give the core an input and do what it wants."""
        assert self._core is not None
        self._do_all(self._core.handle(input, self._now))

    def received(self, connection: int, frame: Frame) -> None:
        """Give the core a frame."""
        assert self._core is not None
        self._do_all(self._core.received(connection, frame, self._now))

    def _do_all(self, commands: Sequence[signals.Command]) -> None:
        for command in commands:
            self._do(command)
        for number in range(len(self.consumers)):
            self._consume(number)

    def _do(self, command: signals.Command) -> None:
        match command:
            case signals.Open(id, region):
                connection = VirtualConnection(self, id, REGIONS[region])
                self._connections[id] = connection
                self._connect(connection)
            case signals.Start(id, feed, name):
                self._start(self._connections[id], str(feed), name)
            case signals.StopFeed(id, feed):
                connection = self._connections[id]
                self.world.stop(connection.region, connection, str(feed))
            case signals.Drop(id):
                connection = self._connections.pop(id)
                self.world.gone(connection.region, connection)
            case signals.RenewToken():
                self._token = None
            case signals.Fetch():
                self._fetch(command)
            case signals.SetTimer(name, ms):
                self._set_timer(name, ms)
            case signals.CancelTimer(name):
                self._timers.pop(name, None)
            case signals.Finish(channel, error):
                self.consumers[channel].end = "overflow" if error else "end"

    def _authorized(self) -> int | None:
        """The token to use; None if the source fails. Without tokens: any."""
        if self._scenario.get("auth") != "token":
            return self.world.oldest_token
        if self._token is None:
            self.tokens_asked += 1
            if self.world.tokens_fail:
                return None
            self._token = self.world.oldest_token % 1_000_000
        return self._token

    def _connect(self, connection: VirtualConnection) -> None:
        token = self._authorized()
        if token is None:
            connection.close("the token source failed")
        elif not self.world.connect(connection.region, connection, token):
            connection.close()

    def _start(self, connection: VirtualConnection, id: str, name: str) -> None:
        token = self._authorized()
        if token is None:
            connection.close("the token source failed")
            return
        self.later(
            LATENCY_MS, lambda: self.world.start(connection.region, connection, id, name, token)
        )

    def _fetch(self, fetch: signals.Fetch) -> None:
        query = {
            "name": fetch.name,
            "after": fetch.after,
            "last": fetch.last,
            "limit": fetch.limit,
            "nextToken": fetch.next_token,
        }

        def answer(document: Json) -> None:
            result: signals.Input
            if "items" in document:
                items = tuple(Message.parse(item) for item in document["items"])
                result = signals.HistoryPage(fetch.request, items, document["nextToken"])
            else:
                error_type, text = document["errorType"], document["message"]
                result = signals.HistoryFailed(fetch.request, error_type, text)
            self.later(LATENCY_MS, lambda: self.feed(result))

        self.world.ask_history(REGIONS[fetch.region], query, answer)

    def _set_timer(self, name: str, ms: float) -> None:
        self._order += 1
        mark = self._timers[name] = self._order

        def fire() -> None:
            if self._timers.get(name) == mark:
                del self._timers[name]
                self.feed(signals.TimerFired(name))

        self.later(ms, fire)

    def _consume(self, number: int) -> None:
        consumer = self.consumers[number]
        unread = consumer.unread
        if unread is None or consumer.paused:
            return
        while event := unread.take():
            consumer.log.add(label(event))
            if unread.waits:
                self.feed(signals.RoomMade(number))
        if consumer.end:
            consumer.log.add(consumer.end)
            consumer.unread = None

    # The scenario

    def run(self) -> None:
        """All steps; raises AssertionError where the outcome is another."""
        for step in self._scenario["steps"]:
            if self.world.handles(step):
                self.world.apply(step)
            else:
                key, value = next(iter(step.items()))
                self._step(key, value, self._number(step))

    def _number(self, step: Json) -> int:
        return self.channels.index(step.get("channel", self.channels[0]))

    def _step(self, key: str, value: Any, number: int) -> None:
        consumer = self.consumers[number]
        match key:
            case "start":
                self.start()
            case "restart":
                self.restart()
            case "until":
                self._advance(lambda: consumer.log.reached(value), value)
            case "untilAll":
                for each in self.consumers:
                    self._advance(lambda log=each.log: log.reached(value), value)
            case "untilSubscribed":
                self._advance(lambda: value in self.world.connected(), f"at {value}")
                self.wait(LATENCY_MS)
            case "untilConnections":
                self._advance(lambda: self.world.connected() == value, str(value))
            case "untilHistoryCalls":
                self._advance(lambda: self.world.history_calls >= value, f"{value} calls")
            case "untilTokens":
                self._advance(lambda: self.tokens_asked >= value, f"{value} tokens")
            case "wait":
                self.wait(value)
            case "pause":
                consumer.paused = value
                self._consume(number)
            case "token":
                self.world.token(value)
            case "expect":
                self.wait(2 * LATENCY_MS)
                assert consumer.log.since_expected() == value
            case "expectLast":
                assert consumer.log.since_expected()[-len(value) :] == value
            case "expectHistoryCalls":
                assert self.world.history_calls == value
            case "expectConnections":
                assert self.world.connected() == value
            case "expectSockets":
                assert self.world.sockets() == value
            case _:
                raise ValueError(key)

    def _advance(self, done: Callable[[], bool], what: str) -> None:
        end = self._now + PATIENCE_MS
        while not done():
            assert self._queue[0][0] <= end, f"never came: {what}; {self.log}"
            self._now, _, action = heapq.heappop(self._queue)
            action()

    def start(self, checkpoint: Checkpoint | None = None) -> None:
        """Begin to subscribe."""
        renewable = self._scenario.get("auth") == "token"
        options = options_of(self._scenario)
        self._core = Core(REGIONS, options, self._random, self._wall_ms, renewable=renewable)
        beginning = beginning_of(self._scenario, self.world.message_id)
        if checkpoint is not None:
            beginning = Beginning(checkpoint=checkpoint)
        for number, name in enumerate(self.channels):
            commands = self._core.handle(signals.AddChannel(number, name, beginning), self._now)
            self.consumers[number].unread = self._core.unread(number)
            self._do_all(commands)

    def restart(self) -> None:
        """Another client continues from a checkpoint of this one."""
        assert self._core is not None
        checkpoint = self._core.checkpoint(0)
        assert checkpoint is not None
        for command in self._core.handle(signals.Stop(), self._now):
            if not isinstance(command, signals.Finish):
                self._do(command)
        self._timers.clear()
        self.start(Checkpoint.from_json(checkpoint.to_json()))

    def until(self, text: str) -> None:
        """Let time pass until the first channel's consumer sees this."""
        self._advance(lambda: self.log.reached(text), text)

    def wait(self, ms: float) -> None:
        """Let time pass."""
        end = self._now + ms
        while self._queue[0][0] <= end:
            self._now, _, action = heapq.heappop(self._queue)
            action()
        self._now = end

    def pause(self, paused: bool) -> None:
        """The first channel's consumer stops reading, or goes on."""
        self._step("pause", paused, 0)
