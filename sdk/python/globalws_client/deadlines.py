"""What is due the same time after it began: one timer for all of it."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .channel import Context
from .signals import CancelTimer, SetTimer

T = TypeVar("T")
_FEW = 64


class Deadlines(Generic[T]):
    """In the order in which they are due.

    Args:
        name: the timer's.
        ms: how long each has.
        is_awaited: whether one is still of interest.
    """

    def __init__(
        self, context: Context, name: str, ms: float, is_awaited: Callable[[T], bool]
    ) -> None:
        self._context = context
        self._name = name
        self._ms = ms
        self._is_awaited = is_awaited
        self._due: deque[tuple[float, T]] = deque()
        self._most = _FEW
        self._is_set = False

    def add(self, item: T) -> None:
        """It is due in `ms`."""
        self._due.append((self._context.now + self._ms, item))
        if not self._is_set:
            self._set_timer()
        if len(self._due) > self._most:  # at most half of them are of no interest any more
            self._due = deque(each for each in self._due if self._is_awaited(each[1]))
            self._most = 2 * len(self._due) + _FEW

    def fire(self, early_ms: float = 0) -> list[T]:
        """The timer's time came: those that are due, or will be within `early_ms`."""
        self._is_set = False
        late: list[T] = []
        while self._due:
            time, item = self._due[0]
            is_awaited = self._is_awaited(item)
            if is_awaited and time > self._context.now + early_ms:
                self._set_timer()
                break
            self._due.popleft()
            if is_awaited:
                late.append(item)
        return late

    def forget(self) -> None:
        """Nothing is awaited any more."""
        self._due.clear()
        self._is_set = False
        self._context.commands.append(CancelTimer(self._name))

    def _set_timer(self) -> None:
        self._is_set = True
        delay = self._due[0][0] - self._context.now
        self._context.commands.append(SetTimer(self._name, delay))
