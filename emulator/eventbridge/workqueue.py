"""Jobs that wait until they are due and until there is capacity: one lane per key, in turns.

Each running job is a task that the queue owns, names and ends. Nothing here knows what a job is.
"""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emulator.eventbridge.ports import Clock, Timer

logger = logging.getLogger(__name__)

J = TypeVar("J")


@dataclass(frozen=True)
class Limits:
    """How many jobs of one lane, and of all lanes together, run at the same time."""

    per_lane: int
    total: int


@dataclass
class _Lane(Generic[J]):
    key: str
    waiting: list[tuple[float, int, J]] = field(default_factory=list)
    running: int = 0


class WorkQueue(Generic[J]):
    """Runs `handler(job)` for each job once it is due.

    Args:
        name: prefix of the names of tasks.
        clock: tells when a job is due.
        handler: runs one job, and puts it back itself if it is to be tried again.
        crashed: called when the handler raised, which is a bug: it decides when the job is tried
            again, and when it is given up. If it raises too, the queue drops the job; what is
            durable is tried again after the next start.
        limits: at the total limit the lanes take turns.
        on_change: called after a job has ended.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        handler: Callable[[J], Awaitable[None]],
        crashed: Callable[[J, Exception], Awaitable[None]],
        *,
        limits: Limits,
        on_change: Callable[[], None],
    ) -> None:
        self._name = name
        self._clock = clock
        self._handler = handler
        self._crashed = crashed
        self._limits = limits
        self._on_change = on_change
        self._lanes: dict[str, _Lane[J]] = {}
        self._turns: deque[_Lane[J]] = deque()
        self._sequence = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: tuple[float, Timer] | None = None
        self._open = True

    @property
    def waiting(self) -> int:
        """Jobs not running."""
        return sum(len(lane.waiting) for lane in self._turns)

    @property
    def running(self) -> int:
        """Jobs running now."""
        return len(self._tasks)

    def depth(self, key: str) -> tuple[int, int]:
        """(waiting, running) of one lane."""
        lane = self._lanes.get(key)
        return (len(lane.waiting), lane.running) if lane else (0, 0)

    def put(self, key: str, job: J, due: float) -> None:
        """Add a job to the lane of this key, to be run at `due` (epoch seconds) or soon after."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = _Lane(key)
            self._turns.append(lane)
        self._sequence += 1
        heapq.heappush(lane.waiting, (due, self._sequence, job))
        self._pump()

    def take(self, unwanted: Callable[[J], bool]) -> list[J]:
        """Remove and return the waiting jobs that are unwanted; running ones run on."""
        taken: list[J] = []
        for lane in self._turns:
            gone = [item for item in lane.waiting if unwanted(item[2])]
            if gone:
                taken += [job for _, _, job in gone]
                lane.waiting = [item for item in lane.waiting if not unwanted(item[2])]
                heapq.heapify(lane.waiting)
        return taken

    def hasten(self) -> None:
        """Make every waiting job due now, for instance when a fault has been lifted."""
        now = self._clock.now()
        for lane in self._turns:
            lane.waiting = [(min(due, now), number, job) for due, number, job in lane.waiting]
            heapq.heapify(lane.waiting)
        self._pump()

    async def close(self, grace: float) -> None:
        """Start nothing more, let what runs end within `grace` seconds, then cancel it."""
        self._open = False
        if self._timer is not None:
            self._timer[1].cancel()
            self._timer = None
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _pump(self) -> None:
        """Start what is due, within the limits; arm the timer for the rest."""
        if not self._open or not any(lane.waiting for lane in self._turns):
            return
        now = self._clock.now()
        idle_turns = 0
        while len(self._tasks) < self._limits.total and idle_turns < len(self._turns):
            lane = self._turns[0]
            self._turns.rotate(-1)
            if lane.running < self._limits.per_lane and lane.waiting and lane.waiting[0][0] <= now:
                self._start(lane, heapq.heappop(lane.waiting)[2])
                idle_turns = 0
            else:
                idle_turns += 1
        later = [
            lane.waiting[0][0] for lane in self._turns if lane.waiting and lane.waiting[0][0] > now
        ]
        if later:
            self._arm(min(later), now)

    def _arm(self, due: float, now: float) -> None:
        if self._timer is not None:
            if self._timer[0] <= due:
                return
            self._timer[1].cancel()
        self._timer = (due, self._clock.call_later(due - now, self._ring))

    def _ring(self) -> None:
        self._timer = None
        self._pump()

    def _start(self, lane: _Lane[J], job: J) -> None:
        lane.running += 1
        self._sequence += 1
        task = asyncio.create_task(self._run(job), name=f"{self._name}:{lane.key}:{self._sequence}")
        self._tasks.add(task)
        task.add_done_callback(lambda ended: self._ended(lane, ended))

    def _ended(self, lane: _Lane[J], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        lane.running -= 1
        self._pump()
        self._on_change()

    async def _run(self, job: J) -> None:
        try:
            await self._handler(job)
        except Exception as error:
            logger.exception("%s: a job's handler failed", self._name)
            try:
                await self._crashed(job, error)
            except Exception:
                logger.exception("%s: a job is left for the next start: %r", self._name, job)
