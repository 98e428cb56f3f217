"""Drives the core with WebSockets, HTTP and timers."""

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

import aiohttp

from . import signals
from .auth import Auth
from .core import Core
from .delivery_buffer import DeliveryBuffer
from .graphql import Json, request
from .history import Answer, HistoryQueue
from .options import Beginning, Options
from .presence_types import Change
from .protocol import Frame
from .subscription import Subscription
from .transport import WebSocketConnection
from .types import Checkpoint, Event, RegionEndpoint, State


class _Consumer(Protocol):
    def wake(self) -> None: ...

    def finish(self, error: BaseException | None, /) -> None: ...


class _Watch(NamedTuple):
    unread: DeliveryBuffer
    told: Callable[[Event | Change], None]
    ended: Callable[[BaseException | None], None]

    def wake(self) -> None:
        while event := self.unread.take():
            self.told(event)

    def finish(self, error: BaseException | None) -> None:
        self.wake()
        self.ended(error)


_ConsumerT = TypeVar("_ConsumerT", bound=_Consumer)


class Driver:
    """One client's input and output. `changed` is called when `state` or `region` has changed."""

    def __init__(
        self,
        core: Core,
        session: aiohttp.ClientSession,
        regions: Sequence[RegionEndpoint],
        auth: Auth,
        options: Options,
        changed: Callable[[], None],
    ) -> None:
        self.session = session
        self.state = State.IDLE
        self.region = 0  # an index
        self._core = core
        self._regions = regions
        self._auth = auth
        self._options = options
        self._changed = changed
        self._numbers = 0
        self._consumers: dict[int, _Consumer] = {}
        self._connections: dict[int, WebSocketConnection] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._history = HistoryQueue(self.ask, self._answered, self._own)

    def subscribe(self, channel: str, beginning: Beginning, *, skip_own: bool) -> Subscription:
        """See Client.subscribe."""
        number = self._next_number()
        added = signals.AddChannel(number, channel, beginning, skip_own)
        return self._add(added, lambda unread: Subscription(channel, number, self, unread))

    def made_room(self, number: int) -> None:
        """See subscription.Source."""
        self.feed(signals.RoomMade(number))

    def remove(self, number: int) -> None:
        """See subscription.Source."""
        self.feed(signals.RemoveChannel(number))

    def checkpoint(self, number: int) -> Checkpoint | None:
        """See subscription.Source."""
        return self._core.checkpoint(number)

    def watch(
        self,
        channel: str,
        told: Callable[[Change | Event], None],
        ended: Callable[[BaseException | None], None],
    ) -> Callable[[], None]:
        """Subscribe to who comes and goes; the result ends it."""
        number = self._next_number()
        added = signals.AddChannel(number, channel, Beginning(), presence=True)
        self._add(added, lambda unread: _Watch(unread, told, ended)).wake()
        return partial(self.remove, number)

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _add(
        self, added: signals.AddChannel, consumer: Callable[[DeliveryBuffer], _ConsumerT]
    ) -> _ConsumerT:
        commands = self._core.handle(added, time.monotonic() * 1000)
        made = self._consumers[added.channel] = consumer(self._core.unread(added.channel))
        self._do_all(commands)
        return made

    async def close(self) -> None:
        """End everything, and wait for it."""
        consumers = list(self._consumers.values())
        self.feed(signals.Stop())
        for consumer in consumers:
            if isinstance(consumer, Subscription):
                consumer.drop_unread()
        self._history.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def feed(self, input: signals.Input) -> None:
        """Give the core an input and do what it wants."""
        self._do_all(self._core.handle(input, time.monotonic() * 1000))

    def _answered(self, answers: Sequence[Answer]) -> None:
        self._do_all(self._core.handle_all(answers, time.monotonic() * 1000))

    def _received(self, connection: int, frame: Frame) -> None:
        self._do_all(self._core.received(connection, frame, time.monotonic() * 1000))

    def _do_all(self, commands: Sequence[signals.Command]) -> None:
        for command in commands:
            if type(command) is signals.Wake:  # by far the most
                if consumer := self._consumers.get(command.channel):
                    consumer.wake()
            else:
                self._do(command)

    def _do(self, command: signals.Command) -> None:
        match command:
            case signals.Fetch():
                self._history.add(command)
            case signals.Start(connection, feed, name, presence):
                self._connections[connection].start(feed, name, presence=presence)
            case signals.SetTimer(name, ms):
                self._set_timer(name, ms)
            case signals.CancelTimer(name):
                if timer := self._timers.pop(name, None):
                    timer.cancel()
            case signals.StopFeed(connection, feed):
                self._connections[connection].stop(feed)
            case signals.Open(connection, region):
                self._open(connection, self._regions[region])
            case signals.Drop(connection):
                self._connections.pop(connection).drop()
            case signals.RenewToken(connection):
                if found := self._connections.get(connection):
                    found.renew()
            case signals.TellChange(channel, change):
                if isinstance(watch := self._consumers.get(channel), _Watch):
                    watch.told(change)
            case signals.Finish(channel, error):
                if ended := self._consumers.pop(channel, None):
                    ended.finish(error)
            case signals.ClientStateChanged(state, region):
                self.state, self.region = state, region
                self._changed()

    def _open(self, connection: int, region: RegionEndpoint) -> None:
        socket = WebSocketConnection(
            self.session,
            region,
            self._auth,
            partial(self._received, connection),
            lambda reason: self.feed(signals.Closed(connection, reason)),
        )
        self._connections[connection] = socket
        self._own(socket.task)

    def _set_timer(self, name: str, ms: float) -> None:
        if previous := self._timers.pop(name, None):
            previous.cancel()

        def fire() -> None:
            del self._timers[name]
            self.feed(signals.TimerFired(name))

        self._timers[name] = asyncio.get_running_loop().call_later(ms / 1000, fire)

    async def ask(self, region: int, query: str, variables: Json) -> Json:
        """Call a region; the whole answer. Raises like `graphql.request`."""
        endpoint, timeout = self._regions[region], self._options.history_timeout_ms
        return await request(self.session, endpoint, self._auth, query, variables, timeout)

    def _own(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # A mistake of ours: no consumer must wait for ever.
            for consumer in list(self._consumers.values()):
                consumer.finish(error)
