"""Events between the core and a consumer."""

import asyncio
from collections import deque

from .errors import ClientError
from .types import Event, Message, MessageEvent, StateEvent

_STATES = 64


class EventQueue:
    """First in, first out. The core bounds the messages; of states the newest 64 are kept."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._states = 0
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()  # first come, first served
        self._finished = False
        self._error: BaseException | None = None

    def put(self, event: Event) -> None:
        """Append an event."""
        if isinstance(event, StateEvent):
            self._states += 1
            if self._states > _STATES:
                oldest = next(e for e in self._events if isinstance(e, StateEvent))
                self._events.remove(oldest)
                self._states -= 1
        self._events.append(event)
        self._wake.set()

    def finish(self, error: ClientError | BaseException | None) -> None:
        """Nothing comes any more; the first call decides about the error."""
        if not self._finished:
            self._finished, self._error = True, error
        self._wake.set()

    def pending(self) -> list[Message]:
        """The messages that were not taken."""
        return [event.message for event in self._events if isinstance(event, MessageEvent)]

    def clear(self) -> None:
        """Forget what was not taken."""
        self._events.clear()
        self._states = 0

    async def take(self) -> Event | None:
        """The next event, or None at the end; raises the error that ended it, once.

        Several calls at once are served in their order.
        """
        if self._events and not self._turn.locked():
            return self._next()
        async with self._turn:
            while not self._events:
                if self._finished:
                    error, self._error = self._error, None
                    if error is not None:
                        raise error
                    return None
                self._wake.clear()
                await self._wake.wait()
            return self._next()

    def _next(self) -> Event:
        event = self._events.popleft()
        if isinstance(event, StateEvent):
            self._states -= 1
        return event
