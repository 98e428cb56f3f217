"""Users: blocked, granted channels, listed; and purges of users and patterns."""

import json
from typing import Any

import pytest
from globalws_functions.domain.command import Action, read_command
from jsonschema import Draft202012Validator

from cli.domain.dead_letters import PutOnPeerBus, read_dead_letter
from tests.support.stack import ROOT
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment
from tests.unit.cli.samples import HOME, PEER_BUS, bus_dead_letter, event

WEST, SYDNEY = "us-west-2", "ap-southeast-2"
GIVEN = [
    (("users", "block", "al"), "UserPolicyChanged", {"user": "al", "allowed": False}, Action.BLOCK),
    (("users", "allow", "al"), "UserPolicyChanged", {"user": "al", "allowed": True}, Action.ALLOW),
    (
        ("users", "grant", "al", "orders:*", "subscribe", "publish"),
        "UserGrantChanged",
        {"user": "al", "channel": "orders:*", "operations": ["publish", "subscribe"]},
        Action.GRANT,
    ),
    (
        ("users", "revoke", "al", "orders:*"),
        "UserGrantChanged",
        {"user": "al", "channel": "orders:*", "operations": []},
        Action.REVOKE,
    ),
    (("purge", "--user", "al"), "PurgeRequested", {"user": "al"}, Action.PURGE),
    (
        ("purge", "chat:*", "--block"),
        "PurgeRequested",
        {"name": "chat:*", "block": True, "deleteHistory": False},
        Action.PURGE,
    ),
    (
        ("channels", "block", "user:{user}:*"),
        "ChannelPolicyChanged",
        {"name": "user:{user}:*", "allowed": False},
        Action.BLOCK,
    ),
]


@pytest.mark.parametrize(("arguments", "detail_type", "fields", "action"), GIVEN)
def test_each_command_is_one_event_that_keeps_its_contract(
    deployment: FakeDeployment,
    run: Run,
    arguments: tuple[str, ...],
    detail_type: str,
    fields: dict[str, Any],
    action: Action,
) -> None:
    ran = run(*arguments, "--reason", "why", "--yes", "--json")
    assert ran.code == 0, ran.err
    assert [each["state"] for each in ran.document["regions"]] == ["confirmed", "confirmed"]
    assert {key: ran.document[key] for key in fields} == fields
    first, second = deployment.regions.values()
    ((entry,), others) = first.events, second.events
    assert others == []
    assert entry["DetailType"] == detail_type
    detail = json.loads(entry["Detail"])
    document = event(detail_type, detail) | {"time": detail["at"]}
    schema = json.loads((ROOT / "events" / "contracts" / f"{detail_type}.json").read_text())
    Draft202012Validator(schema).validate(document)
    assert read_command(document).action is action
    reading = read_dead_letter(bus_dead_letter(PEER_BUS, document), HOME)
    assert isinstance(reading.destination, PutOnPeerBus)  # it can be redriven
    assert reading.destination.detail == document["detail"]


def test_list_shows_blocks_and_grants_as_each_region_has_them(
    deployment: FakeDeployment, run: Run
) -> None:
    run("users", "grant", "al", "orders:42", "subscribe", "--reason", "joined")
    run("users", "grant", "al", "orders:1", "subscribe", "--reason", "joined")
    run("users", "revoke", "al", "orders:1", "--reason", "left", "--yes")
    deployment.regions[SYDNEY].stuck = True
    run("users", "block", "bo", "--reason", "spam", "--yes", "--no-wait")
    users = {row["user"]: row for row in run("users", "list", "--json").document["users"]}
    assert users.keys() == {"al", "bo"}
    assert users["al"]["agreed"]
    assert users["al"]["regions"][SYDNEY]["grants"] == {"orders:42": ["subscribe"]}
    assert not users["bo"]["agreed"]
    assert users["bo"]["regions"][WEST]["blocked"]
    text = run("users", "list").out
    assert "orders:42 subscribe" in text
    assert "spam" in text
    deployment.regions[SYDNEY].stuck = False
    run("users", "allow", "bo", "--reason", "sorry")
    assert [row["user"] for row in run("users", "list", "--json").document["users"]] == ["al"]


def test_a_block_keeps_the_grants(deployment: FakeDeployment, run: Run) -> None:
    run("users", "grant", "al", "orders:42", "subscribe", "--reason", "joined")
    run("users", "block", "al", "--reason", "spam", "--yes")
    (row,) = run("users", "list", "--json").document["users"]
    assert row["regions"][WEST]["blocked"]
    assert row["regions"][WEST]["grants"] == {"orders:42": ["subscribe"]}


def test_the_audit_shows_users_and_grants(deployment: FakeDeployment, run: Run) -> None:
    run("users", "grant", "al", "orders:42", "subscribe", "--reason", "joined")
    run("channels", "allow", "tech", "--publish", "signed-in", "--reason", "x")
    records = run("audit", "--json").document["records"]
    (grant,) = [each for each in records if each["region"] == WEST and each["action"] == "grant"]
    assert (grant["user"], grant["channel"]) == ("al", None)
    assert grant["details"] == "orders:42: subscribe"
    (allow,) = [each for each in records if each["region"] == WEST and each["action"] == "allow"]
    assert (allow["user"], allow["channel"]) == (None, "tech")
    assert "publish: signed-in" in run("audit").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "block", "al"),
        ("users", "revoke", "al", "orders:1"),
        ("purge", "--user", "al"),
        ("channels", "block", "chat:*"),
    ],
)
def test_what_ends_subscriptions_asks(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    ran = run(*arguments, "--reason", "x", stdin="y\n")
    assert ran.code == 6
    assert all(region.events == [] for region in deployment.regions.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ("block", "iam:role"),
        ("block", ""),
        ("block", " "),
        ("block", "anon:guest"),
        ("block", "x" * 137),
        ("grant", "al", "orders:{user}", "publish"),
        ("grant", "al", "orders:1", "read"),
        ("grant", "al", "orders:1"),
        ("grant", "al", "a::b", "publish"),
    ],
)
def test_what_no_user_can_be_or_be_granted_is_refused(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    assert run("users", *arguments, "--reason", "x", "--yes").code == 2
