"""Carrying out commands: steps, retries, repetitions, failures."""

from dataclasses import replace

import pytest
from globalws_functions.domain.apply import Outcome, apply
from globalws_functions.domain.command import Policy, read_command
from globalws_functions.domain.errors import PermanentError, TransientError

from tests.support.functions import (
    NOW,
    command_event,
    reset_event,
)
from tests.unit.functions.apply_fakes import ENDED_TWICE, POLICY, PURGE, Fakes, applied


def test_a_purge_ends_subscriptions_and_leaves_the_channel_open(fakes: Fakes) -> None:
    assert applied(fakes, PURGE) is Outcome.DONE
    assert fakes.api.unsubscribed == ["tech"]
    assert fakes.policies.standing == {}
    assert fakes.history.deleted == []


def test_a_purge_with_block_bans_before_it_kicks(fakes: Fakes) -> None:
    def check(name: str) -> None:
        assert name in fakes.policies.standing

    fakes.api.on_call = check
    assert applied(fakes, PURGE, block=True) is Outcome.DONE
    assert fakes.policies.standing["tech"].policy is Policy.BLOCK
    assert fakes.api.unsubscribed == ["tech"]


def test_history_goes_up_to_when_the_bus_took_the_command(fakes: Fakes) -> None:
    applied(fakes, PURGE, deleteHistory=True, at="2026-11-23T09:00:00Z")
    assert fakes.history.deleted == [("tech", NOW)]


def test_a_block_writes_and_kicks_and_an_allow_only_writes(fakes: Fakes) -> None:
    assert applied(fakes, POLICY, allowed=False) is Outcome.DONE
    assert fakes.api.unsubscribed == ["media"]
    ulid = "01KB4Z6ZC1M4N8P2R6T0V4XYZA"
    assert applied(fakes, POLICY, allowed=True, id=ulid) is Outcome.DONE
    assert fakes.policies.standing["media"].policy is Policy.ALLOW
    assert fakes.api.unsubscribed == ["media"]


def test_a_late_block_does_nothing(fakes: Fakes) -> None:
    applied(fakes, POLICY, allowed=True)
    outcome = applied(
        fakes, POLICY, id="01KB4Z6ZC1M4N8P2R6T0V4XYZA", at="2026-11-23T10:00:00Z", allowed=False
    )
    assert outcome is Outcome.SUPERSEDED
    assert fakes.api.unsubscribed == []


def _reset(fakes: Fakes, **detail: object) -> Outcome:
    detail = {"id": "01KB4Z6ZC1M4N8P2R6T0V4XYZA", **detail}
    return apply(read_command(reset_event(**detail)), fakes.region(), lambda: 60.0).outcome


def test_a_reset_kicks_if_it_closes_the_channel_and_bans_before(fakes: Fakes) -> None:
    def check(name: str) -> None:
        assert fakes.policies.standing[name].policy is Policy.DEFAULT

    fakes.api.on_call = check
    assert _reset(fakes, name="tech") is Outcome.DONE
    assert fakes.api.unsubscribed == []
    assert _reset(fakes, name="media") is Outcome.DONE
    assert fakes.api.unsubscribed == ["media"]
    steps = [record.steps for record in fakes.audit.records.values()]
    assert steps == [{"policy": "written"}, {"policy": "written", "subscriptions": "ended"}]


def test_a_late_reset_does_nothing(fakes: Fakes) -> None:
    applied(fakes, POLICY, allowed=True)
    assert _reset(fakes, at="2026-11-23T10:00:00Z") is Outcome.SUPERSEDED
    assert fakes.api.unsubscribed == []
    assert fakes.policies.standing["media"].policy is Policy.ALLOW


def test_a_reset_stands_against_a_late_block(fakes: Fakes) -> None:
    _reset(fakes, name="tech")
    late = {"at": "2026-11-23T10:00:00Z", "allowed": False}
    assert applied(fakes, POLICY, name="tech", **late) is Outcome.SUPERSEDED
    assert fakes.policies.standing["tech"].policy is Policy.DEFAULT
    assert fakes.api.unsubscribed == []


def test_a_late_purge_still_kicks_although_its_block_lost(fakes: Fakes) -> None:
    applied(fakes, POLICY, name="tech", allowed=True)
    assert applied(fakes, PURGE, block=True, at="2026-11-23T10:00:00Z") is Outcome.DONE
    assert fakes.api.unsubscribed == ["tech"]
    assert fakes.policies.standing["tech"].policy is Policy.ALLOW


@pytest.mark.parametrize("kind", [POLICY, PURGE])
def test_a_command_that_comes_again_does_nothing(fakes: Fakes, kind: str) -> None:
    applied(fakes, kind)
    written = len(fakes.audit.saved)
    assert applied(fakes, kind) is Outcome.DUPLICATE
    assert len(fakes.api.unsubscribed) == 1
    assert len(fakes.audit.saved) == written


def test_the_record_says_who_what_why_when_where_and_how_it_ended(fakes: Fakes) -> None:
    applied(fakes, PURGE, block=True, deleteHistory=True)
    (record,) = fakes.audit.records.values()
    assert (record.by, record.reason, record.name) == ("ops@example.com", "spam wave", "tech")
    assert (record.at, record.region) == ("2026-11-23T10:20:00.123Z", "us-west-2")
    assert record.event_id == "01KB4Z6ZC0P5Q9R3S7V1W5YZAB"
    assert record.outcome is Outcome.DONE
    assert record.steps == {
        "policy": "written",
        "subscriptions": "ended",
        "history": "deleted 3",
    }


def test_a_retry_goes_on_where_the_last_attempt_stopped(fakes: Fakes) -> None:
    fakes.history.failures = [TransientError("time ran out")]
    with pytest.raises(TransientError):
        applied(fakes, PURGE, block=True, deleteHistory=True)
    (record,) = fakes.audit.records.values()
    assert record.outcome is Outcome.STARTED
    assert applied(fakes, PURGE, block=True, deleteHistory=True) is Outcome.DONE
    assert fakes.api.unsubscribed == ["tech"]
    assert len(fakes.history.deleted) == 1


def test_a_block_that_policy_wrote_first_is_still_kicked(fakes: Fakes) -> None:
    command = read_command(command_event(POLICY, allowed=False))
    fakes.policies.decide(command, NOW)
    record = apply(command, fakes.region(), lambda: 60.0)
    assert record.steps == {"policy": "already written", "subscriptions": "ended"}


def test_a_permanent_failure_is_recorded_and_may_be_redriven(fakes: Fakes) -> None:
    fakes.api.failures["tech"] = [PermanentError("InvalidChannelName", "no")]
    with pytest.raises(PermanentError):
        applied(fakes, PURGE)
    (record,) = fakes.audit.records.values()
    assert record.outcome is Outcome.FAILED
    assert "InvalidChannelName" in record.failure
    assert applied(fakes, PURGE) is Outcome.DONE
    (record,) = fakes.audit.records.values()
    assert record.failure == ""


def _allow(fakes: Fakes, name: str, number: int = 1, **levels: str) -> dict[str, str]:
    """The steps of an allow that is decided so many seconds later than others."""
    detail = {"name": name, "allowed": True, "id": f"01KB4Z6ZC{number}M4N8P2R6T0V4XYZA", **levels}
    event = command_event(POLICY, at=f"2026-11-23T10:20:0{number}Z", **detail)
    return apply(read_command(event), fakes.region(), lambda: 100.0).steps


def test_a_stricter_rule_ends_what_it_covers_at_once_and_after_a_minute(fakes: Fakes) -> None:
    times: list[float] = []
    fakes.api.on_call = lambda _: times.append(fakes.clock.seconds)
    assert _allow(fakes, "chat:*", subscribe="signed-in") == ENDED_TWICE
    assert fakes.api.unsubscribed == ["chat:*", "chat:*"]
    assert times[1] - times[0] == 60


@pytest.mark.parametrize(
    ("before", "after", "ends"),
    [
        ("anyone", "signed-in", True),
        ("signed-in", "granted", True),
        ("group:a", "group:b", True),
        ("signed-in", "signed-in", False),
        ("granted", "signed-in", False),
        ("granted", "anyone", False),
    ],
)
def test_only_what_may_exclude_somebody_ends_subscriptions(
    fakes: Fakes, before: str, after: str, ends: bool
) -> None:
    _allow(fakes, "chat:*", 1, subscribe=before)
    fakes.api.unsubscribed.clear()
    assert (_allow(fakes, "chat:*", 2, subscribe=after) == ENDED_TWICE) is ends
    assert bool(fakes.api.unsubscribed) is ends


def test_a_level_for_publishing_ends_no_subscription(fakes: Fakes) -> None:
    assert _allow(fakes, "chat:*", publish="granted") == {"policy": "written"}


def test_without_a_level_of_its_own_an_allow_keeps_the_deployment_s(fakes: Fakes) -> None:
    assert _allow(fakes, "news:*") == {"policy": "written"}
    assert _allow(fakes, "news:*", 2, subscribe="anyone") == {"policy": "written"}
    assert _allow(fakes, "news:*", 3) == ENDED_TWICE


def test_a_stricter_rule_that_policy_wrote_first_still_ends_subscriptions(fakes: Fakes) -> None:
    event = command_event(POLICY, name="chat:*", allowed=True, subscribe="granted")
    fakes.policies.decide(read_command(event), NOW)
    record = apply(read_command(event), fakes.region(), lambda: 100.0)
    assert record.steps == {**ENDED_TWICE, "policy": "already written"}


def test_a_stricter_rule_that_a_later_one_replaced_meanwhile_still_ends_subscriptions(
    fakes: Fakes,
) -> None:
    """anyone, granted, signed-in: the last replaces `granted`, so it is not the stricter one."""
    levels = ("anyone", "granted", "signed-in")
    events = [
        command_event(
            POLICY, name="chat:*", allowed=True, subscribe=level, at=f"2026-11-23T10:1{number}:00Z",
            id=f"01KB4Z6ZC0P5Q9R3S7V1W5YZA{number}",
        )
        for number, level in enumerate(levels)
    ]  # fmt: skip
    first, stricter, last = map(read_command, events)
    apply(first, fakes.region(), lambda: 100.0)
    fakes.policies.decide(stricter, NOW)
    apply(last, fakes.region(), lambda: 100.0)
    assert fakes.api.unsubscribed == []
    record = apply(stricter, fakes.region(), lambda: 100.0)
    assert record.outcome is Outcome.SUPERSEDED
    assert fakes.api.unsubscribed == ["chat:*", "chat:*"]
    assert apply(stricter, fakes.region(), lambda: 100.0).outcome is Outcome.DUPLICATE


def test_a_minute_later_subscriptions_are_ended_again_even_after_a_crash(fakes: Fakes) -> None:
    fakes.api.failures["chat:*"] = []
    fakes.api.on_call = lambda name: fakes.api.failures[name].append(TransientError("down"))
    with pytest.raises(TransientError):
        _allow(fakes, "chat:*", subscribe="granted")
    fakes.api.on_call = lambda name: fakes.api.failures[name].clear()
    assert _allow(fakes, "chat:*", subscribe="granted") == ENDED_TWICE
    fakes.api.unsubscribed.clear()
    # It crashes while it waits; by then the record says that all else is done.
    (record,) = fakes.audit.records.values()
    fakes.audit.save(replace(record, steps={**record.steps, "subscriptions-again": "due"}))
    assert _allow(fakes, "chat:*", subscribe="granted") == ENDED_TWICE
    assert fakes.api.unsubscribed == ["chat:*"]
    assert _allow(fakes, "chat:*", subscribe="granted") == ENDED_TWICE
    assert fakes.api.unsubscribed == ["chat:*"]


def test_while_it_waits_the_record_says_done(fakes: Fakes) -> None:
    outcomes: list[Outcome] = []
    pause = fakes.clock.sleep

    def sleep(seconds: float) -> None:
        outcomes.extend(record.outcome for record in fakes.audit.records.values())
        pause(seconds)

    fakes.clock.sleep = sleep  # type: ignore[method-assign]
    _allow(fakes, "chat:*", subscribe="granted")
    assert outcomes == [Outcome.DONE]


def test_a_pattern_is_blocked_like_a_channel(fakes: Fakes) -> None:
    assert applied(fakes, POLICY, name="user:{user}:*", allowed=False) is Outcome.DONE
    assert fakes.api.unsubscribed == ["user:{user}:*"]
