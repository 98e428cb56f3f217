"""Presence in virtual time: who is there in all regions, and this client's own lease."""

import json

import pytest
from globalws_client import signals
from globalws_client.core import Core
from globalws_client.options import Beginning, Options
from globalws_client.presence_types import Change
from globalws_client.protocol import Changed, ConnectionAck, StartAck, decode, start_data
from globalws_client.types import State, StateEvent

from tests.unit.sdk.presence_virtual import World

NO_ANSWER = (None, "no answer")


@pytest.fixture
def world() -> World:
    return World()


def test_members_of_all_regions_are_merged_by_user(world: World) -> None:
    world.apis["us"].member("ann", "a1", data="at home")
    world.apis["au"].member("ann", "a2", data="away")
    world.apis["au"].member("bob", "b1")
    world.add(enters=False)
    assert world.users() == ["ann", "bob"]
    assert sorted(world.take()) == ["ENTER ann at home", "ENTER bob", "UPDATE ann away"]
    assert world.ready == {1}


def test_a_user_leaves_with_the_last_connection(world: World) -> None:
    world.add(enters=False)
    world.change("ENTER", "ann", "a1", 1)
    world.change("ENTER", "ann", "a2", 1, region="au")
    world.change("LEAVE", "ann", "a1", 2)
    assert world.take() == ["ENTER ann"]
    world.change("LEAVE", "ann", "a2", 2, region="au")
    assert world.take() == ["LEAVE ann"]


def test_the_higher_seq_wins_whatever_comes_first(world: World) -> None:
    world.add(enters=False)
    world.change("ENTER", "ann", "a1", 1)
    world.change("LEAVE", "ann", "a1", 3)
    world.change("UPDATE", "ann", "a1", 2, data="late")
    world.change("LEAVE", "ann", "a1", 3)
    assert world.take() == ["ENTER ann", "LEAVE ann"]
    world.change("ENTER", "ann", "a1", 4, data="again")
    assert world.take() == ["ENTER ann again"]


def test_what_is_told_while_reading_is_kept_and_ordered_by_seq(world: World) -> None:
    world.add(enters=False)
    world.held = []
    world.give(lambda: world.core.live(1, 0))
    reading = next(call for call in world.held if call.region == 0)
    world.change("ENTER", "ann", "a1", 1)  # came after the answer was made
    world.change("LEAVE", "bob", "b1", 2)  # the answer still has bob
    world.apis["us"].member("bob", "b1", 1)
    world.reply(reading)
    assert world.take() == ["ENTER ann"]
    assert world.users() == ["ann"]


def test_who_is_not_in_a_reading_has_left_and_no_late_event_brings_them_back(world: World) -> None:
    world.apis["us"].member("ann", "a1", 5)
    world.add(enters=False)
    world.apis["us"].others.clear()
    world.run(60_000)
    world.change("UPDATE", "ann", "a1", 5, data="late")
    assert world.take() == ["ENTER ann", "LEAVE ann"]


def test_every_region_is_read_at_the_start_after_a_reconnect_and_each_45_seconds(
    world: World,
) -> None:
    world.add(enters=False)
    for api in world.apis.values():
        assert len(api.calls("presence")) == 1
    world.run(8_000)  # what was told before the subscription delivered
    world.run(45_000)
    assert [len(api.calls("presence")) for api in world.apis.values()] == [3, 3]
    world.give(lambda: world.core.live(1, 0))
    assert [len(api.calls("presence")) for api in world.apis.values()] == [4, 4]


def test_a_reconnect_during_a_reading_is_followed_by_another(world: World) -> None:
    world.add(enters=False)
    world.held = []
    world.give(lambda: world.core.live(1, 0))
    world.give(lambda: world.core.live(1, 0))
    assert [call.region for call in world.held] == [0, 1]
    for call in list(world.held):
        world.reply(call)
    assert [call.region for call in world.held] == [0, 1, 0, 1]


def test_all_pages_are_read_before_anybody_is_missed(world: World) -> None:
    world.apis["us"].member("ann", "a1")
    world.add(enters=False)
    world.take()
    world.held = []
    world.give(lambda: world.core.live(1, 0))
    first = next(call for call in world.held if call.region == 0)
    world.reply(first, {"items": [], "nextToken": "more"})
    assert world.take() == []
    second = world.held[-1]
    assert second.variables["nextToken"] == "more"
    world.reply(second)
    assert world.users() == ["ann"]


def test_a_silent_regions_members_go_after_90_seconds_and_come_back(world: World) -> None:
    world.apis["us"].member("ann", "a1")
    world.apis["au"].member("bob", "b1")
    world.add(enters=False)
    world.take()
    world.apis["au"].error = NO_ANSWER
    world.run(89_000)
    assert world.users() == ["ann", "bob"]
    world.run(2_000)
    assert world.take() == ["LEAVE bob"]
    world.apis["au"].error = None
    world.run(60_000)
    assert world.take() == ["ENTER bob"]


def test_a_region_that_is_down_is_asked_once_more_and_then_with_the_others(world: World) -> None:
    world.add(enters=False)
    world.apis["au"].error = NO_ANSWER
    world.run(450_000)
    us, au = (len(api.calls("presence")) for api in world.apis.values())
    assert au == us + 1


def test_an_answer_that_is_none_is_a_region_that_does_not_answer(world: World) -> None:
    world.add(enters=False)
    world.held = []
    world.give(lambda: world.core.live(1, 0))
    world.reply(world.held[0], {"items": [{"user": "ann"}], "nextToken": None})
    asked = len(world.held)
    world.run(10_000)
    assert len(world.held) == asked + 1
    assert world.refused == {}


def test_a_crowd_is_counted_at_most_each_10_seconds(world: World) -> None:
    world.add(enters=False)
    for _ in range(49):
        world.change("COUNT", "", "", 0)
        world.run(200)
    assert [len(api.calls("occupancy")) for api in world.apis.values()] == [1, 1]
    assert world.take() == ["COUNT 600"]
    world.run(1_000)
    assert [len(api.calls("occupancy")) for api in world.apis.values()] == [2, 2]


# The client's own lease


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


# The subscription


def test_changes_come_over_the_clients_connections_and_nothing_stored_is_read() -> None:
    core = Core(["us"], Options(), lambda: 0.5, lambda: 1_795_000_000_000)
    core.handle(signals.AddChannel(1, "chat", Beginning()), 0)
    core.handle(signals.AddChannel(2, "chat", Beginning(), presence=True), 0)
    started = core.handle(signals.Received(1, ConnectionAck(None)), 0) + core.handle(
        signals.Received(2, ConnectionAck(None)), 0
    )
    starts = [c for c in started if isinstance(c, signals.Start)]
    assert [start.presence for start in starts] == [False, True]
    assert len({start.connection for start in starts}) == 1
    start = starts[1]
    live = core.handle(signals.Received(start.connection, StartAck(start.feed)), 0)
    assert signals.Emit(2, StateEvent(State.LIVE, "us")) in live
    assert not [c for c in live if isinstance(c, signals.Fetch)]
    change = Change("ENTER", "us", "now", "ann", "a1", 1, "hello")
    told = core.handle(signals.Received(start.connection, Changed(start.feed, change)), 0)
    assert told == [signals.Emit(2, change)]
    settled = core.handle(signals.TimerFired("settle"), 10_000)
    assert not [c for c in settled if isinstance(c, signals.Fetch)]


def test_a_frame_with_a_change_is_read() -> None:
    event = {"action": "UPDATE", "region": "us", "at": "now", "user": "ann", "connection": "a1"}
    frame = {
        "type": "data",
        "id": "7",
        "payload": {"data": {"presenceChanged": {"name": "chat", "seq": 2, "data": "x", **event}}},
    }
    assert decode(json.dumps(frame)) == Changed(
        7, Change("UPDATE", "us", "now", "ann", "a1", 2, "x")
    )
    assert "presenceChanged" in start_data("chat", presence=True)
