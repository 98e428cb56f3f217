"""What a feed receives: live messages, and history until it has caught up and once more later.

AppSync acknowledges a subscription before it delivers to it. So history is read right after
`start_ack`, and again `settle_ms` later, from the overlap; known ids are dropped.
"""

from collections.abc import Sequence
from typing import Protocol

from .channel import Channel, Context
from .deadlines import Deadlines
from .errors import NO_HISTORY, BufferOverflowError, ClientError, then
from .feed import Connection, Feed, Phase
from .options import MOST_PER_PAGE
from .retry import Retry
from .signals import Fetch, SetTimer
from .types import Message, State

_SETTLE = "settle"
_REREAD = "reread"
PAGES = "pages"


class Manager(Protocol):
    """What the reader asks of the connection manager."""

    def live(self, feed: Feed) -> None:
        """The feed has caught up."""

    def lose(
        self, connection: Connection, reason: str, *, error_type: str | None, away: bool
    ) -> None:
        """The connection is of no use any more."""

    def refuse(self, feed: Feed, error_type: str, message: str) -> None:
        """The API does not accept the channel."""

    def end(self, channel: Channel, error: ClientError | None) -> None:
        """The channel is over."""


class Reader:
    """Works on feeds that are acknowledged."""

    def __init__(self, context: Context, retry: Retry, manager: Manager) -> None:
        self._context = context
        self._options = context.options
        self._retry = retry
        self._manager = manager
        self._unsettled: Deadlines[Feed] = Deadlines(
            context, _SETTLE, self._options.settle_ms, self._is_there
        )
        self._asked: Deadlines[int] = Deadlines(
            context, PAGES, self._options.history_timeout_ms, context.requests.__contains__
        )

    def started(self, feed: Feed) -> None:
        """`start_ack`: read what there is to read first."""
        channel = feed.channel
        feed.phase = Phase.CATCHING_UP
        feed.started_at = self._context.wall()
        if channel.presence:
            self._manager.live(feed)
            return
        if channel.rewind and not channel.rewound:
            feed.rewound = []
        elif channel.position.fresh:
            channel.position.begin(feed.started_at)
            channel.out.deliver(feed.catchup.give_up())
            self._manager.live(feed)
            return
        else:
            after, feed.gap = channel.position.resume(self._region(feed))
            feed.catchup.begin(after)
        if feed is channel.main and not channel.ever_live:
            channel.out.tell(State.RESUMING, feed.side.region)
        self.fetch(feed)

    def data(self, feed: Feed, message: Message | None) -> None:
        """A live message; None where the publisher did not select all of its fields."""
        if message is None:
            # Only history has the whole message.
            self._miss_from_overlap(feed)
            if feed.phase is Phase.LIVE:
                self._fall_behind(feed, "an incomplete message arrived")
        elif feed.phase is not Phase.LIVE:
            feed.catchup.hold(message)
        elif not feed.channel.out.deliver_live(message):
            feed.catchup.miss(message.id)
            feed.catchup.overflowed = True
            self._fall_behind(feed, "the consumer is slow")

    def _miss_from_overlap(self, feed: Feed) -> None:
        if not feed.channel.position.fresh:
            self._context.note_read(feed)
            feed.catchup.miss(feed.channel.position.resume(self._region(feed))[0])

    def _fall_behind(self, feed: Feed, reason: str) -> None:
        feed.phase = Phase.CATCHING_UP
        if feed is feed.channel.main:
            feed.channel.out.tell(State.RESUMING, feed.side.region, reason=reason)
        self.fetch(feed)

    # Once more

    def settle_later(self, feed: Feed) -> None:
        """The feed came live for the first time: read its history again in `settle_ms`."""
        self._unsettled.add(feed)

    def forget(self) -> None:
        """Nothing is to be read again: there is no channel any more."""
        self._unsettled.forget()
        self._asked.forget()

    def fire(self, name: str) -> None:
        """`settle`, `reread` or `pages` came."""
        if name == PAGES:
            for request in self._asked.fire():
                self.failed(request, None, "no answer in time")
            return
        if name == _REREAD:
            for channel in list(self._context.channels.values()):
                if channel.main is not None:
                    self._reread(channel.main)
            self.reread_later()
            return
        # Those that are due soon come along: one request for many.
        for feed in self._unsettled.fire(self._options.settle_ms / 4):
            self._reread(feed)

    def reread_later(self) -> None:
        """The next periodic reading, if it is switched on."""
        if self._options.reread_ms != float("inf"):
            self._context.commands.append(SetTimer(_REREAD, self._options.reread_ms))

    def _is_there(self, feed: Feed) -> bool:
        return self._context.feeds.get(feed.id) is feed

    def _reread(self, feed: Feed) -> None:
        if not self._is_there(feed) or feed.channel.position.fresh:
            return
        if feed.phase is Phase.LIVE and not feed.catchup.reading:
            self._context.note_read(feed)
            feed.catchup.begin(feed.channel.position.resume(self._region(feed))[0])
        else:
            self._miss_from_overlap(feed)
        self.fetch(feed)

    # History

    def fetch(self, feed: Feed) -> None:
        """Ask for the next page, if one is due and the consumer has room for it."""
        channel = feed.channel
        if feed.phase is Phase.LIVE:
            if not feed.catchup.reading:
                return
        elif feed.phase is not Phase.CATCHING_UP:
            return
        if feed.busy:
            return
        if not channel.out.has_room_for_page:
            channel.out.waits = True
            return
        if channel.is_pattern:
            self._without_history(feed)
            return
        if feed.rewound is not None:
            most = min(channel.rewind - len(feed.rewound), MOST_PER_PAGE)
            self._ask(feed, None, most, feed.rewind_token)
            return
        page = feed.catchup.next_page()
        if page is not None:
            self._ask(feed, page[0], None, page[1])
        elif feed.phase is Phase.CATCHING_UP:
            self._manager.live(feed)

    def _ask(self, feed: Feed, after: str | None, last: int | None, token: str | None) -> None:
        context = self._context
        feed.request = context.number()
        context.requests[feed.request] = feed
        name, limit = feed.channel.name, self._options.page_limit
        region = feed.side.region
        context.commands.append(Fetch(feed.request, region, name, after, last, limit, token))
        self._asked.add(feed.request)

    def page(self, request: int, items: Sequence[Message], next_token: str | None) -> None:
        """A page arrived."""
        feed = self._answered(request)
        if feed is None:
            return
        feed.history_failures = 0
        if feed.rewound is not None:
            self._rewind_page(feed, feed.rewound, items, next_token)
        else:
            wanted = feed.channel.position.wanted(items)
            feed.channel.out.deliver(feed.catchup.page(items, next_token, wanted))
        self.fetch(feed)

    def _rewind_page(
        self, feed: Feed, rewound: list[Message], items: Sequence[Message], token: str | None
    ) -> None:
        channel, most = feed.channel, feed.channel.rewind
        rewound += items
        if token is not None and len(rewound) < most:
            feed.rewind_token = token
            return
        feed.rewound = None
        channel.rewound = True
        channel.position.begin(feed.started_at)
        messages = sorted(rewound[:most], key=lambda m: m.id)
        ready = feed.catchup.page(messages, None, messages)
        channel.out.deliver(ready, frozenset(m.id for m in messages))

    def failed(self, request: int, error_type: str | None, message: str) -> None:
        """A page could not be read."""
        feed = self._answered(request)
        if feed is not None:
            self._history_failed(feed, error_type, message)

    def due(self, feed: Feed) -> None:
        """The time of the feed's history timer came."""
        feed.waiting = False
        self.fetch(feed)

    def _answered(self, request: int) -> Feed | None:
        feed = self._context.requests.pop(request, None)
        if feed is not None:
            feed.request = None
        return feed

    def _history_failed(self, feed: Feed, error_type: str | None, message: str) -> None:
        action = then(error_type)
        if error_type == NO_HISTORY:
            self._without_history(feed)
        elif action == "final":
            self._manager.refuse(feed, str(error_type), message)
        elif action == "region" or feed.history_failures + 1 >= self._options.history_attempts:
            self._lose(feed, f"history: {message}", error_type, away=action == "region")
        else:
            feed.history_failures += 1
            feed.waiting = True
            delay = self._retry.jitter(feed.history_failures - 1)
            self._context.commands.append(SetTimer(feed.history_timer, delay))

    def _without_history(self, feed: Feed) -> None:
        channel = feed.channel
        if feed.catchup.overflowed:
            text = "messages came faster than they were read, and no history is stored"
            if feed is channel.main:
                self._manager.end(channel, BufferOverflowError(text))
            else:
                self._lose(feed, text, None, away=False)
            return
        if feed.rewound is not None:
            feed.rewound = None
            channel.rewound = True
            channel.position.begin(feed.started_at)
        held = feed.catchup.give_up()
        if feed.phase is Phase.CATCHING_UP:
            feed.gap = True
            channel.out.deliver(held)
            self._manager.live(feed)

    def _lose(self, feed: Feed, reason: str, error_type: str | None, *, away: bool) -> None:
        if feed.connection is not None:
            self._manager.lose(feed.connection, reason, error_type=error_type, away=away)

    def _region(self, feed: Feed) -> str:
        return self._context.regions[feed.side.region]
