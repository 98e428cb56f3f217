"""A channel's messages and states, for one consumer."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from .delivery_buffer import DeliveryBuffer
from .event_queue import EventQueue
from .presence_types import Change
from .types import Checkpoint, Event, Message, MessageEvent, State, StateEvent


class Source(Protocol):
    """What a subscription needs of the client, which numbers its channels."""

    def made_room(self, number: int) -> None:
        """The consumer took a message for which a page of history waits."""

    def remove(self, number: int) -> None:
        """The consumer wants no more."""

    def checkpoint(self, number: int, pending: list[Message]) -> Checkpoint | None:
        """From where to go on for a consumer that has not taken `pending`."""


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

    __slots__ = ("_number", "_queue", "_source", "_unread", "channel", "region", "state")

    def __init__(self, channel: str, number: int, source: Source, unread: DeliveryBuffer) -> None:
        self.channel = channel
        self.state = State.CONNECTING
        self.region = ""
        self._number = number
        self._source = source
        self._unread = unread
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
        event = self._queue.poll() or await self._queue.take()
        if event is None:
            raise StopAsyncIteration
        if type(event) is MessageEvent and self._unread.taken(event.message.size):
            self._source.made_room(self._number)
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
        return self._source.checkpoint(self._number, self._queue.pending())

    async def close(self) -> None:
        """Unsubscribe and end the iteration; what was not read is dropped."""
        self._source.remove(self._number)
        self._queue.clear()
        self._queue.finish(None)

    def put(self, event: Event | Change) -> None:
        """For the client: an event for the consumer."""
        if type(event) is not MessageEvent:
            if not isinstance(event, StateEvent):
                return  # a change of presence, which nobody asked for
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
