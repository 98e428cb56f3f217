"""Who is on a channel: one list of users out of every region's members."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from globalws_client import CountChange, PresenceChange, PresenceEvent, RegionEndpoint, State
from globalws_client import RefusedError as Refused

from cli import watch
from cli.errors import RefusedError
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

WEST, SYDNEY = "us-west-2", "ap-southeast-2"


def _member(user: str, connection: str, region: str = WEST, **more: Any) -> dict[str, Any]:
    entered = {"enteredAt": f"2026-11-28T17:00:0{connection[-1]}.000Z"}
    return {"user": user, "connection": connection, "region": region, **entered, **more}


def test_a_user_of_two_regions_is_there_once(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions[WEST].members = [_member("al", "c1", data="typing"), _member("bo", "c2")]
    deployment.regions[SYDNEY].members = [_member("al", "c3", SYDNEY)]
    document = run("presence", "tech", "--json").document
    assert [each["user"] for each in document["members"]] == ["al", "bo"]
    regions = [each["region"] for each in document["members"][0]["connections"]]
    assert regions == [WEST, SYDNEY]
    text = run("presence", "tech").out
    assert f"{SYDNEY}, {WEST}" in text


def test_all_pages_are_read(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions[WEST].members = [_member(f"u{n}", f"c{n}") for n in range(350)]
    assert len(run("presence", "tech", "--json").document["members"]) == 350


def test_a_region_that_does_not_answer_hides_no_other(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions[SYDNEY].members = [_member("al", "c1", SYDNEY)]
    deployment.regions[WEST].down = True
    ran = run("presence", "tech", "--json")
    assert ran.code == 3
    assert [each["user"] for each in ran.document["members"]] == ["al"]
    assert ran.document["unreachable"][0]["region"] == WEST


def test_what_the_api_refuses_is_refused(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("PresenceDisabled", "the parameter Presence is off")

    monkeypatch.setattr("tests.unit.cli.fake_deployment.FakeRegion.execute", refuse)
    ran = run("presence", "tech")
    assert ran.code == 4
    assert "PresenceDisabled" in ran.err


@dataclass
class Room:
    """A presence that gives these events, and then ends as one that somebody interrupts."""

    events: list[PresenceEvent | Exception]

    async def __aenter__(self) -> "Room":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def __anext__(self) -> PresenceEvent:
        if not self.events:
            raise KeyboardInterrupt
        event = self.events.pop(0)
        if isinstance(event, Exception):
            raise event
        return event


def _room(monkeypatch: pytest.MonkeyPatch, *events: PresenceEvent | Exception) -> list[str]:
    """Makes the client give these; answers the regions that it was made with."""
    made: list[str] = []

    class Client:
        def __init__(self, regions: Sequence[RegionEndpoint], *, auth: object) -> None:
            assert auth is None
            made.extend(each.region for each in regions)

        async def __aenter__(self) -> "Client":
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        def on_state(self, listener: Callable[[State, str], None]) -> None:
            listener(State.FAILED_OVER, SYDNEY)

        def presence(self, channel: str, *, enter: bool) -> Room:
            assert (channel, enter) == ("tech", False)
            return Room(list(events))

    monkeypatch.setattr(watch, "Client", Client)
    return made


def test_watch_shows_who_comes_and_goes(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = (
        PresenceChange("ENTER", "al", "here"),
        PresenceChange("UPDATE", "al", "busy"),
        PresenceChange("LEAVE", "al"),
        CountChange(1000, more=True),
    )
    made = _room(monkeypatch, *events)
    ran = run("presence", "tech", "--watch", "--json")
    assert ran.code == 130
    assert made == [WEST, SYDNEY]
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert all(line.pop("at").endswith("Z") for line in lines)
    assert lines == [
        {"action": "ENTER", "user": "al", "data": "here"},
        {"action": "UPDATE", "user": "al", "data": "busy"},
        {"action": "LEAVE", "user": "al", "data": None},
        {"action": "COUNT", "connections": 1000, "more": True},
    ]
    assert f"{SYDNEY}: failed-over" in ran.err
    _room(monkeypatch, *events)
    ran = run("presence", "tech", "--watch")
    assert [line.split()[1:] for line in ran.out.splitlines()] == [
        ["ENTER", "al", "here"], ["UPDATE", "al", "busy"], ["LEAVE", "al"], ["COUNT", "1000+"]
    ]  # fmt: skip


def test_a_watch_that_the_api_refuses_ends_with_its_reason(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    _room(monkeypatch, Refused("PresenceDisabled", "the parameter Presence is off"))
    ran = run("presence", "tech", "--watch")
    assert ran.code == 4
    assert "PresenceDisabled: the parameter Presence is off" in ran.err
