"""Where feeds are placed: on connections with room, each waiting for its turn to start."""

from .catchup import CatchUp
from .channel import Channel, Context
from .deadlines import Deadlines
from .feed import MOST_UNANSWERED, Connection, Feed, Phase, Side
from .signals import CancelTimer, Drop, Open, SetTimer, Start, StopFeed

STARTS = "starts"
_KICK_MS = 1_000  # a server closes the connection right after `complete`


class Placement:
    """Feeds and connections of both sides; `backing_off`: the main side waits for an attempt."""

    def __init__(self, context: Context) -> None:
        self.backing_off = False
        self._context = context
        self._options = context.options
        self.starting: Deadlines[Feed] = Deadlines(
            context,
            STARTS,
            context.options.start_timeout_ms,
            lambda feed: feed.phase is Phase.STARTING and feed.connection is not None,
        )

    def new_feed(self, channel: Channel, side: Side) -> Feed:
        """A feed of the channel in that side's region, not placed yet."""
        feed = Feed(self._context.number(), channel, CatchUp(self._options.hold_limit), side)
        self._context.feeds[feed.id] = feed
        if side.is_main:
            channel.main = feed
        else:
            channel.standby = feed
        return feed

    def place(self, feed: Feed) -> None:
        """Give it a connection: the first with room, else a new one, or none while backing off."""
        side = feed.side
        if side.is_main and self.backing_off:
            side.waiting.append(feed)
            return
        for connection in side.connections.values():
            if connection.has_room:
                break
        else:
            connection = self.open(side)
        feed.connection = connection
        connection.feeds[feed.id] = feed
        connection.line.append(feed)
        self.start_next(connection)

    def acknowledged(self, connection: Connection, timeout_ms: int | None) -> None:
        """`connection_ack`: the server says how long silence may last, or does not."""
        if connection.acknowledged:
            return
        options = self._options
        connection.acknowledged = True
        if connection.renewals == connection.side.renewals:
            connection.side.untried = False
        connection.silence_ms = options.keep_alive_ms * options.silence_factor
        if timeout_ms is not None:
            connection.silence_ms = min(connection.silence_ms, timeout_ms)
        self._context.commands.append(CancelTimer(connection.setup_timer))
        self.watch_silence(connection, 0)
        self.start_next(connection)

    def watch_silence(self, connection: Connection, silent_ms: float) -> None:
        """Look again when the connection, silent for that long, would count as dead."""
        delay = connection.silence_ms - silent_ms
        self._context.commands.append(SetTimer(connection.silence_timer, delay))

    def start_due(self, feed: Feed) -> None:
        """The time of the feed's start timer came."""
        if feed.connection is not None:
            feed.connection.line.append(feed)
            self.start_next(feed.connection)

    def start_next(self, connection: Connection) -> None:
        """Send `start` for as many of its waiting feeds as may be unanswered, many at a time."""
        if not connection.acknowledged or connection.unanswered > MOST_UNANSWERED // 2:
            return
        while connection.line and connection.unanswered < MOST_UNANSWERED:
            feed = connection.line.popleft()
            feed.phase = Phase.STARTING
            connection.unanswered += 1
            channel = feed.channel
            start = Start(connection.id, feed.id, channel.name, channel.presence)
            self._context.commands.append(start)
            self.starting.add(feed)

    def answered(self, feed: Feed) -> None:
        """The server answered its `start`."""
        connection = feed.connection
        if connection is not None and feed.phase is Phase.STARTING:
            connection.unanswered -= 1

    def detach(self, feed: Feed, *, stop: bool = False) -> None:
        """Forget the feed, and take it off its connection."""
        context, connection = self._context, feed.connection
        context.note_read(feed)
        context.feeds.pop(feed.id, None)
        if feed.request is not None:
            context.requests.pop(feed.request, None)
        if feed.phase is Phase.WAITING:
            context.commands.append(CancelTimer(feed.start_timer))
        if feed.waiting:
            context.commands.append(CancelTimer(feed.history_timer))
        if connection is None:
            if feed in feed.side.waiting:
                feed.side.waiting.remove(feed)
            return
        connection.feeds.pop(feed.id, None)
        if feed in connection.line:
            connection.line.remove(feed)
        if stop and feed.phase is not Phase.WAITING:
            context.commands.append(StopFeed(connection.id, feed.id))
        if feed.phase is Phase.STARTING:
            connection.unanswered -= 1
            self.start_next(connection)
        feed.connection = None

    def await_close(self, feed: Feed, connection: Connection) -> None:
        """The server ended the feed, and will close its connection. Its channel waits for that."""
        self.detach(feed)
        feed.channel.main = None
        if not connection.kicked:
            self._context.commands.append(SetTimer(connection.kick_timer, _KICK_MS))
        connection.kicked.append(feed.channel)

    def restart(self, feed: Feed, delay_ms: float | None = None) -> None:
        """Start it again on its connection, under a new number. None: without delay."""
        connection = feed.connection
        again = self.new_feed(feed.channel, feed.side)
        again.start_failures, again.renewed = feed.start_failures, feed.renewed
        self.detach(feed)
        if connection is None:
            return
        again.connection = connection
        connection.feeds[again.id] = again
        if delay_ms is None:
            connection.line.append(again)
            self.start_next(connection)
        else:
            self._context.commands.append(SetTimer(again.start_timer, delay_ms))

    def open(self, side: Side) -> Connection:
        """Begin to connect."""
        connection = Connection(self._context.number(), side, renewals=side.renewals)
        side.connections[connection.id] = self._context.connections[connection.id] = connection
        self._context.commands.append(Open(connection.id, side.region))
        timeout = self._options.connect_timeout_ms
        self._context.commands.append(SetTimer(connection.setup_timer, timeout))
        return connection

    def close_if_empty(self, connection: Connection) -> None:
        """Close a connection that nothing uses any more."""
        if connection.id in connection.side.connections and not (
            connection.feeds or connection.kicked
        ):
            self.close(connection)

    def close(self, connection: Connection) -> list[Channel]:
        """Close it; the channels that were on it, in order."""
        names = (connection.setup_timer, connection.silence_timer, connection.kick_timer)
        self._context.commands += [CancelTimer(name) for name in names]
        self._context.commands.append(Drop(connection.id))
        connection.side.connections.pop(connection.id, None)
        self._context.connections.pop(connection.id, None)
        connection.acknowledged = False
        channels = [feed.channel for feed in connection.feeds.values()] + connection.kicked
        for feed in list(connection.feeds.values()):
            self.detach(feed)
        return [c for c in channels if c.id in self._context.channels]

    def drop_side(self, side: Side) -> None:
        """Close all of its connections and forget its feeds."""
        for connection in list(side.connections.values()):
            self.close(connection)
        for feed in list(side.waiting):
            self.detach(feed)
