"""The data plane's settings, with the defaults of the local runtime."""

from dataclasses import dataclass, field

from emulator.eventbridge.retry import Backoff


@dataclass(frozen=True)
class Settings:
    """How fast and how wide.

    `backoff` is that of rule targets (and of dead-letter queues that fail). `throttle_backoff`
    and `function_retry_delays` are those of the asynchronous invocation queue: AWS waits 1 s to
    5 min after a throttle, and 60 s, then 120 s after a function error; here a sixtieth of that.
    Waits are in seconds, `per_…` and `total_…` count what runs at once.
    """

    backoff: Backoff = field(default_factory=Backoff)
    throttle_backoff: Backoff = field(default_factory=lambda: Backoff(base=0.1, cap=5.0))
    function_retry_delays: tuple[float, ...] = (1.0, 2.0)
    per_function: int = 4
    total_functions: int = 16
    per_target: int = 256
    total_targets: int = 1024
    close_grace: float = 2.0
