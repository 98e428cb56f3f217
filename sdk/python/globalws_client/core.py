"""A client as a state machine: inputs in, commands out, no I/O.

One client has many channels over few connections: `manager.py` places and moves them, `reader.py`
reads what they receive.
"""

from collections.abc import Callable, Sequence

from . import signals
from .channel import Channel, Context
from .delivery_buffer import DeliveryBuffer
from .feed import Connection
from .manager import HOME, HOME_REGION, RETRY, ConnectionManager
from .options import Options
from .placement import STARTS
from .protocol import Changed, Complete, ConnectionAck, Data, ErrorFrame, Frame, KeepAlive, StartAck
from .retry import Retry
from .signals import ClientStateChanged, Command
from .types import Checkpoint, State


class Core:
    """One client.

    Args:
        regions: names in order of preference; the first is home.
        random: numbers from 0 up to, not including, 1.
        wall: this machine's clock, milliseconds since 1970.
        renewable: whether another token can be had after a refusal.
    """

    def __init__(
        self,
        regions: Sequence[str],
        options: Options,
        random: Callable[[], float],
        wall: Callable[[], int],
        *,
        renewable: bool = False,
    ) -> None:
        self._context = Context(tuple(regions), options, random, wall)
        retry = Retry(options, len(regions), random)
        self._manager = ConnectionManager(self._context, retry, renewable=renewable)
        self._reader = self._manager.reader
        self._state: tuple[State, int] = (State.IDLE, HOME_REGION)

    def handle(self, input: signals.Input, now: float) -> list[Command]:
        """What is to be done, in order. `now` is monotonic milliseconds."""
        return self.handle_all((input,), now)

    def handle_all(self, inputs: Sequence[signals.Input], now: float) -> list[Command]:
        """The same for what came at once."""
        self._context.now = now
        for input in inputs:
            self._dispatch(input)
        self._tell_state()
        return self._commands()

    def received(self, connection: int, frame: Frame, now: float) -> list[Command]:
        """The same for a frame that arrived."""
        context = self._context
        context.now = now
        if (
            type(frame) is Data
            and (feed := context.feeds.get(frame.feed)) is not None
            and (receiving := feed.connection) is not None
        ):
            receiving.last_frame = now
            self._reader.data(feed, frame.message)
        elif found := context.connections.get(connection):
            found.last_frame = now
            self._receive(found, frame)
            self._tell_state()
        return self._commands()

    def _commands(self) -> list[Command]:
        if not self._context.commands:
            return []
        commands = self._context.commands.copy()
        self._context.commands.clear()
        return commands

    def unread(self, channel: int) -> DeliveryBuffer:
        """Of a channel that was just added: its consumer takes from it."""
        return self._context.channels[channel].out

    def _tell_state(self) -> None:
        if (state := self._current_state()) != self._state:
            self._state = state
            self._context.commands.append(ClientStateChanged(*state))

    def _room_made(self, channel: Channel) -> None:
        channel.out.waits = False
        for feed in channel.feeds():
            self._reader.fetch(feed)

    def checkpoint(self, channel: int) -> Checkpoint | None:
        """From where to go on after what the consumer has taken; None before it began."""
        found = self._context.channels.get(channel)
        return None if found is None else self._context.checkpoint(found)

    def _current_state(self) -> tuple[State, int]:
        main = self._manager.main
        if not self._context.channels:
            return State.IDLE, main.region
        for connection in main.connections.values():
            if connection.live_since is not None:
                is_home = main.region == HOME_REGION
                return State.LIVE if is_home else State.FAILED_OVER, main.region
        return State.CONNECTING, main.region

    def _dispatch(self, input: signals.Input) -> None:
        context, manager = self._context, self._manager
        match input:
            case signals.HistoryPage(request, items, token):
                self._reader.page(request, items, token)
            case signals.HistoryFailed(request, error_type, message):
                self._reader.failed(request, error_type, message)
            case signals.TimerFired(name):
                self._fire(name)
            case signals.Closed(id, reason):
                if connection := context.connections.get(id):
                    manager.lose(connection, reason)
            case signals.AddChannel(id, name, beginning, skip_own, presence):
                channel = context.new_channel(id, name, beginning, skip_own)
                channel.presence = presence
                manager.add(channel)
            case signals.RemoveChannel(id):
                if removed := context.channels.get(id):
                    manager.end(removed, None)
            case signals.RoomMade(id):
                if reading := context.channels.get(id):
                    self._room_made(reading)
            case signals.Published(id):
                context.budget.publishes(id)
            case signals.Stop():
                self._stop(list(context.channels.values()))

    def _stop(self, channels: list[Channel]) -> None:
        for channel in channels:
            self._manager.end(channel, None)
        self._manager.stop()

    def _receive(self, connection: Connection, frame: Frame) -> None:
        manager = self._manager
        if isinstance(frame, KeepAlive):
            return
        if isinstance(frame, ConnectionAck):
            manager.placement.acknowledged(connection, frame.timeout_ms)
            return
        if isinstance(frame, ErrorFrame) and frame.feed is None:
            manager.connection_failed(connection, frame.error_type, frame.message)
            return
        feed = connection.feeds.get(frame.feed)
        if feed is None:
            return
        match frame:
            case StartAck():
                manager.started(feed)
            case Changed(change=change):
                # While failed over, home is tried: what both regions tell is the same.
                self._context.commands.append(signals.TellChange(feed.channel.id, change))
            case Complete():
                manager.kicked(feed)
            case ErrorFrame(error_type, message):
                manager.failed(feed, error_type, message)

    def _fire(self, name: str) -> None:
        manager = self._manager
        kind, _, number = name.partition(":")
        if kind in (RETRY, HOME, STARTS):
            manager.fire(kind)
        elif not number:
            self._reader.fire(kind)
        elif kind in ("start", "history"):
            if feed := self._context.feeds.get(int(number)):
                if kind == "start":
                    manager.placement.start_due(feed)
                else:
                    self._reader.due(feed)
        elif connection := self._context.connections.get(int(number)):
            if kind == "silence":
                manager.check_silence(connection)
            elif kind == "kick":
                manager.lose(connection, "the server ended the subscription")
            else:
                manager.lose(connection, "the server did not answer in time")
