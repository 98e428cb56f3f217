"""Drives the presence core: HTTP calls, timers, and subscriptions on the client's connections."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence

from .driver import Driver
from .errors import GraphQLError, NoAnswerError, RefusedError, TokenError
from .graphql import PRESENCE, Json, data_of
from .presence import Presence
from .presence_core import PresenceCore
from .presence_room import Call, Command, Ready, Refused, Tell
from .presence_types import Change
from .signals import CancelTimer, SetTimer
from .types import Event, RegionEndpoint, State, StateEvent

_LEAVE_SECONDS = 2.0
_MOST_DATA = 1_024  # bytes
_MINE = "$connection: ID!, $secret: String!"
_OF = "connection: $connection, secret: $secret"
_QUERIES = {
    "enter": f"mutation Enter($name: String!, {_MINE}, $data: String, $client: ID) "
    f"{{ enter(name: $name, {_OF}, data: $data, client: $client) {{ seq }} }}",
    "heartbeat": f"mutation Heartbeat({_MINE}) {{ heartbeat({_OF}) {{ channels }} }}",
    "leave": f"mutation Leave($name: String!, {_MINE}) {{ leave(name: $name, {_OF}) {{ seq }} }}",
    "presence": PRESENCE,
    "occupancy": "query Occupancy($name: String!) { occupancy(name: $name) { connections more } }",
}


class PresenceDriver:
    """One client's presence.

    Args:
        driver: of the client's subscriptions.
        new_id: makes a ULID.
        client: who this is, where the caller has an API key.
    """

    def __init__(
        self,
        driver: Driver,
        regions: Sequence[RegionEndpoint],
        random: Callable[[], float],
        new_id: Callable[[], str],
        client: str,
    ) -> None:
        self._driver = driver
        self._client = client
        self._regions = [region.region for region in regions]
        self._core = PresenceCore(
            self._regions, random, lambda: (new_id(), secrets.token_urlsafe(24))
        )
        self._handles: dict[int, Presence] = {}
        self._watches: dict[int, Callable[[], None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._numbers = 0

    def open(self, channel: str, data: str | None, *, enter: bool) -> Presence:
        """See Client.presence."""
        _check(data)
        self._numbers += 1
        number = self._numbers

        def change(told: Change | Event) -> None:
            self._told(number, told)

        def end(error: BaseException | None) -> None:
            self._end(number, error)

        async def leave() -> None:
            self._end(number, None)
            await self._left()

        def update(data: str | None) -> None:
            _check(data)
            self._input(lambda: self._core.update(number, data))

        region = self._driver.region
        self._input(lambda: self._core.add(number, channel, data, enters=enter, region=region))
        members = self._core.rooms[number].members
        handle = self._handles[number] = Presence(channel, members, update, leave)
        self._watches[number] = self._driver.watch(channel, change, end)
        return handle

    async def close(self) -> None:
        """Leave every channel, for two seconds at most."""
        for number in list(self._handles):
            self._end(number, None)
        await self._left()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _left(self) -> None:
        # A call that enters must be answered first: only then it can be undone.
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                while tasks := [t for t, what in self._tasks.items() if what in ("enter", "leave")]:
                    await asyncio.wait(tasks)
        except TimeoutError:
            pass  # nobody renews the lease: it ends by itself

    def _end(self, number: int, error: BaseException | None) -> None:
        if handle := self._handles.pop(number, None):
            handle.finish(error)
            self._watches.pop(number, lambda: None)()
            self._input(lambda: self._core.remove(number))

    def _told(self, number: int, told: Change | Event) -> None:
        handle = self._handles.get(number)
        if handle is None:
            return
        if isinstance(told, Change):
            self._input(lambda: self._core.changed(number, told))
        elif isinstance(told, StateEvent):
            handle.state = told.state
            if told.state is State.REFUSED:
                self._end(number, RefusedError(told.error_type or "", told.reason or ""))
            elif told.state in (State.LIVE, State.FAILED_OVER):
                region = self._regions.index(told.region)
                self._input(lambda: self._core.live(number, region))

    def _input(self, give: Callable[[], None]) -> None:
        self._core.now = time.monotonic() * 1000
        give()
        for command in self._core.take():
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case Call():
                task = asyncio.create_task(self._call(command), name=f"{command.operation}")
                self._tasks[task] = command.operation
                task.add_done_callback(self._done)
            case Tell(room, events):
                if handle := self._handles.get(room):
                    handle.put(events)
            case Ready(room):
                if handle := self._handles.get(room):
                    handle.is_ready()
            case Refused(room, error):
                self._end(room, error)
            case SetTimer(name, ms):
                self._set_timer(name, ms)
            case CancelTimer(name):
                if timer := self._timers.pop(name, None):
                    timer.cancel()

    def _set_timer(self, name: str, ms: float) -> None:
        if previous := self._timers.pop(name, None):
            previous.cancel()

        def fire() -> None:
            del self._timers[name]
            self._input(lambda: self._core.fired(name))

        self._timers[name] = asyncio.get_running_loop().call_later(ms / 1000, fire)

    async def _call(self, call: Call) -> None:
        variables: Json = dict(call.variables)
        failure: tuple[str | None, str]
        if call.operation == "enter":
            variables["client"] = self._client
        try:
            query = _QUERIES[call.operation]
            document = await self._driver.ask(call.region, query, variables)
            value = data_of(document).get(call.operation)
        except GraphQLError as error:
            failure = (error.error_type, error.message)
        except (NoAnswerError, TokenError) as error:
            failure = (None, str(error))
        else:
            self._input(lambda: self._core.answered(call.request, value))
            return
        self._input(lambda: self._core.failed(call.request, *failure))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            # A mistake of ours: no consumer must wait for ever.
            for number in list(self._handles):
                self._end(number, error)


def _check(data: str | None) -> None:
    if data is not None and len(data.encode()) > _MOST_DATA:
        raise ValueError(f"data must have at most {_MOST_DATA} bytes")
