"""Drives the core with WebSockets, HTTP and timers."""

import asyncio
import time
from collections.abc import Callable, Sequence

import aiohttp

from . import signals
from .auth import Auth
from .core import Core
from .graphql import Json, request
from .history import HistoryQueue
from .options import Beginning, Options
from .presence_types import Change
from .subscription import Subscription
from .transport import WebSocketConnection
from .types import Event, RegionEndpoint, State

_Watch = tuple[Callable[[Change | Event], None], Callable[[BaseException | None], None]]


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
        self._subscriptions: dict[int, Subscription] = {}
        self._watches: dict[int, _Watch] = {}
        self._connections: dict[int, WebSocketConnection] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._history = HistoryQueue(self.ask, self.feed, self._own)

    def subscribe(self, channel: str, beginning: Beginning, *, skip_own: bool) -> Subscription:
        """See Client.subscribe."""
        self._numbers += 1
        number = self._numbers

        subscription = Subscription(
            channel,
            lambda size: self.feed(signals.Taken(number, 1, size)),
            lambda: self.feed(signals.RemoveChannel(number)),
            lambda pending: self._core.checkpoint(number, pending),
        )
        self._subscriptions[number] = subscription
        self.feed(signals.AddChannel(number, channel, beginning, skip_own))
        return subscription

    def watch(
        self,
        channel: str,
        told: Callable[[Change | Event], None],
        ended: Callable[[BaseException | None], None],
    ) -> Callable[[], None]:
        """Subscribe to who comes and goes; the result ends it."""
        self._numbers += 1
        number = self._numbers
        self._watches[number] = (told, ended)
        self.feed(signals.AddChannel(number, channel, Beginning(), presence=True))
        return lambda: self.feed(signals.RemoveChannel(number))

    async def close(self) -> None:
        """End everything, and wait for it."""
        subscriptions = list(self._subscriptions.values())
        self.feed(signals.Stop())
        for subscription in subscriptions:
            subscription.drop_unread()
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
        now = time.monotonic() * 1000
        for command in self._core.handle(input, now):
            self._do(command)

    def _do(self, command: signals.Command) -> None:
        match command:
            case signals.Emit(channel, event):
                if watch := self._watches.get(channel):
                    watch[0](event)
                elif not isinstance(event, Change) and (
                    subscription := self._subscriptions.get(channel)
                ):
                    subscription.put(event)
            case signals.SetTimer(name, ms):
                self._set_timer(name, ms)
            case signals.CancelTimer(name):
                if timer := self._timers.pop(name, None):
                    timer.cancel()
            case signals.Start(connection, feed, name, presence):
                self._connections[connection].start(feed, name, presence=presence)
            case signals.StopFeed(connection, feed):
                self._connections[connection].stop(feed)
            case signals.Fetch():
                self._history.add(command)
            case signals.Open(connection, region):
                self._open(connection, self._regions[region])
            case signals.Drop(connection):
                self._connections.pop(connection).drop()
            case signals.RenewToken(connection):
                if found := self._connections.get(connection):
                    found.renew()
            case signals.Finish(channel, error):
                if ended := self._subscriptions.pop(channel, None):
                    ended.finish(error)
                if watched := self._watches.pop(channel, None):
                    watched[1](error)
            case signals.ClientStateChanged(state, region):
                self.state, self.region = state, region
                self._changed()

    def _open(self, connection: int, region: RegionEndpoint) -> None:
        socket = WebSocketConnection(
            self.session,
            region,
            self._auth,
            lambda frame: self.feed(signals.Received(connection, frame)),
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
            for subscription in self._subscriptions.values():
                subscription.finish(error)
            for _, ended in list(self._watches.values()):
                ended(error)
