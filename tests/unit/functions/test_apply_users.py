"""Commands about users: blocks, grants, purges."""

import pytest
from globalws_functions.domain.apply import Outcome, apply
from globalws_functions.domain.command import Policy, read_command

from tests.support.functions import (
    command_event,
)
from tests.unit.functions.apply_fakes import ENDED_TWICE, GRANT, PURGE, USER, Fakes, applied


def test_a_user_is_banned_and_then_kicked(fakes: Fakes) -> None:
    def check(name: str) -> None:
        assert fakes.policies.standing[f"#user:{name}"].policy is Policy.BLOCK

    fakes.api.on_call = check
    assert applied(fakes, USER, allowed=False) is Outcome.DONE
    assert fakes.api.disconnected == ["bob"]
    ulid = "01KB4Z6ZC9M4N8P2R6T0V4XYZA"
    assert applied(fakes, USER, allowed=True, id=ulid, at="2026-11-23T10:20:04Z") is Outcome.DONE
    assert fakes.api.disconnected == ["bob"]
    assert {record.name for record in fakes.audit.saved} == {"#user:bob"}


def test_a_purge_of_a_user_only_kicks(fakes: Fakes) -> None:
    assert applied(fakes, PURGE, name=None, user="bob") is Outcome.DONE
    assert (fakes.api.disconnected, fakes.policies.standing) == (["bob"], {})


def test_a_grant_is_written_and_a_revocation_ends_the_user_s_subscriptions(fakes: Fakes) -> None:
    assert applied(fakes, GRANT) is Outcome.DONE
    assert fakes.api.disconnected == []
    revoked = {"operations": [], "id": "01KB4Z6ZC9M4N8P2R6T0V4XYZA", "at": "2026-11-23T10:20:04Z"}
    event = command_event(GRANT, **revoked)
    record = apply(read_command(event), fakes.region(), lambda: 100.0)
    assert record.steps == ENDED_TWICE
    assert fakes.api.disconnected == ["bob", "bob"]
    assert [record.details for record in fakes.audit.records.values()] == [
        "chat:42: publish, subscribe",
        "chat:42: nothing",
    ]


@pytest.mark.parametrize("operations", [["publish"], []])
def test_what_takes_no_subscription_away_ends_none(fakes: Fakes, operations: list[str]) -> None:
    """A first grant to publish must not disconnect the user, in every region and twice."""
    assert applied(fakes, GRANT, operations=operations) is Outcome.DONE
    assert fakes.api.disconnected == []


def test_a_late_revocation_does_nothing(fakes: Fakes) -> None:
    applied(fakes, GRANT)
    late = {"operations": [], "id": "01KB4Z6ZC9M4N8P2R6T0V4XYZA", "at": "2026-11-23T10:00:00Z"}
    assert applied(fakes, GRANT, **late) is Outcome.SUPERSEDED
    assert fakes.api.disconnected == []
    # Another pattern's grant is another decision.
    other = {**late, "channel": "chat:*", "id": "01KB4Z6ZC8M4N8P2R6T0V4XYZA"}
    assert applied(fakes, GRANT, **other) is Outcome.DONE
