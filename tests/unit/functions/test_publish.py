"""What back ends ask to publish: reading it, its id, and who owns which failure."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.delivery import Outcome
from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    GlobalwsError,
    InvalidEventError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.fields import ULID
from globalws_functions.domain.publish_request import (
    PublishRequest,
    publish,
    read_publish_requested,
)
from globalws_functions.domain.ulid import time_of, ulid
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import Context, contract, load_handler, sample

CONTRACT = contract("PublishRequested")
NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)


def _event(**detail: Any) -> dict[str, Any]:
    event = sample("publish-requested")
    return {**event, "detail": {**event["detail"], **detail}}


def test_the_id_is_made_of_the_envelope_and_is_the_same_at_each_attempt() -> None:
    event = _event()
    request = read_publish_requested(event)
    assert request == read_publish_requested(event)
    assert ULID.fullmatch(request.id)
    assert time_of(request.id) == NOW
    # Two equal texts are two messages.
    assert read_publish_requested({**event, "id": "another"}).id != request.id


def test_an_id_of_the_back_end_s_own_is_kept() -> None:
    own = ulid(NOW - timedelta(hours=1), b"0123456789")
    assert read_publish_requested(_event(id=own)).id == own


@pytest.mark.parametrize("hours", [-1000, -25, 0.1, 1000])
def test_an_id_of_another_time_is_refused(hours: float) -> None:
    own = ulid(NOW + timedelta(hours=hours), b"0123456789")
    with pytest.raises(InvalidEventError, match=r"detail\.id must be a ULID of the last 24 hours"):
        read_publish_requested(_event(id=own))
    with pytest.raises(InvalidEventError, match=r"detail\.id"):
        read_publish_requested(_event(id="7ZZZZZZZZZ0123456789ABCDEF"))


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_a_ulid_keeps_its_time(at: datetime) -> None:
    assert abs(time_of(ulid(at, b"0123456789")) - at) < timedelta(milliseconds=1)


values = st.one_of(
    st.none(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["tech", "a:b:c:d", "a:b:c:d:e", "a::b", "a:*", "*", "x" * 128, "x" * 129]),
)


@given(
    st.dictionaries(st.sampled_from(["name", "message"]), values, max_size=2),
    st.dictionaries(st.sampled_from(["id", "time"]), st.none() | st.just("x"), max_size=1),
)
def test_the_reader_and_the_contract_agree(
    changes: dict[str, Any], envelope: dict[str, Any]
) -> None:
    event = {**_event(**changes), **envelope}
    try:
        request = read_publish_requested(event)
    except InvalidEventError:
        is_instant = envelope.get("time") == "x"  # a format, which the contract only annotates
        assert not CONTRACT.is_valid(event) or is_instant
    else:
        assert CONTRACT.is_valid(event)
        assert request.variables() == {"id": request.id, **event["detail"]}


@dataclass
class Api:
    failure: GlobalwsError | None = None
    published: list[PublishRequest] = field(default_factory=list)

    def publish_requested(self, request: PublishRequest) -> None:
        if self.failure:
            raise self.failure
        self.published.append(request)


@dataclass
class DeadLetters:
    kept: list[tuple[str, str]] = field(default_factory=list)

    def send(self, event: Any, error_type: str, reason: str) -> None:
        self.kept.append((error_type, reason))


@pytest.mark.parametrize(
    ("failure", "outcome", "error_type"),
    [
        (None, Outcome.PUBLISHED, None),
        (DuplicateMessageError("known"), Outcome.DUPLICATE, None),
        (BlockedChannelError("channel tech is blocked"), Outcome.DEAD_LETTERED, "ChannelBlocked"),
        (PermanentError("ChannelNotAllowed", "no"), Outcome.DEAD_LETTERED, "ChannelNotAllowed"),
    ],
)
def test_each_failure_has_an_owner(
    failure: GlobalwsError | None, outcome: Outcome, error_type: str | None
) -> None:
    dead = DeadLetters()
    assert publish(_event(), Api(failure), dead).outcome is outcome
    assert [kept for kept, _ in dead.kept] == ([error_type] if error_type else [])


def test_what_may_pass_is_retried_and_what_is_malformed_is_kept() -> None:
    dead = DeadLetters()
    with pytest.raises(TransientError):
        publish(_event(), Api(TransientError("HTTP 503")), dead)
    assert dead.kept == []
    publish(sample("publish-requested-malformed"), Api(), dead)
    assert dead.kept[0][0] == "InvalidEvent"


def test_the_handler_answers_the_id_and_writes_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, api = load_handler("publish", monkeypatch), Api()
    monkeypatch.setattr(module, "_api", api)
    answer = module.handler(_event(), Context())
    assert answer == {"outcome": "published", "id": api.published[0].id}
    (line,) = capsys.readouterr().out.splitlines()
    assert api.published[0].id in line
    assert "Deployed" not in line
