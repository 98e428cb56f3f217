"""Runs of the janitor: what they end and when, what failures do, and how fast they are."""

import itertools
from datetime import timedelta

import pytest
from globalws_functions.domain.channel import Channel, JanitorAction, next_action
from globalws_functions.domain.channel_rules import deployed_by_pattern
from globalws_functions.domain.errors import PermanentError, ThrottledError, TransientError
from globalws_functions.domain.janitor import NOBODYS, RESERVE_SECONDS
from globalws_functions.domain.token_bucket import TokenBucket
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import NOW, FakeClock
from tests.unit.functions.janitor_world import ALLOWED, GRACE, World


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
