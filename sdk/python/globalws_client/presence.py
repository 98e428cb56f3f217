"""One channel's presence, for one consumer: who is there, and who comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from .members import Members
from .presence_types import CountChange, Member, PresenceChange, PresenceEvent
from .types import State


class Presence(AsyncIterator[PresenceEvent]):
    """An asynchronous context manager and iterator, made by `Client.presence`.

    The iteration gives PresenceChange (ENTER, UPDATE or LEAVE of a user), first for those who are
    there already, and CountChange in a channel of more than 200 connections. It ends with `close`,
    and raises RefusedError once the API refuses the channel. To a slow reader a user's changes
    become one: who came and left meanwhile is not told.

    Attributes:
        channel: the channel's name.
        state: of the subscription that tells changes; `live` and `failed-over` are good.
        count: the connections of a channel that is too full to name them, as counted last.
    """

    def __init__(
        self,
        channel: str,
        members: Members,
        update: Callable[[str | None], None],
        leave: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self.channel = channel
        self.state = State.CONNECTING
        self.count: CountChange | None = None
        self._members = members
        self._update = update
        self._leave = leave
        self._ready = asyncio.Event()
        self._wake = asyncio.Event()
        self._unread: dict[str | None, PresenceEvent] = {}  # by user; None: the count
        self._finished = False
        self._error: BaseException | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def members(self) -> Mapping[str, Member]:
        """The users who are there, in all regions, by their ids."""
        return self._members.users()

    async def ready(self) -> Self:
        """Wait until the channel is entered, and the members in the region in use are known.

        Raises RefusedError if the API refuses it. It waits as long as no region answers.
        """
        await self._ready.wait()
        if self._error is not None:
            raise self._error
        return self

    def update(self, data: str | None) -> None:
        """Say something else to the others. Does nothing where it only watches.

        Raises ValueError for more than 1 KB.
        """
        if not self._finished:
            self._update(data)

    async def close(self) -> None:
        """Leave the channel (two seconds at most), and end the iteration."""
        if not self._finished:
            self._unread.clear()
            self.finish(None)
            await self._leave()

    async def __anext__(self) -> PresenceEvent:
        while not self._unread:
            if self._error is not None:
                raise self._error
            if self._finished:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._unread.pop(next(iter(self._unread)))

    def put(self, events: Sequence[PresenceEvent]) -> None:
        """For the client: what changed."""
        for event in events:
            if isinstance(event, CountChange):
                self.count = self._unread[None] = event
                continue
            merged = _merge(self._unread.pop(event.user, None), event)
            if merged is not None:
                self._unread[event.user] = merged
        self._wake.set()

    def is_ready(self) -> None:
        """For the client: see `ready`."""
        self._ready.set()

    def finish(self, error: BaseException | None) -> None:
        """For the client: nothing comes any more."""
        self._finished, self._error = True, error
        self.state = State.CLOSED if error is None else State.REFUSED
        self._ready.set()
        self._wake.set()


def _merge(unread: PresenceEvent | None, event: PresenceChange) -> PresenceChange | None:
    """One change in place of two of the same user; None: nothing has changed for the reader."""
    if not isinstance(unread, PresenceChange):
        return event
    if event.action == "LEAVE":
        return None if unread.action == "ENTER" else event
    # Who left and came is there as before; who came and says something else has come.
    action = "UPDATE" if unread.action == "LEAVE" else unread.action
    return PresenceChange(action, event.user, event.data)
