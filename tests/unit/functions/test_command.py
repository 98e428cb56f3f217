"""Reading operators' commands, and how they are ranked."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.command import (
    CLOCK_ALLOWANCE,
    EVENTS,
    Action,
    Command,
    Grant,
    Policy,
    read_command,
)
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import instant, iso
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.support.functions import NOW, FakePolicies, command_event, contract, reset_event

POLICY, PURGE = "ChannelPolicyChanged", "PurgeRequested"
USER, GRANT = "UserPolicyChanged", "UserGrantChanged"
CONTRACTS: dict[str, Draft202012Validator] = {each: contract(each) for each in EVENTS}
ULIDS = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=25, max_size=25).map("0".__add__)


@pytest.mark.parametrize(
    ("event", "action", "policy"),
    [
        (command_event(POLICY, allowed=True), Action.ALLOW, Policy.ALLOW),
        (command_event(POLICY, allowed=False), Action.BLOCK, Policy.BLOCK),
        (reset_event(), Action.RESET, Policy.DEFAULT),
        (command_event(PURGE), Action.PURGE, None),
        (command_event(PURGE, block=True), Action.PURGE, Policy.BLOCK),
        (command_event(PURGE, block=None, deleteHistory=None), Action.PURGE, None),
        (command_event(PURGE, name=None, user="bob", block=True), Action.PURGE, Policy.BLOCK),
        (command_event(USER, allowed=True), Action.ALLOW, Policy.ALLOW),
        (command_event(USER, allowed=False), Action.BLOCK, Policy.BLOCK),
        (command_event(GRANT), Action.GRANT, None),
        (command_event(GRANT, operations=[]), Action.REVOKE, None),
    ],
)
def test_a_command_is_read(event: dict[str, Any], action: Action, policy: Policy | None) -> None:
    command = read_command(event)
    assert (command.action, command.policy) == (action, policy)
    assert command.by == "ops@example.com"
    assert command.at == "2026-11-23T10:20:00.123Z"
    assert not command.delete_history


def test_a_clock_ahead_is_cut_to_the_allowance() -> None:
    event = command_event(POLICY, at="2026-11-23T10:50:00Z")
    assert read_command(event).at == iso(NOW + CLOCK_ALLOWANCE)


def test_a_clock_behind_is_believed() -> None:
    event = command_event(POLICY, at="2026-11-23T12:15:00+02:00")
    assert read_command(event).at == "2026-11-23T10:15:00.000Z"


def test_what_a_writer_left_out_is_made_alike_everywhere() -> None:
    event = command_event(POLICY, id=None, at=None, region=None)
    first, second = read_command(event), read_command({**event, "id": "another"})
    assert first == second
    assert first.at == iso(NOW)
    assert first.origin == "us-west-2"
    other = command_event(POLICY, id=None, at=None, region=None, reason="another")
    assert read_command(other).id != first.id
    # Its time part is the bus's: such ids sort by time.
    later = read_command({**event, "time": "2026-11-23T10:20:01Z"})
    assert later.id > max(first.id, read_command(other).id)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("allowed", "no"), ("allowed", 0), ("allowed", None), ("name", "a b"), ("name", "x" * 129),
        ("name", "a:*:b"), ("name", "{user}"), ("name", "#user:bob"), ("publish", "anyone"),
        ("reason", ""), ("reason", " "), ("reason", "x" * 501), ("reason", None), ("by", "x" * 201),
        ("by", 7), ("id", "01"), ("at", "yesterday"), ("at", "2026-02-30T00:00:00Z"),
        ("at", "0001-01-01T00:00:00+14:00"), ("region", "mars"), ("reason", "\ud800"),
    ],
)  # fmt: skip
def test_a_broken_field_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidEventError, match=rf"detail\.{field}"):
        read_command(command_event(POLICY, **{field: value}))


@pytest.mark.parametrize("event", [None, [], {}, {"source": "globalws"}, "text", 7])
def test_what_is_no_command_is_refused(event: Any) -> None:
    with pytest.raises(InvalidEventError):
        read_command(event)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (POLICY, "publish", "everyone"), (POLICY, "subscribe", "group:"), (POLICY, "publish", 1),
        (USER, "user", ""), (USER, "user", "x" * 137), (USER, "user", "iam:editor"),
        (USER, "user", "anon:bob"), (GRANT, "user", "anon:bob"),
        (USER, "user", 7), (USER, "allowed", None), (GRANT, "user", None),
        (GRANT, "channel", "a b"),
        (GRANT, "channel", "user:{user}"), (GRANT, "operations", None),
        (GRANT, "operations", "publish"), (GRANT, "operations", ["publish", "read"]),
        (GRANT, "operations", [["publish"]]), (PURGE, "name", None), (PURGE, "user", "bob"),
    ],
)  # fmt: skip
def test_a_broken_field_of_any_command_is_named(kind: str, field: str, value: Any) -> None:
    allowed = {"allowed": True} if kind == POLICY else {}
    event = command_event(kind, **{**allowed, field: value})
    with pytest.raises(InvalidEventError, match=rf"detail\.{field}"):
        read_command(event)
    assert not CONTRACTS[kind].is_valid(event)


@pytest.mark.parametrize("target", [{"name": "chat:*"}, {"name": None, "user": "bob"}])
def test_only_a_channel_s_history_can_be_deleted(target: dict[str, Any]) -> None:
    event = command_event(PURGE, deleteHistory=True, **target)
    with pytest.raises(InvalidEventError, match=r"deleteHistory needs the name of one channel"):
        read_command(event)
    assert not CONTRACTS[PURGE].is_valid(event)


def test_an_old_name_and_its_history_stay_manageable() -> None:
    event = command_event(PURGE, name="a::b", deleteHistory=True)
    assert read_command(event).delete_history
    assert CONTRACTS[PURGE].is_valid(event)


def test_a_rule_has_levels_and_a_grant_its_operations_in_one_order() -> None:
    rule = read_command(command_event(POLICY, allowed=True, publish="granted", subscribe="anyone"))
    assert (rule.publish, rule.subscribe) == ("granted", "anyone")
    assert rule.details == "publish: granted, subscribe: anyone"
    one = read_command(command_event(GRANT, operations=["subscribe", "publish", "publish"]))
    other = read_command(command_event(GRANT, operations=["publish", "subscribe"]))
    assert one == other
    assert one.grant == Grant("chat:42", ("publish", "subscribe"))
    assert (one.user, one.name) == ("bob", "#user:bob")


def test_a_user_id_that_has_a_prefix_may_be_as_long_as_the_api_makes_it() -> None:
    user = f"cognito|{'x' * 128}"
    assert read_command(command_event(USER, user=user)).user == user


PATTERNS = [
    "bob",
    "iam:bob",
    "iam:",
    "anon:bob",
    "chat:*",
    "*",
    "a:b:c:d",
    "a:b:c:d:*",
    "a::b",
    "user:{user}",
    "u:{user}:{user}",
    "{user}:a",
    "anyone",
    "granted",
    "group:",
    "group:a",
    "signed-in",
]
FIELDS = [
    "id",
    "name",
    "reason",
    "by",
    "allowed",
    "block",
    "deleteHistory",
    "user",
    "channel",
    "operations",
    "publish",
    "subscribe",
]
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.just({}),
    st.lists(st.sampled_from(["publish", "subscribe", "read"]), max_size=2),
    st.sampled_from(PATTERNS),
)


@given(
    kind=st.sampled_from(EVENTS),
    changes=st.dictionaries(st.sampled_from(FIELDS), anything, max_size=3),
)
def test_the_reader_and_the_contract_agree(kind: str, changes: dict[str, Any]) -> None:
    event = command_event(kind)
    event = {**event, "detail": {**event["detail"], **changes}}
    try:
        read_command(event)
    except InvalidEventError:
        assert not CONTRACTS[kind].is_valid(event)
    else:
        assert CONTRACTS[kind].is_valid(event)


@pytest.mark.parametrize("policy", Policy)
def test_what_an_event_says_of_a_policy_is_read_as_that_policy(policy: Policy) -> None:
    event = command_event(POLICY)
    event = {**event, "detail": {**event["detail"], "allowed": policy.allowed}}
    assert read_command(event).policy is policy


def _command(at: datetime, ulid: str, policy: Policy) -> Command:
    event = reset_event(at=iso(at), id=ulid)
    event["detail"]["allowed"] = policy.allowed
    return read_command({**event, "time": "2026-11-24T00:00:00Z"})


commands = st.builds(
    _command,
    st.datetimes(datetime(2026, 11, 22), datetime(2026, 11, 23), timezones=st.just(UTC)),
    ULIDS,
    st.sampled_from(Policy),
)


@given(st.lists(commands, min_size=1, max_size=6), st.data())
def test_all_regions_converge_whatever_the_order_and_the_repetitions(
    given: list[Command], data: st.DataObject
) -> None:
    ends = []
    for _ in range(3):
        arrivals = data.draw(st.permutations(given + given[: len(given) // 2]))
        region = FakePolicies()
        for command in arrivals:
            region.decide(command, NOW)
        ends.append(region.standing["media"])
    assert {(end.decision, end.policy) for end in ends} == {(ends[0].decision, ends[0].policy)}
    assert ends[0].at == max(command.at for command in given)


@given(commands, commands)
def test_decisions_rank_by_time_first(one: Command, other: Command) -> None:
    if instant(one.at) < instant(other.at):
        assert one.decision < other.decision


def test_of_two_with_one_id_and_instant_the_block_wins() -> None:
    ulid = "01KB4Z6ZC0M4N8P2R6T0V4XYZA"
    for arrivals in itertools.permutations(_command(NOW, ulid, policy) for policy in Policy):
        region = FakePolicies()
        for command in arrivals:
            region.decide(command, NOW)
        assert region.standing["media"].policy is Policy.BLOCK


@given(st.timedeltas(timedelta(minutes=-30), timedelta(minutes=30)))
def test_no_clock_locks_others_out_for_longer_than_the_allowance(skew: timedelta) -> None:
    skewed = read_command(command_event(POLICY, at=iso(NOW + skew)))
    later = NOW + CLOCK_ALLOWANCE + timedelta(seconds=1)
    honest = {**command_event(POLICY, at=iso(later), allowed=True), "time": iso(later)}
    assert read_command(honest).decision > skewed.decision


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from(["chat:42", "chat:*"]),
            st.lists(st.sampled_from(["publish", "subscribe", "presence"]), unique=True),
        ),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_all_regions_converge_on_a_user_s_grants(
    drawn: list[tuple[int, str, list[str]]], data: st.DataObject
) -> None:
    given = [
        read_command(
            command_event(
                GRANT, at=iso(NOW + timedelta(seconds=at)), channel=channel, operations=operations
            )
        )
        for at, channel, operations in drawn
    ]
    ends = []
    for _ in range(3):
        region = FakePolicies()
        for command in data.draw(st.permutations(given + given[:2])):
            region.grant(command)
        ends.append({at: command.grant for at, command in region.grants.items()})
    assert ends[0] == ends[1] == ends[2]
