"""Presence in virtual time: this client's own lease."""

import pytest

from tests.unit.sdk.presence_virtual import World

NO_ANSWER = (None, "no answer")


@pytest.fixture
def world() -> World:
    return World()


def test_one_heartbeat_renews_all_channels(world: World) -> None:
    for id in (1, 2, 3):
        world.add(id, f"chat:{id}", data="hello")
    us = world.apis["us"]
    assert us.channels() == ["chat:1", "chat:2", "chat:3"]
    assert world.ready == {1, 2, 3}
    world.run(90_000)
    assert len(us.leases) == 1
    assert len(us.calls("heartbeat")) == 3
    assert len(us.calls("enter")) == 3
    assert world.apis["au"].channels() == []


def test_new_data_is_an_enter_again(world: World) -> None:
    world.add(data="writing")
    world.give(lambda: world.core.update(1, "reading"))
    world.give(lambda: world.core.update(1, "away"))  # while the first is on its way
    world.run(100)
    assert [call["data"] for call in world.apis["us"].calls("enter")] == [
        "writing",
        "reading",
        "away",
    ]


def test_an_ended_lease_is_followed_by_another_connection(world: World) -> None:
    world.add(1, "one")
    world.add(2, "two")
    us = world.apis["us"]
    us.leases.clear()
    world.run(31_000)
    assert list(us.leases) == ["connection-2"]
    assert us.channels() == ["one", "two"]
    secrets = {call["connection"]: call["secret"] for call in us.calls("enter")}
    assert secrets == {"connection-1": "secret-1", "connection-2": "secret-2"}


def test_leases_that_end_at_once_are_made_more_and_more_slowly(world: World) -> None:
    world.apis["us"].errors["enter"] = ("LeaseExpired", "the lease has ended")
    world.add()
    world.run(60_000)
    assert 5 < len(world.apis["us"].calls("enter")) < 20
    world.apis["us"].errors.clear()
    world.run(10_000)
    assert world.apis["us"].channels() == ["chat"]


def test_a_channel_that_a_heartbeat_does_not_answer_is_entered_again(world: World) -> None:
    world.add(1, "one")
    world.add(2, "two")
    us = world.apis["us"]
    (lease,) = us.leases.values()
    del lease["channels"]["one"]
    world.run(31_000)
    assert us.channels() == ["one", "two"]
    assert [call["name"] for call in us.calls("enter")] == ["one", "two", "one"]


def test_after_a_reconnect_the_membership_is_checked_at_once(world: World) -> None:
    world.add()
    (lease,) = world.apis["us"].leases.values()
    lease["channels"].clear()
    world.give(lambda: world.core.live(1, 0))
    world.run(3_000)
    assert world.apis["us"].channels() == ["chat"]


def test_after_failover_the_client_enters_in_the_other_region_then_leaves_the_first(
    world: World,
) -> None:
    world.add()
    us, au = world.apis["us"], world.apis["au"]
    world.give(lambda: world.core.live(1, 1))
    world.run(100)
    assert (us.channels(), au.channels()) == ([], ["chat"])
    entered = next(at for at, what, _ in au.asked if what == "enter")
    left = next(at for at, what, _ in us.asked if what == "leave")
    assert left > entered
    world.run(31_000)
    assert len(au.calls("heartbeat")) == 1
    assert us.calls("heartbeat") == []


def test_a_region_that_does_not_answer_is_tried_again(world: World) -> None:
    us = world.apis["us"]
    us.error = NO_ANSWER
    world.add()
    world.run(20_000)
    assert world.ready == set()
    us.error = None
    world.run(40_000)
    assert world.ready == {1}
    us.error = ("ThrottlingException", "slower")
    world.run(40_000)
    us.error = None
    world.run(11_000)
    assert len(us.calls("heartbeat")) > 3
    assert list(us.leases) == ["connection-1"]


def test_closing_leaves_the_channel_and_the_heartbeat_ends_with_the_last(world: World) -> None:
    world.add(1, "one")
    world.add(2, "two")
    us = world.apis["us"]
    world.give(lambda: world.core.remove(1))
    world.run(31_000)
    assert us.channels() == ["two"]
    assert len(us.calls("heartbeat")) == 1
    world.give(lambda: world.core.remove(2))
    world.run(100_000)
    assert us.channels() == []
    assert len(us.calls("heartbeat")) == 1
    assert world.apis["us"].asked[-1][1] == "leave"


def test_closing_while_entering_leaves_once_it_is_entered(world: World) -> None:
    world.give(lambda: world.core.add(1, "chat", None, enters=True, region=0))
    world.give(lambda: world.core.remove(1))
    world.run(1_000)
    us = world.apis["us"]
    assert [what for _, what, _ in us.asked] == ["enter", "leave"]
    assert us.channels() == []


def test_of_two_for_one_channel_the_last_one_leaves(world: World) -> None:
    world.add(1)
    world.add(2)
    world.give(lambda: world.core.remove(1))
    world.run(1_000)
    assert world.apis["us"].channels() == ["chat"]
    world.give(lambda: world.core.remove(2))
    world.run(1_000)
    assert world.apis["us"].channels() == []


@pytest.mark.parametrize("error_type", ["PresenceDisabled", "AccessDenied"])
@pytest.mark.parametrize("operation", ["enter", "presence", "heartbeat"])
def test_a_refusal_is_final_and_told(world: World, operation: str, error_type: str) -> None:
    world.apis["us"].errors[operation] = (error_type, "the text of the API")
    world.add()
    world.run(31_000)
    assert world.refused == {1: f"{error_type}: the text of the API"}
    asked = sum(len(api.asked) for api in world.apis.values())
    world.run(200_000)
    assert sum(len(api.asked) for api in world.apis.values()) == asked


def test_another_region_that_refuses_decides_nothing(world: World) -> None:
    world.apis["au"].error = ("AccessDenied", "not yet")
    world.add()
    world.run(60_000)
    assert (world.refused, world.ready) == ({}, {1})


def test_a_client_is_in_at_most_100_channels(world: World) -> None:
    for id in range(100):
        world.add(id, f"c{id}")
    world.add(100, "c0")
    world.add(101, "c101", enters=False)
    with pytest.raises(ValueError, match="at most 100"):
        world.core.add(102, "c102", None, enters=True, region=0)
