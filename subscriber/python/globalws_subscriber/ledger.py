"""What a subscriber has delivered, and from where history must be read to miss nothing.

Messages of different regions arrive out of id order, so "after the last id" would miss what was
still on its way. The ledger therefore remembers delivered ids and, by region, up to when that
region's stream has been read; history is read from an overlap before that.
"""

from bisect import insort
from collections.abc import Callable, Collection

from .types import LOWEST_ID, Checkpoint, Message, Options
from .ulid import id_at, time_of


class SeenIds:
    """A bounded set of ids. The smallest are forgotten first; `evicted` is the largest forgotten.

    So every id above `evicted` that was ever added is known.
    """

    def __init__(self, limit: int, ids: Collection[str] = (), evicted: str = LOWEST_ID) -> None:
        self._limit = limit
        self._sorted = sorted(set(ids))
        self._set = set(ids)
        self.evicted = evicted

    def __contains__(self, id: str) -> bool:
        return id in self._set

    def add(self, id: str) -> bool:
        """Whether the id is new."""
        if id in self._set:
            return False
        self._set.add(id)
        insort(self._sorted, id)
        if len(self._sorted) > self._limit:
            oldest = self._sorted.pop(0)
            self._set.discard(oldest)
            self.evicted = max(self.evicted, oldest)
        return True

    def without(self, ids: Collection[str]) -> tuple[str, ...]:
        """The ids, in order, except these."""
        return tuple(id for id in self._sorted if id not in ids)


class Ledger:
    """Delivered ids, position and coverage. Times are milliseconds since 1970.

    The position never runs ahead of `wall`, this machine's clock: one message of a region whose
    clock is minutes ahead would move it past all that the others publish until then.
    """

    def __init__(self, options: Options, wall: Callable[[], int]) -> None:
        self._options = options
        self._wall = wall
        checkpoint = options.checkpoint
        self._floor = LOWEST_ID
        self._position: int | None = None
        self._from_message = True
        self._covered: dict[str, int] = {}
        self._seen = SeenIds(options.seen_limit)
        if checkpoint is not None:
            self._floor, self._position = checkpoint.floor, min(checkpoint.position_ms, wall())
            self._covered = dict(checkpoint.covered_ms)
            self._seen = SeenIds(options.seen_limit, checkpoint.seen, checkpoint.evicted)
        elif options.after is not None:
            self._floor, self._position = options.after, min(time_of(options.after), wall())
            self._seen.add(options.after)
        elif options.replay_ms is not None:
            self._position = wall() - options.replay_ms
            self._floor = id_at(self._position)

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to resume from: the first connection reads no history."""
        return self._position is None

    def begin(self) -> None:
        """A fresh subscription stands since now: later resumes read nothing from before."""
        self._position = self._wall() - self._options.clock_tolerance_ms
        self._floor = id_at(self._position)
        self._from_message = False

    def knows(self, id: str) -> bool:
        """Whether this id was delivered."""
        return id in self._seen

    def accept(self, message: Message) -> bool:
        """Whether to deliver the message; if so it counts as delivered."""
        if not self._seen.add(message.id):
            return False
        time = min(message.time_ms, self._wall())
        if self._position is None or not self._from_message:
            self._mistrust_clock(time)
            self._position, self._from_message = time, True
        else:
            self._position = max(self._position, time)
        return True

    def _mistrust_clock(self, time: int) -> None:
        # `begin` used this machine's clock. A message from before that moment means that it runs
        # ahead, and the floor would cut off messages; only a much older one is just a late one.
        if self._position is not None and 0 < self._position - time <= self._options.reach_ms:
            self._floor = min(self._floor, id_at(time))

    def cover(self, region: str, limit_ms: int | None = None) -> None:
        """The region's stream has been read up to now, or (`limit_ms`) only up to then."""
        if self._position is not None:
            time = self._position if limit_ms is None else min(self._position, limit_ms)
            self._covered[region] = time

    def resume(self, region: str) -> tuple[str, bool]:
        """(id after which to read a region's history, whether messages may be missing).

        Not for a fresh ledger, which has nothing to resume from.
        """
        options, position = self._options, self._position or 0
        if region in self._covered:
            wanted = promised = min(self._covered[region], position) - options.overlap_ms
        elif self._covered:
            wanted = position - max(options.reach_ms, options.overlap_ms)
            promised = position - options.overlap_ms
        else:
            wanted = promised = 0
        # Below `evicted` doubles would not be noticed, below the floor nobody asked.
        after = max(self._floor, self._seen.evicted, id_at(wanted))
        gap = self._seen.evicted > max(self._floor, id_at(promised))
        return after, gap

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
            covered_ms={r: min(t, position) for r, t in self._covered.items()},
            seen=self._seen.without({m.id for m in pending}),
        )
