"""Who is on a channel: one list of users out of every region's members."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.commands import presence
from cli.domain.presence import SILENT_SECONDS, Member, Watched, by_user, changes
from cli.errors import RefusedError
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

WEST, SYDNEY = "us-west-2", "ap-southeast-2"


def _member(user: str, connection: str, region: str = WEST, **more: Any) -> dict[str, Any]:
    entered = {"enteredAt": f"2026-11-28T17:00:0{connection[-1]}.000Z"}
    return {"user": user, "connection": connection, "region": region, **entered, **more}


def _parsed(*items: dict[str, Any]) -> list[Member]:
    return [Member.parse(item) for item in items]


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
    for arguments in ((), ("--watch",)):
        ran = run("presence", "tech", *arguments)
        assert ran.code == 4
        assert "PresenceDisabled" in ran.err


def test_watch_shows_who_comes_and_goes(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, sydney = deployment.regions[WEST], deployment.regions[SYDNEY]
    sydney.members = [_member("al", "c1", SYDNEY)]

    def both() -> None:
        west.members = [_member("al", "c2"), _member("bo", "c3", data="here")]

    def one_connection_less() -> None:
        sydney.members = []

    def new_data() -> None:
        west.members[1]["data"] = "busy"
        sydney.down = True

    def all_gone() -> None:
        west.members = []

    script: list[Callable[[], None]] = [both, one_connection_less, new_data, all_gone]

    def sleep(seconds: float) -> None:
        assert seconds == 5
        if not script:
            raise KeyboardInterrupt
        script.pop(0)()

    monkeypatch.setattr(presence.time, "sleep", sleep)
    ran = run("presence", "tech", "--watch", "--json")
    assert ran.code == 130
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [(each["action"], each["user"], each["data"]) for each in lines] == [
        ("ENTER", "al", None),
        ("ENTER", "bo", "here"),
        ("UPDATE", "bo", "busy"),
        ("LEAVE", "al", None),
        ("LEAVE", "bo", None),
    ]
    assert ran.err.count("does not answer") == 1


def test_a_silent_region_has_no_members_after_a_while() -> None:
    watched = Watched()
    watched.answered(WEST, _parsed(_member("al", "c1")), 0)
    watched.answered(SYDNEY, _parsed(_member("bo", "c2")), 60)
    assert watched.users(SILENT_SECONDS).keys() == {"al", "bo"}
    assert watched.users(SILENT_SECONDS + 1).keys() == {"bo"}


def test_a_change_is_of_the_newest_connection() -> None:
    before = by_user(_parsed(_member("al", "c1", data="a")))
    now = by_user(_parsed(_member("al", "c1", data="a"), _member("al", "c2", data="b")))
    assert changes(before, now) == [("UPDATE", "al", "b")]
    assert changes(now, now) == []
