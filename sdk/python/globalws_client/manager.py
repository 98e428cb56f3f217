"""The connection manager: the region in use, attempts, failover, and the way home.

Regions fail over for the whole client. A refusal ends one channel and moves nothing. A lost
connection moves its own feeds to the next one, and only the channels that got `complete` were
kicked. While failed over, home is the standby: all channels subscribe and catch up there first.
"""

from .channel import Channel, Context
from .errors import ClientError, then
from .feed import Connection, Feed, Phase, Side
from .placement import STARTS, Placement
from .reader import Reader
from .retry import Attempt, Retry
from .signals import CancelTimer, Finish, RenewToken, SetTimer
from .types import State

RETRY = "retry"
HOME = "home"
HOME_REGION = 0
_UNAUTHORIZED = "UnauthorizedException"
_MAX_SUBSCRIPTIONS = "MaxSubscriptionsReachedError"


class ConnectionManager:
    """Places feeds on connections. `renewable`: whether another token may be asked for."""

    def __init__(self, context: Context, retry: Retry, *, renewable: bool) -> None:
        self.placement = Placement(context)
        self.main = Side(HOME_REGION, is_main=True)
        self.standby: Side | None = None
        self.reader = Reader(context, retry, self)
        self._context = context
        self._options = context.options
        self._retry = retry
        self._renewable = renewable
        self._next = Attempt(HOME_REGION, 0, 1)
        self._home_due = False  # the home timer is set

    # Channels

    def add(self, channel: Channel) -> None:
        """Subscribe to it."""
        if len(self._context.channels) == 1:
            self.main.untried = False
            self.reader.reread_later()
        channel.out.tell(State.CONNECTING, self.main.region, attempt=self._next.number)
        self.placement.place(self.placement.new_feed(channel, self.main))
        if self.standby is not None:
            self.placement.place(self.placement.new_feed(channel, self.standby))

    def end(self, channel: Channel, error: ClientError | None) -> None:
        """The channel is over."""
        self._context.commands.append(Finish(channel.id, error))
        self.remove(channel)

    def remove(self, channel: Channel) -> None:
        """Unsubscribe; a connection without feeds is closed."""
        context = self._context
        context.channels.pop(channel.id, None)
        channel.out.end()
        for feed in channel.feeds():
            connection = feed.connection
            self.placement.detach(feed, stop=True)
            if connection is not None:
                self.placement.close_if_empty(connection)
        channel.main = channel.standby = None
        if not context.channels:
            self.stop()
        elif self.standby is not None:
            self._promote_if_ready()

    def refuse(self, feed: Feed, error_type: str, message: str) -> None:
        """The API does not accept the channel."""
        # Regions may disagree for a moment about a policy: only the one in use decides.
        if feed.side is not self.main:
            self._put_home_off()
            return
        region = feed.side.region
        feed.channel.out.tell(State.REFUSED, region, error_type=error_type, reason=message)
        self.end(feed.channel, None)

    def stop(self) -> None:
        """Close every connection."""
        for side in (self.main, self.standby):
            if side is not None:
                self.placement.drop_side(side)
        self.standby = None
        self.placement.backing_off = self._home_due = False
        self.reader.forget()
        self.placement.starting.forget()
        self._context.commands += [CancelTimer(name) for name in (RETRY, HOME, "reread")]

    # Feeds

    def started(self, feed: Feed) -> None:
        """`start_ack`."""
        if feed.phase is not Phase.STARTING:
            return
        self.placement.answered(feed)
        feed.renewed = False
        connection = feed.connection
        self.reader.started(feed)
        if connection is not None:
            self.placement.start_next(connection)

    def kicked(self, feed: Feed) -> None:
        """The server ended this subscription; it closes the connection now."""
        connection = feed.connection
        if connection is None or feed.phase is Phase.WAITING:
            return
        if feed.side is not self.main:
            self._put_home_off()
            return
        feed.channel.out.tell(State.KICKED, feed.side.region)
        self.placement.await_close(feed, connection)

    def failed(self, feed: Feed, error_type: str, message: str) -> None:
        """The API answered a feed with an error."""
        connection, action = feed.connection, then(error_type)
        if connection is None:
            return
        if feed.phase is Phase.STARTING:
            self.placement.answered(feed)
            feed.phase = Phase.WAITING
        if error_type == _MAX_SUBSCRIPTIONS:
            connection.full = True
            self.placement.detach(feed)
            self.placement.place(self.placement.new_feed(feed.channel, feed.side))
        elif error_type == _UNAUTHORIZED and self._renewable and not feed.renewed:
            feed.renewed = True
            self._context.commands.append(RenewToken(connection.id))
            self.placement.restart(feed)
        elif action == "final":
            self.refuse(feed, error_type, message)
        elif feed.side is not self.main:
            self._put_home_off()
        elif action == "region" or feed.start_failures + 1 >= self._options.failover_attempts:
            self.lose(connection, message, error_type=error_type, away=action == "region")
        else:
            feed.start_failures += 1
            self._tell_loss(feed.channel, error_type, message)
            self.placement.restart(feed, self._retry.jitter(feed.start_failures - 1))
        self.placement.start_next(connection)

    # Connections

    def check_silence(self, connection: Connection) -> None:
        """Dead if no frame came for too long."""
        silent = self._context.now - connection.last_frame
        if silent >= connection.silence_ms:
            self.lose(connection, f"no frame for {silent / 1000:.0f} s")
        else:
            self.placement.watch_silence(connection, silent)

    def connection_failed(self, connection: Connection, error_type: str, message: str) -> None:
        """The API answered the connection with an error."""
        if connection.acknowledged:
            return  # it speaks of nothing in particular; what is affected runs into its time
        side, action = connection.side, then(error_type)
        is_refused = error_type == _UNAUTHORIZED and self._renewable
        # One that was opened before the last renewal came with the token that was refused then.
        is_old = connection.renewals < side.renewals
        if is_refused and not is_old:
            # Even if that is the end: who subscribes later comes with another one.
            self._context.commands.append(RenewToken(connection.id))
        if is_refused and (is_old or not side.untried):
            if not is_old:
                side.renewals, side.untried = side.renewals + 1, True
            self.lose(connection, message, error_type=error_type, counts=False)
        elif action == "final" and side is self.main:
            for feed in list(connection.feeds.values()):
                self.refuse(feed, error_type, message)
        else:
            self.lose(connection, message, error_type=error_type, away=action == "region")

    def lose(
        self,
        connection: Connection,
        reason: str,
        *,
        error_type: str | None = None,
        away: bool = False,
        counts: bool = True,
    ) -> None:
        """The connection is of no use any more; another attempt follows.

        Args:
            away: try another region at once.
            counts: as a failure of its region.
        """
        side = connection.side
        if side is not self.main:
            self._put_home_off()
            return
        if self.standby is not None:
            self._promote(reason, error_type)  # the way home is the next attempt
            return
        channels = self.placement.close(connection)
        if not self.placement.backing_off:
            self._next = self._retry.lost(
                side.region,
                self._context.now,
                connection.live_since,
                kicked=bool(connection.kicked) or not counts,
                away=away,
            )
            self.placement.backing_off = True
            self._context.commands.append(SetTimer(RETRY, self._next.delay_ms))
        if self._next.region != side.region:
            channels = list(self._context.channels.values())
            self.placement.drop_side(side)
            side.region = self._next.region
        if not side.connections:
            self._context.commands.append(CancelTimer(HOME))
            self._home_due = False
        for channel in channels:
            self._tell_loss(channel, error_type, reason)
            self.placement.place(self.placement.new_feed(channel, side))

    def _tell_loss(self, channel: Channel, error_type: str | None, reason: str) -> None:
        state = State.RESUMING if channel.ever_live else State.CONNECTING
        attempt = self._next.number + (0 if channel.ever_live else 1)
        region = self._next.region if self.placement.backing_off else self.main.region
        channel.out.tell(state, region, attempt=attempt, error_type=error_type, reason=reason)

    def fire(self, name: str) -> None:
        """`retry`, `home` or `starts` came."""
        if name == RETRY and self.placement.backing_off:
            self.placement.backing_off = False
            waiting, self.main.waiting = self.main.waiting, []
            for feed in waiting:
                self.placement.place(feed)
        elif name == STARTS:
            for feed in self.placement.starting.fire():
                if feed.connection is not None:
                    self.lose(feed.connection, "the server did not answer in time")
        elif name == HOME:
            self._home_due = False
            if self.standby is None and self.main.region != HOME_REGION:
                self.standby = Side(HOME_REGION, is_main=False)
                for channel in list(self._context.channels.values()):
                    self.placement.place(self.placement.new_feed(channel, self.standby))

    # Regions

    def live(self, feed: Feed) -> None:
        """The feed has caught up."""
        first, connection = not feed.live_before, feed.connection
        feed.phase, feed.live_before = Phase.LIVE, True
        feed.start_failures = 0
        feed.catchup.overflowed = False
        if connection is not None and connection.live_since is None:
            connection.live_since = self._context.now
        if first:
            self.reader.settle_later(feed)
        if feed.side is self.main:
            self._retry.live()
            self._tell_live(feed)
        else:
            self._promote_if_ready()

    def _tell_live(self, feed: Feed) -> None:
        home = feed.side.region == HOME_REGION
        state = State.LIVE if home else State.FAILED_OVER
        feed.channel.ever_live = True
        feed.channel.out.tell(state, feed.side.region, gap=feed.gap)
        feed.gap = False
        if not home and self.standby is None and not self._home_due:
            self._probe_home_later()

    def _promote_if_ready(self) -> None:
        feeds = [channel.standby for channel in self._context.channels.values()]
        if all(feed is not None and feed.phase is Phase.LIVE for feed in feeds):
            self._promote()

    def _promote(self, reason: str | None = None, error_type: str | None = None) -> None:
        """Home is in use from now on. A reason: the other region was lost."""
        previous, home = self.main, self.standby
        if home is None:
            return
        self.main, self.standby = home, None
        home.is_main, previous.is_main = True, False
        self.placement.drop_side(previous)
        self.placement.backing_off = self._home_due = False
        self._context.commands += [CancelTimer(RETRY), CancelTimer(HOME)]
        self._next = Attempt(HOME_REGION, 0, self._next.number)
        self._retry.live()
        for channel in self._context.channels.values():
            channel.main, channel.standby = channel.standby, None
            if channel.main is not None and channel.main.phase is Phase.LIVE:
                self._tell_live(channel.main)
            else:
                self._tell_loss(channel, error_type, reason or "")

    def _put_home_off(self) -> None:
        if self.standby is not None:
            standby, self.standby = self.standby, None
            self.placement.drop_side(standby)
            for channel in self._context.channels.values():
                channel.standby = None
        self._probe_home_later()

    def _probe_home_later(self) -> None:
        # Spread over half to one and a half times the interval, so that clients do not go at once.
        delay = self._options.home_probe_ms * (0.5 + self._context.random())
        self._home_due = True
        self._context.commands.append(SetTimer(HOME, delay))
