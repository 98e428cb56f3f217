"""A channel's messages and states, for one consumer."""

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from .delivery_buffer import DeliveryBuffer
from .types import Checkpoint, Event, Message, MessageEvent, State


class Source(Protocol):
    """What a subscription needs of the client, which numbers its channels."""

    def made_room(self, number: int) -> None:
        """The consumer took a message for which a page of history waits."""

    def remove(self, number: int) -> None:
        """The consumer wants no more."""

    def checkpoint(self, number: int) -> Checkpoint | None:
        """From where to go on after what the consumer has taken."""


class Subscription(AsyncIterator[Event]):
    """An asynchronous iterator, made by `Client.subscribe`.

    The iteration ends after a `refused` state and after `close`. It raises BufferOverflowError if
    the consumer was too slow and nothing is stored to catch up from. A message counts as delivered
    when the iteration gives it out. A call that is cancelled while it waits takes nothing along.

    Attributes:
        channel: the channel's name.
    """

    __slots__ = ("_error", "_finished", "_number", "_source", "_unread", "_waiters", "channel")

    def __init__(self, channel: str, number: int, source: Source, unread: DeliveryBuffer) -> None:
        self.channel = channel
        self._number = number
        self._source = source
        self._unread = unread
        self._waiters: list[asyncio.Future[None]] = []  # first come, first served
        self._finished = False
        self._error: BaseException | None = None

    @property
    def state(self) -> State:
        """The newest state, also if it has not been read yet."""
        return self._unread.state

    @property
    def region(self) -> str:
        """The region of that state."""
        return self._unread.region

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
        unread = self._unread
        event = None if self._waiters else unread.take()
        if event is None and (self._waiters or not self._finished):
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            try:
                await waiter
                event = unread.take()
            finally:
                self._waiters.remove(waiter)
                if self._waiters and (self._finished or not unread.is_empty()):
                    self.wake()
        if unread.waits:
            self._source.made_room(self._number)
        if event is None:
            error, self._error = self._error, None
            raise error or StopAsyncIteration
        return event

    async def messages(self) -> AsyncIterator[Message]:
        """The messages only."""
        async for event in self:
            if isinstance(event, MessageEvent):
                yield event.message

    def checkpoint(self) -> Checkpoint | None:
        """From where another subscription goes on; None if this one has not begun.

        Give it to `Client.subscribe(channel, checkpoint=…)`, in this process or another. That one
        delivers what this iteration has not given out, without gap and without duplicates, also if
        this one has ended.
        """
        return self._source.checkpoint(self._number) or self._unread.checkpoint()

    async def close(self) -> None:
        """Unsubscribe and end the iteration; what was not read is dropped."""
        self._source.remove(self._number)
        self._unread.clear()
        self.finish(None)

    def wake(self) -> None:
        """For the client: there is something for the first call that waits."""
        if self._waiters and not self._waiters[0].done():
            self._waiters[0].set_result(None)

    def finish(self, error: BaseException | None) -> None:
        """For the client: nothing comes any more; the first call decides about the error."""
        if not self._finished:
            self._finished, self._error = True, error
            if self.state is not State.REFUSED:
                self._unread.state = State.CLOSED
        self.wake()

    def drop_unread(self) -> None:
        """For the client: it is closed."""
        self._unread.clear()
