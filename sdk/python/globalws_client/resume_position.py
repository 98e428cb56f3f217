"""What a subscription has delivered, and from where history must be read to miss nothing.

Messages of different regions arrive out of id order, so "after the last id" would miss what was
still on its way. The resume position therefore remembers delivered ids and, by region, up to
when that region's stream has been read; history is read from an overlap before that.
"""

from collections.abc import Callable, Collection, Iterable
from itertools import islice

from .options import Beginning, Options
from .types import LOWEST_ID, Checkpoint, Message
from .ulid import id_at, id_not_after, time_of

_FROM_NOW = Beginning()


class SeenIds:
    """The ids that were delivered last, `limit` or a few more, and the time of each.

    Publishers choose ids, so an id says nothing about when it may be forgotten, and its *place* in
    time, `id_not_after` its time, is never later than when its message was published. Every
    message with a place above `evicted` that was ever added is known.
    """

    __slots__ = ("_limit", "_most", "_times", "evicted")

    def __init__(
        self, limit: int, times: Iterable[tuple[str, int]] = (), evicted: str = LOWEST_ID
    ) -> None:
        self._limit = limit
        self._most = limit + limit // 16
        self._times: dict[str, int] = {}  # a fraction of an OrderedDict, and of its cost
        self.evicted = evicted
        for id, ms in times:
            self.add(id, ms)

    def __contains__(self, id: str) -> bool:
        return id in self._times

    def add(self, id: str, ms: int) -> bool:
        """Whether the id is new. `ms` is when it was published."""
        times = self._times
        if id in times:
            return False
        times[id] = ms
        if len(times) > self._most:
            # A dict looks for its first entry from where the first one ever was: so many at a time.
            for old in list(islice(times, len(times) - self._limit)):
                self.evicted = max(self.evicted, id_not_after(old, times.pop(old)))
        return True

    def without(self, ids: Collection[str]) -> tuple[str, ...]:
        """The ids, as they were delivered, except these."""
        return tuple(id for id in self._times if id not in ids)


class ResumePosition:
    """Delivered ids, the newest message, and how far each region was read. Milliseconds since 1970.

    The position never runs ahead of `wall`, this machine's clock: one message of a region whose
    clock is minutes ahead would move it past all that the others publish until then.
    """

    __slots__ = (
        "_floor", "_from_message", "_options", "_position", "_read_up_to", "_seen", "_wall",
    )  # fmt: skip

    def __init__(
        self, options: Options, wall: Callable[[], int], beginning: Beginning = _FROM_NOW
    ) -> None:
        self._options = options
        self._wall = wall
        checkpoint = beginning.checkpoint
        self._floor = LOWEST_ID
        self._position: int | None = None
        self._from_message = True
        self._read_up_to: dict[str, int] = {}
        self._seen = SeenIds(options.seen_limit)
        if checkpoint is not None:
            # Ids of a future that never was may have got into it.
            self._position = min(checkpoint.position_ms, wall())
            latest = id_at(self._position)
            self._floor = min(checkpoint.floor, latest)
            self._read_up_to = dict(checkpoint.read_up_to_ms)
            self._seen = SeenIds(
                options.seen_limit,
                ((id, self._position) for id in checkpoint.seen),
                min(checkpoint.evicted, latest),
            )
        elif beginning.after is not None:
            now = wall()
            self._floor = min(beginning.after, id_at(now))
            self._position = time_of(self._floor)
            self._seen.add(beginning.after, now)
        elif beginning.replay_ms is not None:
            self._position = int(max(0, wall() - beginning.replay_ms))
            self._floor = id_at(self._position)

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to resume from yet: the first connection has not begun."""
        return self._position is None

    def begin(self, at_ms: int) -> None:
        """A fresh subscription began then: later resumes read nothing from before."""
        self._position = int(max(0, at_ms - self._options.clock_tolerance_ms))
        self._floor = id_at(self._position)
        self._from_message = False

    def knows(self, id: str) -> bool:
        """Whether this id was delivered."""
        return id in self._seen

    def wanted(self, messages: Collection[Message]) -> list[Message]:
        """The messages from the history that may be new, whatever their ids say.

        No id brings back what was delivered and forgotten, nor what was published before the
        beginning. (A beginning that is a message's id is compared with ids only.) What is known now
        is left out now: the page itself may push it out of what is remembered.
        """
        if not messages:
            return []
        began = time_of(self._floor)
        is_time = self._floor == id_at(began)
        return [
            m
            for m in messages
            if m.id not in self._seen
            and id_not_after(m.id, m.time_ms) > self._seen.evicted
            and (m.published_ms >= began or not is_time)
        ]

    def rewind(self, message: Message) -> bool:
        """Whether to deliver a message from before the beginning; it moves no position."""
        return self._seen.add(message.id, message.time_ms)

    def accept(self, message: Message) -> bool:
        """Whether to deliver the message; if so it counts as delivered."""
        time, position = message.time_ms, self._position
        if (position is None or time > position) and time > (now := self._wall()):
            time = now
        if not self._seen.add(message.id, time):
            return False
        if position is None or not self._from_message:
            self._mistrust_clock(time)
            self._position, self._from_message = time, True
        elif time > position:
            self._position = time
        return True

    def _mistrust_clock(self, time: int) -> None:
        # `begin` used this machine's clock. A message from before that moment means that it runs
        # ahead, and the floor would cut off messages; only a much older one is just a late one.
        if self._position is not None and 0 < self._position - time <= self._options.lookback_ms:
            self._floor = min(self._floor, id_at(time))

    def has_read(self, region: str, limit_ms: int | None = None) -> None:
        """The region's stream has been read up to now, or (`limit_ms`) only up to then."""
        if self._position is not None:
            time = self._position if limit_ms is None else min(self._position, limit_ms)
            self._read_up_to[region] = time

    def resume(self, region: str) -> tuple[str, bool]:
        """(id after which to read a region's history, whether messages may be missing).

        Not for a fresh position, which has nothing to resume from.
        """
        options, position = self._options, self._position or 0
        if region in self._read_up_to:
            wanted = promised = min(self._read_up_to[region], position) - options.overlap_ms
        elif self._read_up_to:
            wanted = position - max(options.lookback_ms, options.overlap_ms)
            promised = position - options.overlap_ms
        else:
            wanted = promised = 0
        # Below `evicted` duplicates would not be noticed, below the floor nobody asked.
        floor, evicted = self._floor, self._seen.evicted
        gap = evicted > floor and evicted > id_at(promised)
        return max(floor, evicted, id_at(wanted)), gap

    def checkpoint(self, pending: Collection[Message]) -> Checkpoint | None:
        """The state as it was before these messages; None while there is nothing to resume."""
        if self._position is None:
            return None
        oldest = min((m.time_ms for m in pending), default=self._position)
        position = min(self._position, oldest)
        return Checkpoint(
            floor=self._floor,
            evicted=self._seen.evicted,
            position_ms=position,
            read_up_to_ms={r: min(t, position) for r, t in self._read_up_to.items()},
            seen=self._seen.without({m.id for m in pending}),
        )
