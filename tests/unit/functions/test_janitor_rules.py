"""The janitor and users, patterns, and rules that a deployment drops or makes stricter."""

import pytest
from globalws_functions.domain.channel import Channel
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.janitor import NOBODYS, Run
from globalws_functions.domain.leases import Target

from tests.unit.functions.janitor_world import ALLOWED, FakePresence, World


@pytest.fixture
def world() -> World:
    return World()


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


CHAT = Target("chat:*", is_user=False)


@pytest.mark.parametrize("stricter", ["cars,chat:*=signed-in", "cars"])
def test_a_stricter_deployment_ends_memberships_like_subscriptions(
    world: World, stricter: str
) -> None:
    world.presence = FakePresence()
    world.run("cars,chat:*")
    assert world.presence.shut == []
    _runs(world, stricter)
    assert len(world.api.unsubscribed) > 1
    assert world.presence.shut == [CHAT] * len(world.api.unsubscribed)


def test_what_a_command_did_not_end_in_presence_the_janitor_ends(world: World) -> None:
    world.presence = FakePresence()
    world.block("#user:bob")
    world.run()
    assert world.presence.shut == [Target("bob", is_user=True)]


def test_members_who_could_not_be_ended_are_ended_by_the_next_run(world: World) -> None:
    world.presence = FakePresence(failed=1)
    world.run("cars,chat:*")
    run = world.run("cars,chat:*=granted")
    assert (run.failed, run.stricter) == (1, 0)
    assert world.run("cars,chat:*=granted").stricter == 1
    assert world.presence.shut == [CHAT, CHAT]


def test_who_watches_with_an_expired_token_is_ended_too(world: World) -> None:
    world.presence = FakePresence()
    world.run(ends_expired=True)
    assert world.presence.shut == [Target(NOBODYS, is_user=False)]
