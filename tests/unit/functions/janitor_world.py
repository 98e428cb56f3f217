"""A janitor with fakes for all that it works on."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from globalws_functions.domain.channel import Channel
from globalws_functions.domain.channel_rules import deployed_by_pattern
from globalws_functions.domain.errors import GlobalwsError, TransientError
from globalws_functions.domain.janitor import Janitor, Run
from globalws_functions.domain.leases import HasTime, Sweep, Target
from globalws_functions.domain.token_bucket import TokenBucket

from tests.support.functions import FakeApi, FakeAudit, FakeClock

ALLOWED = "cars,tech"
GRACE = timedelta(minutes=15)


@dataclass
class FakeRegistry:
    items: dict[str, Channel] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    def channels(self) -> Iterator[Channel]:
        yield from list(self.items.values())

    def remember(self, name: str, level: str | None, stricter_since: datetime | None) -> None:
        self._check(name)
        self.items[name] = replace(
            self.items.get(name, Channel(name)),
            known=True,
            known_level=level,
            stricter_since=stricter_since,
        )

    def mark_invalidated(self, channel: Channel, at: datetime) -> None:
        self._check(channel.name)
        self.items[channel.name] = replace(
            channel, closed_since=channel.closed_since or at, invalidated_at=at
        )

    def reopen(self, channel: Channel) -> None:
        self._check(channel.name)
        self.items[channel.name] = replace(channel, closed_since=None, invalidated_at=None)

    def save_run(self, run: Run) -> None:
        self.runs.append(run)

    def _check(self, name: str) -> None:
        if name in self.failing:
            raise TransientError("the table is busy")


@dataclass
class FakePresence:
    """Who was shut out; `failed` of the next call's members could not be ended."""

    shut: list[Target] = field(default_factory=list)
    failed: int = 0

    def shut_out(self, target: Target, has_time: HasTime) -> Sweep:
        assert has_time()
        self.shut.append(target)
        done, self.failed = Sweep(failed=self.failed), 0
        return done


@dataclass
class World:
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    api: FakeApi = field(default_factory=FakeApi)
    audit: FakeAudit = field(default_factory=FakeAudit)
    presence: FakePresence | None = None
    clock: FakeClock = field(default_factory=FakeClock)
    warnings: list[tuple[str, GlobalwsError]] = field(default_factory=list)
    seconds: float = 240.0

    def __post_init__(self) -> None:
        # One for all runs, as in a Lambda process.
        self.bucket = TokenBucket(80, 5, self.clock.monotonic, self.clock.sleep)

    def run(self, allowed: str = ALLOWED, *, ends_expired: bool = False) -> Run:
        end = self.clock.seconds + self.seconds
        janitor = Janitor(
            region="us-west-2",
            deployed=deployed_by_pattern(allowed),
            grace=GRACE,
            registry=self.registry,
            api=self.api,
            audit=self.audit,
            bucket=self.bucket,
            clock=self.clock.now,
            random=Random(7),
            failure=lambda name, error: self.warnings.append((name, error)),
            presence=self.presence,
            ends_expired=ends_expired,
        )
        return janitor.run(lambda: end - self.clock.seconds)

    def block(self, *names: str) -> None:
        for name in names:
            self.registry.items[name] = Channel(
                name, override=False, decision="d", closed_since=self.clock.now()
            )
