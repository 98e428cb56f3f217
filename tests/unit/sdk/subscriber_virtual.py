"""Runs a scenario with the pure machine in virtual time: no socket, no waiting."""

import heapq
import json
from collections import deque
from collections.abc import Callable
from typing import Any

from globalws_client import signals
from globalws_client.machine import Machine
from globalws_client.protocol import decode
from globalws_client.types import Checkpoint, Event, Message, MessageEvent

from tests.unit.sdk.subscriber_scenarios import REGIONS, Json, Log, label, options_of
from tests.unit.sdk.subscriber_world import World

EPOCH_MS = 1_795_000_000_000
KEEP_ALIVE_MS = 300
PATIENCE_MS = 120_000
LATENCY_MS = 1


class VirtualLink:
    """A connection between the world and one link of the machine."""

    def __init__(self, runner: "VirtualRunner", id: int, region: str) -> None:
        self._runner = runner
        self.id = id
        self.region = region

    def send(self, frame: Json) -> None:
        """From the world to the machine."""
        received = signals.Received(self.id, decode(json.dumps(frame)))
        self._runner.later(LATENCY_MS, lambda: self._runner.feed(received))

    def close(self) -> None:
        """By the world."""
        closed = signals.Closed(self.id, "connection lost")
        self._runner.later(LATENCY_MS, lambda: self._runner.feed(closed))


class VirtualRunner:
    """One run of one scenario."""

    def __init__(self, scenario: Json, random: Callable[[], float] = lambda: 0.5) -> None:
        self._scenario = scenario
        self._random = random
        self._now = 0.0
        self._order = 0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._timers: dict[str, int] = {}
        self._links: dict[int, VirtualLink] = {}
        self._outbox: deque[Event | str] = deque()
        self._paused = False
        self.log = Log()
        self.world = World(REGIONS, self._wall_ms)
        self._machine: Machine | None = None
        self._tick()

    def _wall_ms(self) -> int:
        return EPOCH_MS + int(self._now)

    def later(self, ms: float, action: Callable[[], None]) -> None:
        """Do something in virtual time."""
        self._order += 1
        heapq.heappush(self._queue, (self._now + ms, self._order, action))

    def _tick(self) -> None:
        self.world.keep_alive()
        self.later(KEEP_ALIVE_MS, self._tick)

    # The machine

    def feed(self, input: signals.Input) -> None:
        """Give the machine an input and do what it wants."""
        assert self._machine is not None
        for command in self._machine.handle(input, self._now):
            self._do(command)
        self._consume()

    def _do(self, command: signals.Command) -> None:
        match command:
            case signals.Open(id, region):
                link = self._links[id] = VirtualLink(self, id, REGIONS[region])
                if not self.world.connect(link.region, link):
                    link.close()
            case signals.Subscribe(id):
                link = self._links[id]
                self.later(LATENCY_MS, lambda: self.world.start(link.region, link, "1"))
            case signals.Drop(id):
                link = self._links.pop(id)
                self.world.gone(link.region, link)
            case signals.Fetch():
                self._fetch(command)
            case signals.SetTimer(name, ms):
                self._set_timer(name, ms)
            case signals.CancelTimer(name):
                self._timers.pop(name, None)
            case signals.Emit(event):
                self._outbox.append(event)
            case signals.Finish(error):
                self._outbox.append("overflow" if error else "end")

    def _fetch(self, fetch: signals.Fetch) -> None:
        query = {"after": fetch.after, "limit": fetch.limit, "nextToken": fetch.next_token}

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

    def _consume(self) -> None:
        while self._outbox and not self._paused:
            event = self._outbox.popleft()
            self.log.add(event if isinstance(event, str) else label(event))
            if isinstance(event, MessageEvent):
                self.feed(signals.Taken(1))

    # The scenario

    def run(self) -> None:
        """All steps; raises AssertionError where the outcome is another."""
        for step in self._scenario["steps"]:
            if self.world.handles(step):
                self.world.apply(step)
            else:
                [do] = [getattr(self, f"_step_{key.lower()}") for key in step]
                do(next(iter(step.values())))

    def _advance(self, done: Callable[[], bool], patience_ms: float, what: str) -> None:
        end = self._now + patience_ms
        while not done():
            assert self._queue[0][0] <= end, f"never came: {what}; {self.log}"
            self._now, _, action = heapq.heappop(self._queue)
            action()

    def _step_start(self, options: dict[str, Any]) -> None:
        self.start()

    def start(self, **more: Any) -> None:
        """Begin to subscribe."""
        if "after" in self._scenario.get("options", {}):
            more["after"] = self.world.message_id(self._scenario["options"]["after"])
        options = options_of(self._scenario, **more)
        self._machine = Machine(REGIONS, options, self._random, self._wall_ms)
        self.feed(signals.Begin())

    def _step_restart(self, how: str) -> None:
        self.restart()

    def restart(self) -> None:
        """Another subscriber continues from a checkpoint of this one."""
        assert self._machine is not None
        pending = [e.message for e in self._outbox if isinstance(e, MessageEvent)]
        checkpoint = self._machine.checkpoint(pending)
        assert checkpoint is not None
        self.feed(signals.Stop())
        self._outbox.clear()
        self._timers.clear()
        self.start(checkpoint=Checkpoint.from_json(checkpoint.to_json()))

    def _step_until(self, text: str) -> None:
        self.until(text)

    def until(self, text: str) -> None:
        """Let time pass until the consumer sees this."""
        self._advance(lambda: self.log.reached(text), PATIENCE_MS, text)

    def _step_untilsubscribed(self, region: str) -> None:
        self._advance(lambda: region in self.world.connected(), PATIENCE_MS, f"at {region}")
        self._step_wait(LATENCY_MS)

    def _step_untilconnections(self, regions: list[str]) -> None:
        self._advance(lambda: self.world.connected() == regions, PATIENCE_MS, str(regions))

    def _step_untilhistorycalls(self, calls: int) -> None:
        self._advance(lambda: self.world.history_calls >= calls, PATIENCE_MS, f"{calls} calls")

    def _step_wait(self, ms: float) -> None:
        self.wait(ms)

    def wait(self, ms: float) -> None:
        """Let time pass."""
        end = self._now + ms
        while self._queue[0][0] <= end:
            self._now, _, action = heapq.heappop(self._queue)
            action()
        self._now = end

    def _step_pause(self, paused: bool) -> None:
        self.pause(paused)

    def pause(self, paused: bool) -> None:
        """The consumer stops reading, or goes on."""
        self._paused = paused
        self._consume()

    def _step_expect(self, labels: list[str]) -> None:
        self._step_wait(2 * LATENCY_MS)
        assert self.log.since_expected() == labels

    def _step_expectlast(self, labels: list[str]) -> None:
        assert self.log.since_expected()[-len(labels) :] == labels

    def _step_expecthistorycalls(self, calls: int) -> None:
        assert self.world.history_calls == calls

    def _step_expectconnections(self, regions: list[str]) -> None:
        assert self.world.connected() == regions
