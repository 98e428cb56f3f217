"""How a client behaves, and where a subscription begins."""

import math
from dataclasses import dataclass

from .types import Checkpoint
from .ulid import is_ulid

MOST_PER_PAGE = 200  # the API refuses more
MOST_REWOUND = 1_000

_AT_LEAST_ONE = (
    "buffer_bytes", "settle_ms", "reread_ms",
    "page_limit", "history_attempts", "seen_limit", "connect_timeout_ms", "start_timeout_ms",
    "history_timeout_ms", "keep_alive_ms", "silence_factor", "backoff_base_ms", "backoff_cap_ms",
    "failover_attempts", "home_probe_ms", "buffer_limit", "hold_limit",
)  # fmt: skip
_AT_LEAST_ZERO = (
    "overlap_ms", "lookback_ms", "clock_tolerance_ms", "stable_ms", "failover_ms",
)  # fmt: skip


def check_least(options: object, least: int, *names: str) -> None:
    """Raises ValueError for an option that is no number from `least` on."""
    for name in names:
        value = getattr(options, name)
        if not isinstance(value, int | float) or not value >= least:
            raise ValueError(f"{name} must be a number from {least} on, not {value!r}")


@dataclass(frozen=True)
class Beginning:
    """Where a subscription begins; without any, only what is published from now on is delivered.

    At most one of `rewind` (the newest so many messages of the region's history, once), `after` (an
    id: what is newer), `replay_ms` (what the last so many milliseconds brought) and `checkpoint`
    (continue another subscription).
    Raises ValueError for what cannot work.
    """

    rewind: int | None = None
    after: str | None = None
    replay_ms: float | None = None
    checkpoint: Checkpoint | None = None

    def __post_init__(self) -> None:
        given = (self.rewind, self.after, self.replay_ms, self.checkpoint)
        if sum(each is not None for each in given) > 1:
            raise ValueError("give one of rewind, after, replay_ms and checkpoint")
        if self.after is not None and not is_ulid(self.after):
            raise ValueError(f"after must be a ULID, not {self.after!r}")
        if self.replay_ms is not None:
            check_least(self, 0, "replay_ms")
        if self.rewind is not None and not (
            isinstance(self.rewind, int) and 0 <= self.rewind <= MOST_REWOUND
        ):
            raise ValueError(f"rewind must be a whole number from 0 to {MOST_REWOUND}")


@dataclass(frozen=True)
class Options:
    """How a client behaves. Times in milliseconds, `math.inf` for never; the defaults suit AppSync.

    Raises ValueError for what cannot work.
    """

    overlap_ms: float = 120_000  # history is read again from this long before the last message
    lookback_ms: float = 900_000  # ... or this long, in a region not used before
    page_limit: int = 100  # messages a history page
    history_attempts: int = 3  # failures of history before the connection counts as failed
    seen_limit: int = 10_000  # ids remembered, to drop duplicates
    clock_tolerance_ms: float = 2_000  # by how much this machine's clock may run ahead

    connect_timeout_ms: float = 10_000  # until connection_ack
    start_timeout_ms: float = 10_000  # until start_ack
    history_timeout_ms: float = 10_000  # until a page of history
    keep_alive_ms: float = 60_000  # how often the server says `ka`
    silence_factor: float = 1.3  # the connection is dead after so many silent keep-alive intervals

    backoff_base_ms: float = 500  # the wait is random, up to this, doubled with each attempt
    backoff_cap_ms: float = 30_000  # the longest wait
    stable_ms: float = 10_000  # live for that long: failures before are forgotten
    failover_attempts: int = 3  # failed attempts in a row before the next region is tried
    failover_ms: float = 15_000  # ... or time without a connection
    home_probe_ms: float = 30_000  # while failed over, how often home is tried

    settle_ms: float = 8_000  # after start_ack, until history is read once more
    reread_ms: float = math.inf  # how often history is read at rest; each reading costs requests

    buffer_limit: int = 1_000  # messages of a channel not yet read by its consumer
    buffer_bytes: float = 64 * 1024 * 1024  # and of all channels together, about
    hold_limit: int = 1_000  # live messages held while history is read

    def __post_init__(self) -> None:
        check_least(self, 1, *_AT_LEAST_ONE)
        check_least(self, 0, *_AT_LEAST_ZERO)
        if not self.page_limit <= min(self.buffer_limit, MOST_PER_PAGE):
            raise ValueError(f"page_limit must be from 1 to {MOST_PER_PAGE} and buffer_limit")
