"""Changes of presence: how an event is read, told, or dropped."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.errors import (
    InvalidEventError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.presence import (
    MAX_AGE,
    Outcome,
    PresenceChange,
    deliver,
    read_presence_changed,
)

from tests.support.functions import (
    Context,
    contract,
    load_handler,
    sample,
)

TAKEN = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
ALICE, BOB = "01KB4YXW0G8Q2M7R3T5V9XZABC", "01KB4YXW0G8Q2M7R3T5V9XZABD"


@dataclass
class Api:
    failure: Exception | None = None
    told: list[PresenceChange] = field(default_factory=list)

    def publish_presence(self, change: PresenceChange) -> None:
        if self.failure:
            raise self.failure
        self.told.append(change)


def _event(**detail: Any) -> dict[str, Any]:
    event = sample("presence")
    return {**event, "detail": {**event["detail"], **detail}}


def test_a_change_is_told_as_it_was_announced() -> None:
    api = Api()
    delivery = deliver(sample("presence"), api, TAKEN + timedelta(seconds=1))
    assert delivery.outcome is Outcome.DELIVERED
    (change,) = api.told
    assert change.detail() == sample("presence")["detail"]


def test_a_count_names_nobody() -> None:
    event = _event(action="COUNT")
    change, _ = read_presence_changed(event)
    assert set(change.detail()) == {"name", "action", "region", "at"}
    bare = {key: event["detail"][key] for key in change.detail()}
    contract("PresenceChanged").validate({**event, "detail": bare})


@pytest.mark.parametrize(("seconds", "outcome"), [(59, Outcome.DELIVERED), (61, Outcome.TOO_LATE)])
def test_what_is_older_than_a_minute_is_dropped(seconds: int, outcome: Outcome) -> None:
    api = Api()
    assert timedelta(seconds=60) == MAX_AGE
    assert deliver(sample("presence"), api, TAKEN + timedelta(seconds=seconds)).outcome is outcome
    assert len(api.told) == (outcome is Outcome.DELIVERED)


def test_what_the_api_refuses_is_dropped_and_what_fails_is_raised() -> None:
    refused = deliver(sample("presence"), Api(PermanentError("BadRequest", "no")), TAKEN)
    assert (refused.outcome, refused.reason) == (Outcome.REFUSED, "BadRequest: no")
    with pytest.raises(TransientError):
        deliver(sample("presence"), Api(TransientError("busy")), TAKEN)


@pytest.mark.parametrize(
    ("detail", "named"),
    [
        ({"name": "a::b"}, "name"),
        ({"action": "enter"}, "action"),
        ({"region": "here"}, "region"),
        ({"at": "now"}, "at"),
        ({"user": 1}, "user"),
        ({"connection": "c"}, "connection"),
        ({"seq": 0}, "seq"),
        ({"seq": True}, "seq"),
        ({"seq": 1.5}, "seq"),
        ({"seq": None}, "seq"),
        ({"data": {}}, "data"),
    ],
)
def test_a_malformed_event_is_refused_with_the_field(detail: dict[str, Any], named: str) -> None:
    event = _event(**detail)
    # The contract's `format` of instants is a note, not a check.
    assert contract("PresenceChanged").is_valid(event) == (named == "at")
    with pytest.raises(InvalidEventError, match=rf"detail\.{named}"):
        read_presence_changed(event)
    assert deliver(event, Api(), TAKEN).outcome is Outcome.REFUSED


def test_the_handler_answers_and_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, api = load_handler("presence", monkeypatch), Api()
    monkeypatch.setattr(module, "_api", api)
    event = sample("presence") | {"time": datetime.now(UTC).isoformat(timespec="seconds")}
    assert module.handler(event, Context()) == {"outcome": "delivered"}
    text = capsys.readouterr().out
    assert '"PresenceChanges"' in text
    assert "writing" not in text  # what a member shows belongs to the channel
    assert module.handler(sample("presence"), Context()) == {"outcome": "too late"}
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert any("PresenceChangesTooLate" in line for line in lines)
