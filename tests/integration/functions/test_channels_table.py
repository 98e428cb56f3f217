"""The adapter to the table of channels and users, against moto's DynamoDB."""

import random
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from globalws_functions.adapters import channels_table
from globalws_functions.adapters.audit_table import AuditTable
from globalws_functions.adapters.channels_table import LAST_RUN, ChannelsTable
from globalws_functions.domain.apply import Decided, Decision
from globalws_functions.domain.channel import Channel
from globalws_functions.domain.command import Command, read_command
from globalws_functions.domain.errors import PermanentError
from globalws_functions.domain.fields import iso
from globalws_functions.domain.janitor import Run
from moto.dynamodb.responses import DynamoHandler

from tests.integration.functions.audit_records import record
from tests.support.functions import NOW, command_event

POLICY = "ChannelPolicyChanged"


def _command(seconds: int, allowed: bool | None, number: int = 0, **detail: Any) -> Command:
    """None for `allowed` resets the channel."""
    at = iso(NOW + timedelta(seconds=seconds))
    ulid = f"01KB4Z6ZC0M4N8P2R6T0V4{number:04d}"
    event = command_event(POLICY, at=at, id=ulid, **detail)
    event["detail"]["allowed"] = allowed
    return read_command({**event, "time": "2026-11-24T00:00:00Z"})


def _item(tables: Any, name: str) -> dict[str, Any]:
    found = tables.get_item(TableName="channels", Key={"name": {"S": name}})
    return {key: next(iter(value.values())) for key, value in found.get("Item", {}).items()}


def test_a_decision_is_written_with_who_why_and_when(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    command = _command(0, False)
    assert channels.decide(command, NOW).decided is Decided.WRITTEN
    assert channels.decide(command, NOW).decided is Decided.UNCHANGED
    assert _item(tables, "media") == {
        "name": "media",
        "allowed": False,
        "reason": "copyright claim 1138",
        "by": "ops@example.com",
        "updatedAt": iso(NOW),
        "decision": command.decision,
        "closedSince": iso(NOW),
        "replacedLevel": "",
    }
    assert channels.decide(_command(-1, True), NOW).decided is Decided.SUPERSEDED
    assert channels.decide(_command(1, True), NOW).decided is Decided.WRITTEN
    item = _item(tables, "media")
    assert item["allowed"] is True
    assert "closedSince" not in item


def test_a_reset_stays_as_a_decision_that_decides_nothing(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    channels.remember("media", None, None)
    channels.decide(_command(0, False), NOW)
    (blocked,) = channels.channels()
    channels.mark_invalidated(blocked, NOW)
    reset = _command(2, None, reason="settled")
    assert channels.decide(reset, NOW).decided is Decided.WRITTEN
    assert channels.decide(reset, NOW).decided is Decided.UNCHANGED
    assert _item(tables, "media") == {
        "name": "media",
        "reason": "settled",
        "by": "ops@example.com",
        "updatedAt": iso(NOW + timedelta(seconds=2)),
        "decision": reset.decision,
        "known": True,
        "knownLevel": "",
        "replacedLevel": "",
    }
    assert list(channels.channels()) == [Channel("media", decision=reset.decision, known=True)]
    # An older decision that arrives later changes nothing.
    assert channels.decide(_command(1, False), NOW).decided is Decided.SUPERSEDED
    assert "allowed" not in _item(tables, "media")
    assert channels.decide(_command(3, False), NOW).decided is Decided.WRITTEN
    assert _item(tables, "media")["allowed"] is False


def test_a_channel_that_nobody_knew_can_be_reset(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    reset = _command(0, None)
    assert channels.decide(reset, NOW).decided is Decided.WRITTEN
    (channel,) = channels.channels()
    channels.mark_invalidated(channel, NOW)
    (closed,) = channels.channels()
    assert (closed.override, closed.closed_since) == (None, NOW)
    assert channels.decide(_command(-1, True), NOW).decided is Decided.SUPERSEDED


def test_a_command_without_a_policy_is_not_written(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    with pytest.raises(ValueError, match="decides nothing"):
        channels.decide(read_command(command_event("PurgeRequested")), NOW)
    assert list(channels.channels()) == []


@pytest.fixture
def _atomic_updates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make moto's updates atomic, as DynamoDB's are; their answers read the item, too."""
    lock, update = threading.Lock(), DynamoHandler.update_item

    def locked(*args: Any, **values: Any) -> Any:
        with lock:
            return update(*args, **values)

    monkeypatch.setattr(DynamoHandler, "update_item", locked)


@pytest.mark.usefixtures("_atomic_updates")
@pytest.mark.parametrize("seed", range(5))
def test_racing_writers_end_with_the_latest_decision(tables: Any, seed: int) -> None:
    policies = (True, False, None)
    commands = [_command(number // 2, policies[number % 3], number) for number in range(12)] * 2
    random.Random(seed).shuffle(commands)
    failures: list[Exception] = []
    # One for all: boto3's sessions cannot make clients in several threads at once.
    channels = ChannelsTable.connect("channels", "us-west-2")

    def write(mine: list[Command]) -> None:
        try:
            for command in mine:
                channels.decide(command, NOW)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(commands[part::4],)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    latest = max(commands, key=lambda command: command.decision)
    item = _item(tables, "media")
    assert latest.policy is not None
    assert (item["decision"], item.get("allowed")) == (latest.decision, latest.policy.allowed)


def test_the_janitor_s_notes_yield_to_a_new_decision(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    channels.decide(_command(0, False), NOW)
    (seen,) = channels.channels()
    channels.decide(_command(1, True), NOW)
    channels.mark_invalidated(seen, NOW)
    assert "invalidatedAt" not in _item(tables, "media")
    channels.decide(_command(2, False), NOW)
    channels.reopen(seen)
    assert _item(tables, "media")["closedSince"] == iso(NOW)
    # Also a channel without a decision.
    channels.remember("tech", None, None)
    tech = next(each for each in channels.channels() if each.name == "tech")
    assert tech == Channel("tech", known=True)
    channels.decide(_command(0, True, name="tech"), NOW)
    channels.mark_invalidated(tech, NOW)
    assert "closedSince" not in _item(tables, "tech")


def test_levels_are_written_and_what_they_replaced_is_kept(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    first = _command(0, True, name="chat:*", publish="granted", subscribe="signed-in")
    assert channels.decide(first, NOW) == Decision(Decided.WRITTEN)
    item = _item(tables, "chat:*")
    assert (item["publish"], item["subscribe"]) == ("granted", "signed-in")
    second = _command(1, True, name="chat:*", subscribe="anyone")
    # Two functions handle the command: the second gets the same answer.
    assert channels.decide(second, NOW) == Decision(Decided.WRITTEN, "signed-in")
    assert channels.decide(second, NOW) == Decision(Decided.UNCHANGED, "signed-in")
    assert channels.decide(first, NOW) == Decision(Decided.SUPERSEDED)
    item = _item(tables, "chat:*")
    assert (item.get("publish"), item["subscribe"]) == (None, "anyone")
    assert channels.decide(_command(2, False, name="chat:*"), NOW).replaced_level == "anyone"
    assert _item(tables, "chat:*").keys().isdisjoint({"publish", "subscribe"})


def _grant(seconds: int, channel: str, *operations: str, number: int = 0) -> Command:
    event = command_event(
        "UserGrantChanged",
        at=iso(NOW + timedelta(seconds=seconds)),
        id=f"01KB4Z6ZC0M4N8P2R6T0V4{number:04d}",
        channel=channel,
        operations=list(operations),
    )
    return read_command({**event, "time": "2026-11-24T00:00:00Z"})


def _grants(tables: Any, user: str) -> dict[str, list[str]]:
    found = tables.get_item(TableName="channels", Key={"name": {"S": f"#user:{user}"}})
    grants = found["Item"]["grants"]["M"]
    return {
        pattern: [operation["S"] for operation in grant["M"]["operations"]["L"]]
        for pattern, grant in grants.items()
    }


def test_the_last_grant_of_each_pattern_counts(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    first = _grant(1, "chat:*", "publish", "subscribe")
    assert channels.grant(first).decided is Decided.WRITTEN
    assert channels.grant(first).decided is Decided.UNCHANGED
    assert channels.grant(_grant(0, "chat:*")).decided is Decided.SUPERSEDED
    assert channels.grant(_grant(0, "chat:42", "presence")).decided is Decided.WRITTEN
    assert _grants(tables, "bob") == {"chat:*": ["publish", "subscribe"], "chat:42": ["presence"]}
    # What was revoked stays, against a grant that arrives late.
    assert channels.grant(_grant(3, "chat:*")).decided is Decided.WRITTEN
    assert channels.grant(_grant(2, "chat:*", "publish")).decided is Decided.SUPERSEDED
    assert _grants(tables, "bob")["chat:*"] == []


def test_a_grant_knows_whether_the_one_before_let_subscribe(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    steps = (
        (_grant(1, "chat:*", "publish"), False),
        (_grant(2, "chat:*", "publish", "subscribe"), False),
        (_grant(3, "chat:*", "publish"), True),
        (_grant(4, "chat:*"), False),
    )
    for command, let_subscribe in steps:
        assert channels.grant(command).let_subscribe is let_subscribe
        again = channels.grant(command)  # as the other function sees it
        assert (again.decided, again.let_subscribe) == (Decided.UNCHANGED, let_subscribe)


def test_what_was_revoked_long_ago_makes_room(tables: Any) -> None:
    """A user who joins and leaves conversations for years must fit into an item."""
    channels = ChannelsTable.connect("channels", "us-west-2")
    for number in range(30):
        channels.grant(_grant(number, f"chat:{number}", *(["publish"] if number == 7 else [])))
    assert len(_grants(tables, "bob")) == 30
    late = _grant(40, "chat:7", "subscribe")
    late = replace(late, received_at=late.received_at + timedelta(days=17))
    channels.grant(late)
    assert len(_grants(tables, "bob")) == 5
    channels.grant(replace(late, id="01KB4Z6ZC0M4N8P2R6T0V40099"))
    assert _grants(tables, "bob") == {"chat:7": ["subscribe"]}


def test_a_user_with_all_the_grants_that_fit_can_be_blocked(
    tables: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels_table, "MOST_GRANTS", 2)
    channels = ChannelsTable.connect("channels", "us-west-2")
    for number in (1, 2):
        channels.grant(_grant(number, f"chat:{number}", "publish"))
    with pytest.raises(PermanentError, match="TooManyGrants"):
        channels.grant(_grant(3, "chat:3", "publish"))
    assert channels.grant(_grant(4, "chat:2")).decided is Decided.WRITTEN
    block = read_command(command_event("UserPolicyChanged", allowed=False))
    assert channels.decide(block, NOW).decided is Decided.WRITTEN
    longest = 128 + len("publish subscribe presence") + len(_grant(1, "*").decision) + 100
    assert longest * 1000 < 350_000


def test_a_block_and_a_grant_of_one_user_leave_each_other_alone(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    block = read_command(command_event("UserPolicyChanged", allowed=False))
    channels.grant(_grant(9, "chat:42", "publish"))
    assert channels.decide(block, NOW).decided is Decided.WRITTEN
    channels.grant(_grant(10, "chat:43", "publish"))
    (user,) = channels.channels()
    assert (user.user, user.override) == ("bob", False)
    assert _grants(tables, "bob").keys() == {"chat:42", "chat:43"}


def test_a_table_of_an_older_version_needs_no_migration(tables: Any) -> None:
    """Items as version 0.1 wrote them: its decisions stand, and the janitor goes on."""
    item = {
        "name": {"S": "media"},
        "allowed": {"BOOL": False},
        "reason": {"S": "copyright claim 1138"},
        "by": {"S": "ops@example.com"},
        "updatedAt": {"S": iso(NOW)},
        "decision": {"S": f"{iso(NOW)}#01KB4Z6ZC0M4N8P2R6T0V4XYZA#block"},
        "closedSince": {"S": iso(NOW)},
    }
    tables.put_item(TableName="channels", Item=item)
    tables.put_item(TableName="channels", Item={"name": {"S": "a::b"}, "known": {"BOOL": True}})
    channels = ChannelsTable.connect("channels", "us-west-2")
    found = {channel.name: channel for channel in channels.channels()}
    assert found["media"].override is False
    assert found["a::b"] == Channel("a::b", known=True)
    repeated = read_command(command_event(POLICY, at=iso(NOW), allowed=False))
    assert channels.decide(repeated, NOW).decided is Decided.UNCHANGED
    assert channels.decide(_command(-1, True), NOW).decided is Decided.SUPERSEDED
    allow = _command(1, True, subscribe="signed-in")
    assert channels.decide(allow, NOW) == Decision(Decided.WRITTEN)
    audit = AuditTable.connect("audit", timedelta(days=400), "us-west-2")
    audit.save(record(1, "tech"))
    tables.update_item(
        TableName="audit", Key={"key": {"S": "tech#purge#1"}}, UpdateExpression="REMOVE details"
    )
    assert audit.find("tech#purge#1") == record(1, "tech")


def test_the_last_run_is_no_channel(tables: Any) -> None:
    channels = ChannelsTable.connect("channels", "us-west-2")
    channels.save_run(Run(iso(NOW), duration_ms=12, closed=1))
    assert list(channels.channels()) == []
    item = _item(tables, LAST_RUN)
    assert (item["startedAt"], item["durationMs"], item["closed"]) == (iso(NOW), "12", "1")
