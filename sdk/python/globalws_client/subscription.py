"""A channel's messages and states, for one consumer."""

from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self

from .event_queue import EventQueue
from .types import Checkpoint, Event, Message, MessageEvent, State, StateEvent


class Subscription(AsyncIterator[Event]):
    """An asynchronous iterator, made by `Client.subscribe`.

    The iteration ends after a `refused` state and after `close`. It raises BufferOverflowError if
    the consumer was too slow and nothing is stored to catch up from. A message counts as delivered
    when the iteration gives it out. A call that is cancelled while it waits takes nothing along.

    Attributes:
        channel: the channel's name.
        state: the newest state, also if it has not been read yet.
        region: the region of that state.
    """

    def __init__(
        self,
        channel: str,
        taken: Callable[[int], None],
        remove: Callable[[], None],
        checkpoint: Callable[[list[Message]], Checkpoint | None],
    ) -> None:
        self.channel = channel
        self.state = State.CONNECTING
        self.region = ""
        self._taken = taken
        self._remove = remove
        self._checkpoint = checkpoint
        self._queue = EventQueue()

    async def __aenter__(self) -> Self:
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
            self._taken(event.message.size)
        return event

    async def messages(self) -> AsyncIterator[Message]:
        """The messages only."""
        async for event in self:
            if isinstance(event, MessageEvent):
                yield event.message

    def checkpoint(self) -> Checkpoint | None:
        """From where another subscription goes on; None as long as this one has not begun.

        Give it to `Client.subscribe(channel, checkpoint=…)`, in this process or another. That one
        delivers what this iteration has not given out, without gap and without duplicates.
        """
        return self._checkpoint(self._queue.pending())

    async def close(self) -> None:
        """Unsubscribe and end the iteration; what was not read is dropped."""
        self._remove()
        self._queue.clear()
        self._queue.finish(None)

    def put(self, event: Event) -> None:
        """For the client: an event for the consumer."""
        if isinstance(event, StateEvent):
            self.state, self.region = event.state, event.region
        self._queue.put(event)

    def finish(self, error: BaseException | None) -> None:
        """For the client: nothing comes any more."""
        if self.state is not State.REFUSED:
            self.state = State.CLOSED
        self._queue.finish(error)

    def drop_unread(self) -> None:
        """For the client: it is closed."""
        self._queue.clear()
