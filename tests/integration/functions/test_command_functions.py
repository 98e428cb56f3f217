"""Command, Policy and the janitor through their handlers: moto's tables, a real HTTP API."""

import time
from typing import Any

import pytest
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.fields import instant

from tests.support.functions import Context, command_event, load_handler, reset_event, sample

POLICY, PURGE = "ChannelPolicyChanged", "PurgeRequested"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tables: Any, api: Any) -> Any:
    """Load a handler's module, with extra environment variables."""

    def load(name: str, **environment: str) -> Any:
        return load_handler(name, monkeypatch, {"GRAPHQL_URL": api.url} | environment)

    return load


def _allowed(tables: Any, name: str) -> bool | None:
    found = tables.get_item(TableName="channels", Key={"name": {"S": name}})
    allowed = found.get("Item", {}).get("allowed", {}).get("BOOL")
    return None if allowed is None else bool(allowed)


def _records(tables: Any) -> list[dict[str, Any]]:
    return list(tables.scan(TableName="audit")["Items"])


def test_a_block_is_written_kicked_and_recorded_once(load: Any, tables: Any, api: Any) -> None:
    command = load("commands")
    answer = command.handler(sample("policy-change"), Context())
    assert answer == {"outcome": "done", "policy": "written", "subscriptions": "ended"}
    assert command.handler(sample("policy-change"), Context())["outcome"] == "duplicate"
    assert _allowed(tables, "media") is False
    assert api.unsubscribed == ["media"]
    (record,) = _records(tables)
    assert record["outcome"]["S"] == "done"


def test_command_and_policy_converge_in_either_order(load: Any, tables: Any, api: Any) -> None:
    policy, command = load("policy"), load("commands")
    assert policy.handler(sample("policy-change"), Context()) == {"outcome": "written"}
    assert command.handler(sample("policy-change"), Context())["policy"] == "already written"
    event = command_event(PURGE, block=True)
    assert command.handler(event, Context())["policy"] == "written"
    assert policy.handler(event, Context()) == {"outcome": "already written"}
    assert api.unsubscribed == ["media", "tech"]


def test_a_reset_leaves_the_channel_to_the_deployment(load: Any, tables: Any, api: Any) -> None:
    policy, command = load("policy"), load("commands")
    command.handler(sample("policy-change"), Context())
    reset = reset_event(id="01KB4ZG5J0T6V0X4Z8B2C6D0FG")
    assert policy.handler(reset, Context()) == {"outcome": "written"}
    assert _allowed(tables, "media") is None
    # media is not in ALLOWED_CHANNELS, so it is closed like a blocked channel; tech is open.
    answer = command.handler(reset, Context())
    assert answer == {"outcome": "done", "policy": "already written", "subscriptions": "ended"}
    answer = command.handler(reset_event(name="tech"), Context())
    assert answer == {"outcome": "done", "policy": "written"}
    assert api.unsubscribed == ["media", "media"]
    # The block arrives again, from a queue: too late.
    late = command_event(POLICY, id="01KB4Z6ZC1M4N8P2R6T0V4XYZA", allowed=False)
    assert command.handler(late, Context())["outcome"] == "superseded"
    assert {record["action"]["S"] for record in _records(tables)} == {"block", "reset"}


def test_with_the_command_function_failing_the_janitor_closes_a_channel_that_was_reset(
    load: Any, tables: Any, api: Any
) -> None:
    policy = load("policy")
    policy.handler(command_event(POLICY, allowed=True), Context())
    policy.handler(reset_event(id="01KB4ZG5J0T6V0X4Z8B2C6D0FG"), Context())
    assert load("janitor").handler(sample("janitor"), Context())["closed"] == 1
    assert api.unsubscribed == ["media"]


def test_a_clock_minutes_ahead_does_not_lock_others_out(load: Any, tables: Any) -> None:
    policy = load("policy")
    policy.handler(command_event(POLICY, at="2026-11-23T10:59:00Z", allowed=False), Context())
    honest = command_event(POLICY, at="2026-11-23T10:20:06Z", allowed=True)
    policy.handler({**honest, "time": "2026-11-23T10:20:06Z"}, Context())
    assert _allowed(tables, "media") is True


def test_a_purge_without_a_store_says_so(load: Any, tables: Any) -> None:
    answer = load("commands").handler(command_event(PURGE, deleteHistory=True), Context())
    assert answer == {"outcome": "done", "subscriptions": "ended", "history": "nothing-stored"}


def test_a_purge_that_time_ran_out_on_goes_on(load: Any, tables: Any, api: Any) -> None:
    for number in range(30):
        item = {"name": "tech", "id": f"{number:026d}", "publishedAt": "2026-11-23T10:00:00.000Z"}
        tables.put_item(TableName="messages", Item={key: {"S": each} for key, each in item.items()})
    command = load("commands", MESSAGES_TABLE="messages")
    event = command_event(PURGE, deleteHistory=True)
    with pytest.raises(TransientError):
        command.handler(event, Context(remaining_ms=1000))
    assert command.handler(event, Context())["history"] == "deleted 30"
    assert api.unsubscribed == ["tech"]


def test_with_the_command_function_failing_the_janitor_closes_the_channel(
    load: Any, tables: Any, api: Any
) -> None:
    api.answer = lambda name: (503, {})
    command = load("commands")
    with pytest.raises(TransientError):
        command.handler(sample("policy-change"), Context())
    load("policy").handler(sample("policy-change"), Context())
    api.answer = lambda name: None
    assert load("janitor").handler(sample("janitor"), Context())["invalidated"] == 1
    assert api.unsubscribed == ["media"]


def test_a_throttled_api_is_spared_and_a_dead_one_is_seen(
    load: Any, tables: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = load("policy")
    for name in ("a", "b", "c"):
        policy.handler(command_event(POLICY, name=name), Context())
    janitor = load("janitor")
    monkeypatch.setattr(janitor.time, "sleep", lambda seconds: None)
    api.answer = lambda name: (429, {}) if name == "b" else None
    run = janitor.handler(sample("janitor"), Context())
    assert (run["invalidated"], run["failed"], run["throttled"]) == (2, 1, 1)
    api.answer = lambda name: (500, {})
    with pytest.raises(janitor.JanitorError):
        janitor.handler(sample("janitor"), Context())


def test_a_channel_dropped_by_a_deployment_is_closed(load: Any, tables: Any, api: Any) -> None:
    assert load("janitor").handler(sample("janitor"), Context())["remembered"] == 2
    run = load("janitor", ALLOWED_CHANNELS="cars").handler(sample("janitor"), Context())
    assert (run["closed"], run["invalidated"]) == (1, 1)
    assert api.unsubscribed == ["tech"]
    (record,) = _records(tables)
    assert (record["by"]["S"], record["channel"]["S"]) == ("janitor", "tech")


@pytest.mark.timeout(300)
def test_a_registry_of_ten_thousand_channels(load: Any, tables: Any, api: Any) -> None:
    items = []
    for number in range(10_000):
        is_blocked = number % 100 == 0
        item: dict[str, Any] = {
            "name": {"S": f"channel-{number:05d}"},
            "allowed": {"BOOL": not is_blocked},
            "decision": {"S": f"2026-11-23T10:00:00.000Z#{number:026d}#x"},
            "reason": {"S": "x" * 200},
        }
        if is_blocked:
            item["closedSince"] = {"S": "2026-11-23T10:00:00.000Z"}
        items.append({"PutRequest": {"Item": item}})
    for start in range(0, len(items), 25):
        tables.batch_write_item(RequestItems={"channels": items[start : start + 25]})
    started = time.monotonic()
    run = load("janitor").handler(sample("janitor"), Context(remaining_ms=240_000))
    assert (run["channels"], run["invalidated"], run["failed"]) == (10_000, 100, 0)
    assert time.monotonic() - started < 60
    assert len(set(api.unsubscribed)) == 100
    last = tables.get_item(TableName="channels", Key={"name": {"S": "#janitor"}})["Item"]
    assert last["channels"]["N"] == "10000"
    assert instant(last["startedAt"]["S"])


def test_a_user_is_blocked_kicked_and_kept_out_by_the_janitor(
    load: Any, tables: Any, api: Any
) -> None:
    command = load("commands")
    answer = command.handler(sample("user-change"), Context())
    assert answer == {"outcome": "done", "policy": "written", "subscriptions": "ended"}
    assert _allowed(tables, "#user:bob") is False
    assert load("janitor").handler(sample("janitor"), Context())["invalidated"] == 1
    assert api.disconnected == ["bob", "bob"]
    (record,) = _records(tables)
    assert (record["channel"]["S"], record["action"]["S"]) == ("#user:bob", "block")


def test_a_revoked_grant_ends_the_user_s_subscriptions_twice(
    load: Any, tables: Any, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, policy = load("commands"), load("policy")
    assert policy.handler(sample("grant"), Context()) == {"outcome": "written"}
    answer = command.handler(sample("grant"), Context())
    assert answer == {"outcome": "done", "policy": "already written"}
    waits: list[float] = []
    monkeypatch.setattr(command.time, "sleep", waits.append)
    command._region.cache_clear()
    later = {"id": "01KB4Z6ZC9M4N8P2R6T0V4XYZA", "at": "2026-11-23T10:20:04Z"}
    command.handler(command_event("UserGrantChanged", operations=[], **later), Context())
    assert api.disconnected == ["bob", "bob"]
    assert 59 < waits[-1] <= 60
    details = {record["details"]["S"] for record in _records(tables)}
    assert details == {"chat:42: publish, subscribe", "chat:42: nothing"}


def test_a_rule_that_a_deployment_made_stricter_ends_subscriptions(
    load: Any, tables: Any, api: Any
) -> None:
    load("janitor", ALLOWED_CHANNELS="chat:*").handler(sample("janitor"), Context())
    assert api.unsubscribed == []
    stricter = load("janitor", ALLOWED_CHANNELS="chat:*=signed-in")
    assert stricter.handler(sample("janitor"), Context())["stricter"] == 1
    assert stricter.handler(sample("janitor"), Context())["stricter"] == 0  # a minute has to pass
    assert api.unsubscribed == ["chat:*"]


def test_a_stricter_deployment_ends_memberships_where_presence_is_on(
    load: Any, tables: Any, api: Any
) -> None:
    """The members of two channels, one of which may be read by users with a token only."""
    for channel, connection in (("chat:1", "c1"), ("cars", "c2")):
        member = {"connection": {"S": connection}, "user": {"S": "anon:ann"}, "seq": {"N": "1"}}
        times = {"seq": {"N": "1"}, "expiresAt": {"N": "9999999999999"}}
        lease = {**member, **times, "channels": {"SS": [channel]}}
        tables.put_item(TableName="leases", Item=lease)
        tables.put_item(TableName="members", Item={**member, "channel": {"S": channel}})
    load("janitor", ALLOWED_CHANNELS="chat:*,cars").handler(sample("janitor"), Context())
    assert api.left == []
    stricter = load("janitor", ALLOWED_CHANNELS="chat:*=signed-in,cars", PRESENCE="on")
    run = stricter.handler(sample("janitor"), Context())
    assert (run["stricter"], run["failed"]) == (1, 0)
    assert api.left == [("chat:1", "anon:ann")]
    assert api.unsubscribed == ["chat:*"] * 2  # messages, and presence
    (left,) = tables.scan(TableName="members")["Items"]
    assert left["channel"]["S"] == "cars"
