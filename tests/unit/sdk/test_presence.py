"""Presence in virtual time: who is there in all regions, and how changes come."""

import json

import pytest
from globalws_client import signals
from globalws_client.core import Core
from globalws_client.options import Beginning, Options
from globalws_client.presence_types import Change
from globalws_client.protocol import Changed, ConnectionAck, StartAck, decode, start_data
from globalws_client.types import State

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


# The subscription


def test_changes_come_over_the_clients_connections_and_nothing_stored_is_read() -> None:
    core = Core(["us"], Options(), lambda: 0.5, lambda: 1_795_000_000_000)
    core.handle(signals.AddChannel(1, "chat", Beginning()), 0)
    core.handle(signals.AddChannel(2, "chat", Beginning(), presence=True), 0)
    started = core.received(1, ConnectionAck(None), 0) + core.received(2, ConnectionAck(None), 0)
    starts = [c for c in started if isinstance(c, signals.Start)]
    assert [start.presence for start in starts] == [False, True]
    assert len({start.connection for start in starts}) == 1
    start = starts[1]
    live = core.received(start.connection, StartAck(start.feed), 0)
    assert core.unread(2).state is State.LIVE
    assert not [c for c in live if isinstance(c, signals.Fetch)]
    change = Change("ENTER", "us", "now", "ann", "a1", 1, "hello")
    told = core.received(start.connection, Changed(start.feed, change), 0)
    assert told == [signals.TellChange(2, change)]
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
