"""A quota of so many a second."""

import time
from collections import deque
from collections.abc import Callable


class PerSecond:
    """At most `limit` in any second. `clock`: monotonic seconds."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: deque[float] = deque(maxlen=limit)

    def take(self) -> bool:
        """Whether there is one left; if so it is taken."""
        now = self._clock()
        if len(self._taken) == self._taken.maxlen and now - self._taken[0] < 1.0:
            return False
        self._taken.append(now)
        return True
