"""Carrying out commands: steps, retries, repetitions, failures."""

from dataclasses import dataclass, field

import pytest
from globalws_functions.domain.apply import Outcome, Region, apply
from globalws_functions.domain.command import Policy, read_command
from globalws_functions.domain.errors import PermanentError, TransientError

from tests.support.functions import (
    NOW,
    FakeApi,
    FakeAudit,
    FakeHistory,
    FakePolicies,
    command_event,
    reset_event,
)

POLICY, PURGE = "ChannelPolicyChanged", "PurgeRequested"


@dataclass
class Fakes:
    policies: FakePolicies = field(default_factory=FakePolicies)
    api: FakeApi = field(default_factory=FakeApi)
    history: FakeHistory = field(default_factory=FakeHistory)
    audit: FakeAudit = field(default_factory=FakeAudit)

    def region(self) -> Region:
        return Region(
            name="us-west-2",
            allowed_channels=frozenset({"cars", "tech"}),
            policies=self.policies,
            api=self.api,
            history=self.history,
            audit=self.audit,
            clock=lambda: NOW,
        )


@pytest.fixture
def fakes() -> Fakes:
    return Fakes()


def _apply(fakes: Fakes, kind: str, **detail: object) -> Outcome:
    return apply(read_command(command_event(kind, **detail)), fakes.region(), lambda: 60.0).outcome


def test_a_purge_ends_subscriptions_and_leaves_the_channel_open(fakes: Fakes) -> None:
    assert _apply(fakes, PURGE) is Outcome.DONE
    assert fakes.api.unsubscribed == ["tech"]
    assert fakes.policies.standing == {}
    assert fakes.history.deleted == []


def test_a_purge_with_block_bans_before_it_kicks(fakes: Fakes) -> None:
    def check(name: str) -> None:
        assert name in fakes.policies.standing

    fakes.api.on_call = check
    assert _apply(fakes, PURGE, block=True) is Outcome.DONE
    assert fakes.policies.standing["tech"].policy is Policy.BLOCK
    assert fakes.api.unsubscribed == ["tech"]


def test_history_goes_up_to_when_the_bus_took_the_command(fakes: Fakes) -> None:
    _apply(fakes, PURGE, deleteHistory=True, at="2026-11-23T09:00:00Z")
    assert fakes.history.deleted == [("tech", NOW)]


def test_a_block_writes_and_kicks_and_an_allow_only_writes(fakes: Fakes) -> None:
    assert _apply(fakes, POLICY, allowed=False) is Outcome.DONE
    assert fakes.api.unsubscribed == ["media"]
    ulid = "01KB4Z6ZC1M4N8P2R6T0V4XYZA"
    assert _apply(fakes, POLICY, allowed=True, id=ulid) is Outcome.DONE
    assert fakes.policies.standing["media"].policy is Policy.ALLOW
    assert fakes.api.unsubscribed == ["media"]


def test_a_late_block_does_nothing(fakes: Fakes) -> None:
    _apply(fakes, POLICY, allowed=True)
    outcome = _apply(
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
    _apply(fakes, POLICY, allowed=True)
    assert _reset(fakes, at="2026-11-23T10:00:00Z") is Outcome.SUPERSEDED
    assert fakes.api.unsubscribed == []
    assert fakes.policies.standing["media"].policy is Policy.ALLOW


def test_a_reset_stands_against_a_late_block(fakes: Fakes) -> None:
    _reset(fakes, name="tech")
    late = {"at": "2026-11-23T10:00:00Z", "allowed": False}
    assert _apply(fakes, POLICY, name="tech", **late) is Outcome.SUPERSEDED
    assert fakes.policies.standing["tech"].policy is Policy.DEFAULT
    assert fakes.api.unsubscribed == []


def test_a_late_purge_still_kicks_although_its_block_lost(fakes: Fakes) -> None:
    _apply(fakes, POLICY, name="tech", allowed=True)
    assert _apply(fakes, PURGE, block=True, at="2026-11-23T10:00:00Z") is Outcome.DONE
    assert fakes.api.unsubscribed == ["tech"]
    assert fakes.policies.standing["tech"].policy is Policy.ALLOW


@pytest.mark.parametrize("kind", [POLICY, PURGE])
def test_a_command_that_comes_again_does_nothing(fakes: Fakes, kind: str) -> None:
    _apply(fakes, kind)
    written = len(fakes.audit.saved)
    assert _apply(fakes, kind) is Outcome.DUPLICATE
    assert len(fakes.api.unsubscribed) == 1
    assert len(fakes.audit.saved) == written


def test_the_record_says_who_what_why_when_where_and_how_it_ended(fakes: Fakes) -> None:
    _apply(fakes, PURGE, block=True, deleteHistory=True)
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
        _apply(fakes, PURGE, block=True, deleteHistory=True)
    (record,) = fakes.audit.records.values()
    assert record.outcome is Outcome.STARTED
    assert _apply(fakes, PURGE, block=True, deleteHistory=True) is Outcome.DONE
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
        _apply(fakes, PURGE)
    (record,) = fakes.audit.records.values()
    assert record.outcome is Outcome.FAILED
    assert "InvalidChannelName" in record.failure
    assert _apply(fakes, PURGE) is Outcome.DONE
    (record,) = fakes.audit.records.values()
    assert record.failure == ""
