"""Events between the core and a consumer."""

import asyncio
from collections import deque

from .types import Event, Message, MessageEvent, StateEvent

_STATES = 64


class EventQueue:
    """First in, first out. The core bounds the messages; of states the newest 64 are kept.

    A client may have thousands of them, most of them empty: an empty one holds no deque.
    """

    __slots__ = ("_error", "_events", "_finished", "_states", "_waiters")

    def __init__(self) -> None:
        self._events: deque[Event] | None = None
        self._states = 0
        self._waiters: list[asyncio.Future[None]] = []  # first come, first served
        self._finished = False
        self._error: BaseException | None = None

    def put(self, event: Event) -> None:
        """Append an event."""
        events = self._events
        if events is None:
            events = self._events = deque()
        events.append(event)
        if type(event) is StateEvent:
            self._states += 1
            if self._states > _STATES:
                events.remove(next(e for e in events if isinstance(e, StateEvent)))
                self._states -= 1
        if self._waiters:
            self._wake()

    def finish(self, error: BaseException | None) -> None:
        """Nothing comes any more; the first call decides about the error."""
        if not self._finished:
            self._finished, self._error = True, error
        self._wake()

    def pending(self) -> list[Message]:
        """The messages that were not taken."""
        return [event.message for event in self._events or () if isinstance(event, MessageEvent)]

    def clear(self) -> None:
        """Forget what was not taken."""
        self._events = None
        self._states = 0

    async def take(self) -> Event | None:
        """The next event, or None at the end; raises the error that ended it, once.

        Several calls at once are served in their order.
        """
        if not self._waiters and (self._events or self._finished):
            return self._next()
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        try:
            await waiter
            return self._next()
        finally:
            self._waiters.remove(waiter)
            if self._waiters:
                self._wake()

    def _wake(self) -> None:
        """Let the first call go on, if there is something for it."""
        if self._waiters and (self._events or self._finished) and not self._waiters[0].done():
            self._waiters[0].set_result(None)

    def poll(self) -> Event | None:
        """The next event, or None if `take` has to say what is next."""
        return None if self._events is None or self._waiters else self._next()

    def _next(self) -> Event | None:
        events = self._events
        if events is None:
            error, self._error = self._error, None
            if error is not None:
                raise error
            return None
        event = events.popleft()
        if not events:
            self._events = None
        if type(event) is StateEvent:
            self._states -= 1
        return event
