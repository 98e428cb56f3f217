"""A token bucket: at most so many calls a second, with a small burst."""

from collections.abc import Callable

_LEAST_WAIT = 0.001


class TokenBucket:
    """Holds callers back to `rate` calls a second; within any second, at most `rate + burst`.

    Args:
        clock: monotonic seconds.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        rate: float,
        burst: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._sleep = sleep
        self._tokens = burst
        self._filled_at = clock()

    def take(self) -> None:
        """Returns once the next call may be made."""
        self._fill()
        # If sleep returns early, do not exceed the rate.
        while self._tokens < 1:
            # A shorter wait might not move the clock, and the loop would not end.
            self._sleep(max(_LEAST_WAIT, (1 - self._tokens) / self._rate))
            self._fill()
        self._tokens -= 1

    def pause(self, seconds: float) -> None:
        """The callee asked for fewer calls: waits, and starts over without a burst."""
        self._sleep(seconds)
        self._fill()
        self._tokens = 0.0

    def _fill(self) -> None:
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
