"""When to try again, and when to give up. Pure.

For EventBridge, AWS publishes only "exponential back-off and jitter, up to 24 hours and 185 times";
for Lambda's asynchronous queue: function errors after 1 and 2 minutes, throttles and system errors
from 1 second, doubling, to 5 minutes. Here the waits are shorter, the counts and ages are not.
"""

import random
from dataclasses import dataclass

from emulator.eventbridge.definition import RetryPolicy

RETRIES_EXHAUSTED = "MaximumRetryAttempts"
AGE_EXCEEDED = "MaximumEventAgeInSeconds"


@dataclass(frozen=True)
class Backoff:
    """Exponential waits in seconds: `base` doubled each time up to `cap`, half of it jitter."""

    base: float = 0.1
    cap: float = 8.0

    def delay(self, attempts: int, rng: random.Random, scale: float = 1.0) -> float:
        """Seconds to wait after the given number of failed attempts (1 or more)."""
        whole = min(self.cap, self.base * 2.0 ** min(attempts - 1, 60))
        return whole * scale * (0.5 + rng.random() / 2)


@dataclass(frozen=True)
class TryAgain:
    """Try again after `delay` seconds."""

    delay: float


@dataclass(frozen=True)
class GiveUp:
    """No further attempt; `condition` as in EXHAUSTED_RETRY_CONDITION."""

    condition: str


def after_failure(
    policy: RetryPolicy, attempts: int, age: float, delay: float
) -> TryAgain | GiveUp:
    """What follows a retryable failure.

    Args:
        policy: the target's.
        attempts: made so far, the failed one included.
        age: seconds since the event was accepted.
        delay: the wait that would come next; one that ends beyond the maximum age is not begun.
    """
    if attempts > policy.maximum_retry_attempts:
        return GiveUp(RETRIES_EXHAUSTED)
    if age + delay > policy.maximum_event_age_seconds:
        return GiveUp(AGE_EXCEEDED)
    return TryAgain(delay)
