"""The resuming subscriber for asyncio: drives the machine with WebSockets, HTTP and timers."""

import asyncio
import random as random_module
import time
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Self

import aiohttp

from . import signals
from .errors import GraphQLError
from .graphql import HISTORY, NoAnswerError, execute, page_of
from .machine import Machine
from .nearest import nearest_first
from .queue import EventQueue
from .transport import WebSocketLink
from .types import Checkpoint, Event, MessageEvent, Options, RegionEndpoint

_DEFAULTS = Options()


class Subscriber(AsyncIterator[Event]):
    """A channel's messages and the subscription's states, for one consumer.

    ::

        async with Subscriber("tech", regions) as events:
            async for event in events:
                ...

    Args:
        channel: the channel's name.
        regions: in order of preference; the first is home.
        options: see Options.
        nearest: measure round trips first and prefer the nearest region.
        session: an aiohttp session to use; without it, an own one.
        random: numbers from 0 up to, not including, 1.
        wall: this machine's clock, seconds since 1970.

    The iteration ends after a `refused` state and after `close`; it raises BufferOverflowError
    if the consumer was too slow and nothing is stored to catch up from.
    """

    def __init__(
        self,
        channel: str,
        regions: Sequence[RegionEndpoint],
        options: Options = _DEFAULTS,
        *,
        nearest: bool = False,
        session: aiohttp.ClientSession | None = None,
        random: Callable[[], float] = random_module.random,
        wall: Callable[[], float] = time.time,
    ) -> None:
        if not regions:
            raise ValueError("give at least one region")
        self._channel = channel
        self._regions = list(regions)
        self._options = options
        self._nearest = nearest
        self._session = session
        self._owns_session = session is None
        self._random = random
        self._wall = wall
        self._machine: Machine | None = None
        self._queue = EventQueue()
        self._links: dict[int, WebSocketLink] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._fetches: dict[int, asyncio.Task[None]] = {}  # by link

    async def __aenter__(self) -> Self:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        try:
            if self._nearest:
                self._regions = await nearest_first(self._session, self._regions)
        except BaseException:
            await self.close()
            raise
        names = [endpoint.region for endpoint in self._regions]
        self._machine = Machine(
            names, self._options, self._random, lambda: int(self._wall() * 1000)
        )
        self._feed(signals.Begin())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def __anext__(self) -> Event:
        event = await self._queue.take()
        if event is None:
            raise StopAsyncIteration
        if isinstance(event, MessageEvent):
            self._feed(signals.Taken(1))
        return event

    def checkpoint(self) -> Checkpoint | None:
        """Where the iteration stands; None as long as no connection has been live.

        Hand it to another Subscriber (`Options.checkpoint`), and that one delivers what this
        one's iteration has not given out: without gap, without doubles.
        """
        machine = self._machine
        return None if machine is None else machine.checkpoint(self._queue.pending())

    async def close(self) -> None:
        """End the subscription and the iteration; what was not read is dropped."""
        self._feed(signals.Stop())
        self._queue.clear()
        self._queue.finish(None)
        for timer in self._timers.values():
            timer.cancel()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._owns_session and self._session is not None:
            await self._session.close()

    def _feed(self, input: signals.Input) -> None:
        if self._machine is None:
            return
        for command in self._machine.handle(input, asyncio.get_running_loop().time() * 1000):
            self._do(command)

    def _do(self, command: signals.Command) -> None:
        match command:
            case signals.Emit(event):
                self._queue.put(event)
            case signals.SetTimer(name, ms):
                self._set_timer(name, ms)
            case signals.CancelTimer(name):
                if timer := self._timers.pop(name, None):
                    timer.cancel()
            case signals.Open(link, region):
                self._open(link, self._regions[region])
            case signals.Subscribe(link):
                self._links[link].subscribe()
            case signals.Fetch():
                fetch = asyncio.create_task(self._fetch(command), name="subscriber history")
                self._fetches[command.link] = fetch
                self._own(fetch)
            case signals.Drop(link):
                self._links.pop(link).drop()
                if pending := self._fetches.pop(link, None):
                    pending.cancel()
            case signals.Finish(error):
                self._queue.finish(error)

    def _own(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # A mistake of ours: the consumer must not wait for ever.
            self._queue.finish(error)

    def _open(self, link: int, endpoint: RegionEndpoint) -> None:
        assert self._session is not None  # noqa: S101
        self._links[link] = WebSocketLink(
            self._session,
            endpoint,
            self._channel,
            lambda frame: self._feed(signals.Received(link, frame)),
            lambda reason: self._feed(signals.Closed(link, reason)),
        )
        self._own(self._links[link].task)

    def _set_timer(self, name: str, ms: float) -> None:
        if previous := self._timers.pop(name, None):
            previous.cancel()

        def fire() -> None:
            del self._timers[name]
            self._feed(signals.TimerFired(name))

        self._timers[name] = asyncio.get_running_loop().call_later(ms / 1000, fire)

    async def _fetch(self, fetch: signals.Fetch) -> None:
        assert self._session is not None  # noqa: S101
        endpoint, timeout_ms = self._regions[fetch.region], self._options.history_timeout_ms
        variables = {
            "name": self._channel,
            "after": fetch.after,
            "limit": fetch.limit,
            "nextToken": fetch.next_token,
        }
        result: signals.Input
        try:
            data = await execute(self._session, endpoint, HISTORY, variables, timeout_ms)
            result = signals.HistoryPage(fetch.request, *page_of(data))
        except GraphQLError as error:
            result = signals.HistoryFailed(fetch.request, error.error_type, error.message)
        except NoAnswerError as error:
            result = signals.HistoryFailed(fetch.request, None, str(error))
        self._feed(result)
