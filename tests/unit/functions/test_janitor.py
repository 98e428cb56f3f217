"""The janitor's rules and one run of it."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest
from globalws_functions.domain.channel import Channel, JanitorAction, next_action
from globalws_functions.domain.channel_rules import deployed_by_pattern
from globalws_functions.domain.errors import (
    GlobalwsError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from globalws_functions.domain.janitor import NOBODYS, RESERVE_SECONDS, Janitor, Run
from globalws_functions.domain.token_bucket import TokenBucket
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import NOW, FakeApi, FakeAudit, FakeClock

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
class World:
    registry: FakeRegistry = field(default_factory=FakeRegistry)
    api: FakeApi = field(default_factory=FakeApi)
    audit: FakeAudit = field(default_factory=FakeAudit)
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
            ends_expired=ends_expired,
        )
        return janitor.run(lambda: end - self.clock.seconds)

    def block(self, *names: str) -> None:
        for name in names:
            self.registry.items[name] = Channel(
                name, override=False, decision="d", closed_since=self.clock.now()
            )


@pytest.fixture
def world() -> World:
    return World()


def test_the_channels_of_the_deployment_are_remembered_once(world: World) -> None:
    assert world.run().remembered == 2
    assert world.run().remembered == 0
    assert world.api.unsubscribed == []


def test_each_run_ends_what_has_expired_if_the_deployment_says_so(world: World) -> None:
    world.run()
    assert world.api.unsubscribed == []
    for _ in range(2):
        assert world.run(ends_expired=True).failed == 0
    assert world.api.unsubscribed == [NOBODYS] * 2


def test_a_blocked_channel_is_invalidated_until_once_after_the_grace_time(world: World) -> None:
    world.block("media")
    for minutes in range(0, 60, 5):
        world.clock.seconds = 1000 + minutes * 60
        world.run()
    assert world.api.unsubscribed == ["media"] * 4  # at 0, 5, 10 and 15 minutes


def test_after_failures_the_last_invalidation_is_still_made(world: World) -> None:
    world.block("media")
    world.run()
    world.api.failures["media"] = [TransientError("down")] * 5
    for _ in range(8):
        world.clock.seconds += 300
        world.run()
    assert len(world.api.unsubscribed) == 2


def test_a_channel_dropped_by_a_deployment_is_closed_and_audited(world: World) -> None:
    world.run()
    run = world.run(allowed="cars")
    assert (run.closed, run.invalidated) == (1, 1)
    assert world.api.unsubscribed == ["tech"]
    (record,) = world.audit.saved
    assert (record.name, record.by, record.action) == ("tech", "janitor", "close")
    # Named again, it is forgotten that it was closed, and dropping it is noticed again.
    assert world.run().reopened == 1
    assert world.run(allowed="cars").closed == 1


def test_an_operator_s_allow_outlives_a_deployment(world: World) -> None:
    world.registry.items["tech"] = Channel("tech", override=True, decision="d", known=True)
    assert world.run(allowed="").invalidated == 0


def test_a_channel_reset_and_not_of_the_deployment_is_closed_for_the_grace_time(
    world: World,
) -> None:
    # As the registry has it after `allow` and `reset`: decided on, and nothing decided.
    world.registry.items["media"] = Channel("media", decision="d")
    for minutes in range(0, 60, 5):
        world.clock.seconds = 1000 + minutes * 60
        world.run()
    assert world.api.unsubscribed == ["media"] * 4  # at 0, 5, 10 and 15 minutes
    assert world.audit.saved == []  # the command's own record says it


def test_a_channel_reset_is_the_deployment_s(world: World) -> None:
    world.registry.items["tech"] = Channel("tech", decision="d")
    assert world.run().invalidated == 0
    run = world.run(allowed="cars")
    assert (run.closed, world.api.unsubscribed) == (1, ["tech"])
    (record,) = world.audit.saved
    assert record.reason == "no longer in AllowedChannels"
    assert world.run().reopened == 1


def test_one_failure_never_stops_the_rest(world: World) -> None:
    world.block("a", "b", "c", "d")
    world.api.failures = {
        "b": [PermanentError("InvalidChannelName", "no")],
        "c": [TransientError("x")],
    }
    world.registry.failing = {"d"}
    run = world.run()
    assert (run.invalidated, run.failed, run.write_failures) == (2, 2, 1)
    assert not run.is_failure
    assert {name for name, _ in world.warnings} == {"b", "c", "d"}
    assert world.registry.runs == [run]


def test_a_run_in_which_everything_failed_is_a_failure(world: World) -> None:
    world.block("a", "b")
    world.api.failures = {name: [TransientError("down")] for name in ("a", "b")}
    run = world.run()
    assert run.is_failure
    assert world.registry.runs == [run]


def test_a_throttled_api_gets_a_pause(world: World) -> None:
    world.block("a", "b", "c")
    world.api.failures = {"b": [ThrottledError("429")]}
    run = world.run()
    assert (run.throttled, run.failed, run.invalidated) == (1, 1, 2)
    assert 1.0 in world.clock.slept


def test_what_time_does_not_suffice_for_is_left_to_the_next_run(world: World) -> None:
    world.block(*(f"c{number}" for number in range(400)))
    world.seconds = RESERVE_SECONDS + 2
    first = world.run()
    assert first.skipped == 400 - first.invalidated > 0
    world.seconds = 240
    # Within the grace time all are invalidated again.
    assert world.run().invalidated == 400


def test_never_a_hundred_invalidations_in_any_second(world: World) -> None:
    times: list[float] = []
    world.api.on_call = lambda _: times.append(world.clock.seconds)
    world.block(*(f"c{number}" for number in range(1000)))
    assert world.run().invalidated == 1000
    assert world.clock.seconds - 1000 < 13
    world.clock.seconds += 300  # until the next run, in which the rate may not be saved up
    assert world.run().invalidated == 1000
    assert max(sum(start <= t < start + 1 for t in times) for start in times[::10]) < 100


instants = st.none() | st.integers(0, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(
    st.builds(
        Channel,
        name=st.sampled_from(["cars", "media"]),
        override=st.none() | st.booleans(),
        decision=st.none() | st.just("d"),
        known=st.booleans(),
        closed_since=instants,
        invalidated_at=instants,
    )
)
def test_an_allowed_channel_is_never_invalidated(channel: Channel) -> None:
    deployed = deployed_by_pattern(ALLOWED)
    need = next_action(channel, deployed, GRACE)
    if channel.is_allowed(deployed):
        assert need is not JanitorAction.INVALIDATE
    elif need is JanitorAction.NOTHING:
        is_ours = channel.override is False or channel.decision is not None or channel.known
        assert not is_ours or (
            channel.closed_since is not None
            and channel.invalidated_at is not None
            and channel.invalidated_at >= channel.closed_since + GRACE
        )


@given(st.floats(1, 1000), st.lists(st.floats(0, 0.1), min_size=1, max_size=100))
def test_the_bucket_holds_its_rate_whatever_its_callers_do(rate: float, waits: list[float]) -> None:
    clock = FakeClock()
    bucket = TokenBucket(rate, 5, clock.monotonic, clock.sleep)
    times = []
    for wait in waits:
        clock.seconds += wait
        bucket.take()
        times.append(clock.seconds)
    for first, last in itertools.combinations(range(len(times)), 2):
        assert last - first + 1 <= 5 + rate * (times[last] - times[first]) + 1e-3


def _runs(world: World, allowed: str, minutes: int = 60) -> list[Run]:
    """Runs each five minutes."""
    runs = []
    for _ in range(0, minutes, 5):
        runs.append(world.run(allowed))
        world.clock.seconds += 300
    return runs


def test_a_blocked_user_is_disconnected_until_once_after_the_grace_time(world: World) -> None:
    world.block("#user:bob")
    world.registry.items["#user:eve"] = Channel("#user:eve", override=True, decision="d")
    world.registry.items["#user:joe"] = Channel("#user:joe")  # has only grants
    _runs(world, ALLOWED)
    assert world.api.disconnected == ["bob"] * 4
    assert world.api.unsubscribed == []


def test_a_blocked_pattern_is_ended_like_a_channel(world: World) -> None:
    world.block("chat:*")
    _runs(world, "chat:*,*")
    assert world.api.unsubscribed == ["chat:*"] * 4


@pytest.mark.parametrize(
    ("allowed", "times"), [("cars", 4), ("cars,*", 2), ("cars,te:*", 4), ("cars,tech:*", 4)]
)
def test_a_name_that_left_the_list_is_ended_twice_if_others_still_allow_it(
    world: World, allowed: str, times: int
) -> None:
    world.run()
    _runs(world, allowed)
    assert world.api.unsubscribed == ["tech"] * times


def test_a_pattern_that_left_the_list_is_ended_twice(world: World) -> None:
    """Some of its channels may have rules of their own, whose subscribers come back."""
    world.run("chat:*")
    _runs(world, "chat:42")
    assert world.api.unsubscribed == ["chat:*"] * 2
    assert [record.name for record in world.audit.saved] == ["chat:*"]


def test_an_entry_that_cannot_be_read_is_a_block(world: World) -> None:
    world.run()
    _runs(world, "cars,tech=everyone")
    assert world.api.unsubscribed == ["tech"] * 4


def test_a_rule_that_a_deployment_made_stricter_ends_subscriptions_twice(world: World) -> None:
    world.run("cars,chat:*")
    assert world.api.unsubscribed == []
    runs = _runs(world, "cars,chat:*=signed-in")
    assert world.api.unsubscribed == ["chat:*"] * 2
    assert [run.stricter for run in runs[:3]] == [1, 1, 0]
    (record,) = world.audit.saved
    assert record.reason == "AllowedChannels has signed-in for subscribing now"
    # Wider again, nobody is kicked; and then stricter once more.
    _runs(world, "cars,chat:*=anyone")
    assert len(world.api.unsubscribed) == 2
    _runs(world, "cars,chat:*=anyone/granted")
    assert len(world.api.unsubscribed) == 4


def test_a_stricter_deployment_kicks_nobody_where_an_operator_decided_the_level(
    world: World,
) -> None:
    world.registry.items["chat:*"] = Channel("chat:*", True, "anyone", "d", known=True)
    _runs(world, "chat:*=granted")
    assert world.api.unsubscribed == []


def test_a_failed_invalidation_of_a_stricter_rule_is_made_up_for(world: World) -> None:
    world.run("chat:*")
    world.api.failures["chat:*"] = [TransientError("down")] * 2
    _runs(world, "chat:*=granted")
    assert world.api.unsubscribed == ["chat:*"] * 2


def test_the_probe_s_channel_is_no_business_of_the_janitor_s(world: World) -> None:
    world.run("")
    assert world.registry.items == {}
