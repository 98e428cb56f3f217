"""The commands on a fake deployment: what they do, print, and end with."""

import json

import pytest

from cli.adapters.alarms import Alarm
from cli.errors import UnreachableError
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment


def test_block_reaches_every_region_by_one_event(deployment: FakeDeployment, run: Run) -> None:
    ran = run("channels", "block", "tech", "--reason", "spam", "--yes", "--json")
    assert ran.code == 0
    assert [each["state"] for each in ran.document["regions"]] == ["confirmed", "confirmed"]
    assert ran.document["putIn"] == "us-west-2"
    first, second = deployment.regions.values()
    assert len(first.events) == 1
    assert second.events == []
    entry = first.events[0]
    assert (entry["Source"], entry["DetailType"]) == ("globalws", "ChannelPolicyChanged")
    detail = json.loads(entry["Detail"])
    assert detail["region"] == "us-west-2"
    assert detail["allowed"] is False
    assert "@" in detail["by"]
    assert "target: a fake stack (us-west-2, ap-southeast-2)" in ran.err


@pytest.mark.parametrize("options", [(), ("--yes",), ("-y",)])
def test_allow_does_not_ask_and_takes_yes_as_its_siblings_do(
    deployment: FakeDeployment, run: Run, options: tuple[str, ...]
) -> None:
    ran = run("channels", "allow", "news", "--reason", "launch", *options)
    assert ran.code == 0
    assert "confirmed" in ran.out


def test_reset_leaves_the_channel_to_the_deployment(deployment: FakeDeployment, run: Run) -> None:
    run("channels", "block", "tech", "--reason", "spam", "--yes")
    run("channels", "allow", "news", "--reason", "launch")
    for name, allowed in (("tech", True), ("news", False)):
        ran = run("channels", "reset", name, "--reason", "over", "--yes", "--json")
        assert ran.code == 0
        assert ran.document["change"] == "reset"
        assert [each["state"] for each in ran.document["regions"]] == ["confirmed", "confirmed"]
        entry = deployment.regions["us-west-2"].events[-1]
        assert entry["DetailType"] == "ChannelPolicyChanged"
        assert json.loads(entry["Detail"])["allowed"] is None
        for region in deployment.regions.values():
            assert region.channel(name)["allowed"] is allowed
    listed = run("channels", "list", "--json").document["channels"]
    assert [channel["name"] for channel in listed] == ["cars", "tech"]
    assert run("audit", "news", "--json").document["records"][0]["action"] in ("allow", "reset")


def test_a_bus_that_does_not_answer_is_passed_over(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions["us-west-2"].down = True
    ran = run("channels", "allow", "news", "--reason", "x", "--json", "--timeout", "0.1")
    assert ran.code == 3
    assert ran.document["putIn"] == "ap-southeast-2"
    states = {each["region"]: each["state"] for each in ran.document["regions"]}
    assert states == {"us-west-2": "unreachable", "ap-southeast-2": "confirmed"}
    assert "trying the next region" in ran.err


def test_a_failed_entry_is_no_success(deployment: FakeDeployment, run: Run) -> None:
    for region in deployment.regions.values():
        region.failed_entries = 1
    ran = run("channels", "allow", "news", "--reason", "x")
    assert ran.code == 5
    assert "no region's bus took it" in ran.err


def test_region_says_which_bus_comes_first(deployment: FakeDeployment, run: Run) -> None:
    ran = run("channels", "allow", "news", "--reason", "x", "--json", "--region", "ap-southeast-2")
    assert ran.document["putIn"] == "ap-southeast-2"
    assert len(ran.document["regions"]) == 2


def test_a_region_that_does_not_confirm_is_named(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions["ap-southeast-2"].stuck = True
    ran = run("purge", "tech", "--reason", "x", "--yes", "--timeout", "0.1")
    assert ran.code == 3
    assert "not confirmed in ap-southeast-2" in ran.err


def test_nobody_waits_with_no_wait(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions["ap-southeast-2"].stuck = True
    ran = run("purge", "tech", "--reason", "x", "--yes", "--no-wait")
    assert ran.code == 0
    assert "not waited for" in ran.out


def test_purge_carries_its_flags(deployment: FakeDeployment, run: Run) -> None:
    ran = run("purge", "tech", "--reason", "x", "--yes", "--block", "--delete-history", "--json")
    assert ran.code == 0
    assert ran.document["block"] is True
    detail = json.loads(deployment.regions["us-west-2"].events[0]["Detail"])
    assert detail["block"] is True
    assert detail["deleteHistory"] is True
    assert not deployment.regions["ap-southeast-2"].channel("tech")["allowed"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("channels", "block", "tech", "--reason", "x"),
        ("channels", "reset", "tech", "--reason", "x"),
        ("purge", "tech", "--reason", "x"),
        ("dlq", "drop", "--all"),
        ("dlq", "redrive"),
    ],
)
def test_destructive_commands_need_a_terminal_or_yes(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    ran = run(*arguments, stdin="y\n")
    assert ran.code == 6
    assert "--yes" in ran.err
    assert all(region.events == [] for region in deployment.regions.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ("channels", "block", "te ch", "--reason", "x", "--yes"),
        ("channels", "block", "tech", "--yes"),
        ("channels", "block", "tech", "--yes", "--reason", " "),
        ("publish", "tech", "hi", "--id", "7"),
        ("dlq", "drop", "--yes"),
        ("dlq", "drop", "--yes", "--all", "2f6b1c9e"),
        ("dlq", "redrive", "--yes", "2f"),
        ("channels", "list", "--region", "eu-west-1"),
        ("audit", "--limit", "0"),
        ("tail", "tech", "--since", "nan"),
        ("tail", "tech", "--since", "inf"),
        ("top", "--interval", "nan"),
        ("purge", "tech", "--reason", "x", "--yes", "--timeout", "nan"),
        ("frobnicate",),
    ],
)
def test_wrong_usage_ends_with_2(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments).code == 2


def test_channels_list_shows_where_regions_differ(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions["us-west-2"].decided["media"] = {
        "allowed": True, "reason": "claim settled", "updatedAt": "2026-11-23T10:15:00.000Z"
    }  # fmt: skip
    ran = run("channels", "list", "--json")
    agreed = {channel["name"]: channel["agreed"] for channel in ran.document["channels"]}
    assert agreed == {"cars": True, "media": False, "tech": True}
    table = run("channels", "list").out
    assert "claim settled" in table
    assert "ap-southeast-2" in table


def test_one_regions_failure_hides_no_other(deployment: FakeDeployment, run: Run) -> None:
    deployment.regions["us-west-2"].down = True
    ran = run("channels", "list", "--json")
    assert ran.code == 3
    assert ran.document["unreachable"][0]["region"] == "us-west-2"
    assert ran.document["channels"]
    deployment.regions["ap-southeast-2"].down = True
    assert run("channels", "list").code == 5


def test_publish_takes_the_next_region_with_the_same_id(
    deployment: FakeDeployment, run: Run
) -> None:
    deployment.regions["us-west-2"].down = True
    ran = run("publish", "tech", "-", "--json", stdin="two\nlines\n")
    assert ran.code == 0
    assert ran.document["message"] == "two\nlines"
    assert ran.document["region"] == "ap-southeast-2"
    deployment.regions["ap-southeast-2"].down = True
    ran = run("publish", "tech", "hi")
    assert ran.code == 5
    assert "publish again with --id " in ran.err


def test_a_refusal_of_the_api_ends_with_4(deployment: FakeDeployment, run: Run) -> None:
    ran = run("publish", "cooking", "hi")
    assert ran.code == 4
    assert "ChannelNotAllowed" in ran.err


def test_config_is_what_the_web_client_reads(deployment: FakeDeployment, run: Run) -> None:
    ran = run("config")
    assert ran.document["regions"][1] == {
        "region": "ap-southeast-2",
        "graphqlUrl": "http://127.0.0.1/ap-southeast-2/graphql",
        "realtimeUrl": "ws://127.0.0.1/ap-southeast-2/graphql",
        "apiKey": "da2-key",
    }


def test_audit_merges_the_regions(deployment: FakeDeployment, run: Run) -> None:
    run("purge", "tech", "--reason", "x", "--yes")
    records = run("audit", "--json").document["records"]
    assert {record["region"] for record in records} == {"us-west-2", "ap-southeast-2"}
    assert records[0]["steps"] == {"policy": "already written", "subscriptions": "ended"}
    assert "purge" in run("audit", "tech").out


def test_status_shows_what_it_learned(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarms = [Alarm("LagAlarm", "ALARM", "7 s"), Alarm("ErrorsAlarm", "OK", "")]
    monkeypatch.setattr("cli.commands.status.alarms_of", lambda *_: alarms)
    ran = run("status", "--json")
    assert ran.code == 0
    region = ran.document["regions"][0]
    assert region["api"]["reachable"] is True
    assert region["queues"] == {"bus": 3, "function": 0}
    assert region["janitor"]["invalidated"] == 2
    assert region["alarms"][0] == {"name": "LagAlarm", "state": "ALARM", "reason": "7 s"}
    deployment.regions["us-west-2"].down = True
    ran = run("status")
    assert ran.code == 3
    assert "unreachable" in ran.out
    assert "LagAlarm" in ran.out
    assert "ErrorsAlarm" not in ran.out


def test_an_unreachable_target_is_one_line(deployment: FakeDeployment, run: Run) -> None:
    deployment.error = UnreachableError("no stack found: try this")
    ran = run("status")
    assert ran.code == 5
    assert ran.err == "globalws: no stack found: try this\n"
    assert ran.out == ""


def test_a_surprise_is_one_line_too(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprise(*arguments: object) -> None:
        raise RuntimeError("what")

    monkeypatch.setattr("cli.session.choose_target", surprise)
    ran = run("status")
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert "GLOBALWS_DEBUG" in ran.err


def test_ctrl_c_is_clean(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.session.choose_target", interrupt)
    ran = run("status")
    assert ran.code == 130
    assert ran.err == "interrupted\n"
