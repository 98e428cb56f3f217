"""Replay: the reader against its contract, and who owns which failure."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from globalws_functions.domain.channel_rules import PROBE
from globalws_functions.domain.delivery import Outcome
from globalws_functions.domain.errors import (
    DuplicateMessageError,
    GlobalwsError,
    InvalidEventError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.message import Message, read_message_published
from globalws_functions.domain.replay import replay
from globalws_functions.settings.commands import CommandSettings
from globalws_functions.settings.environment import SettingsError
from globalws_functions.settings.janitor import JanitorSettings
from globalws_functions.settings.replay import ReplaySettings
from hypothesis import given
from hypothesis import strategies as st

from tests.support.functions import ENVIRONMENT, contract, sample
from tests.support.stack import ROOT

CONTRACT = contract("MessagePublished")

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=30),
    st.from_regex(r"\A[0-8][0-9A-HJKMNP-TV-Z]{25}\Z"),
    st.from_regex(r"\A[A-Za-z0-9._:-]{1,66}\Z"),
    st.sampled_from(["us-west-2", "us-gov-west-1", "us-west", "US-WEST-2", "eu-1"]),
    st.lists(st.text(max_size=3), max_size=2),
)
FIELDS = ["id", "name", "message", "region"]


@given(
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=2),
    st.sets(st.sampled_from([*FIELDS, "publishedAt"]), max_size=1),
)
def test_the_reader_and_the_contract_agree(changes: dict[str, Any], missing: set[str]) -> None:
    event = sample("replay")
    detail = {**event["detail"], **changes}
    event["detail"] = {name: value for name, value in detail.items() if name not in missing}
    try:
        message = read_message_published(event)
    except InvalidEventError:
        assert not CONTRACT.is_valid(event)
    else:
        assert CONTRACT.is_valid(event)
        assert message.variables() == {name: event["detail"][name] for name in message.variables()}


@given(st.text(st.characters(exclude_categories=()), min_size=1))
def test_a_text_is_read_as_it_is_or_has_no_utf8_form(text: str) -> None:
    event = sample("replay")
    event["detail"]["message"] = text
    try:
        assert read_message_published(event).message == text
    except InvalidEventError as error:
        assert "detail.message holds half a surrogate pair" in str(error)  # noqa: PT017 either way
        with pytest.raises(UnicodeEncodeError):
            text.encode()
    else:
        text.encode()


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-23", "2026-11-23T10:15:00", "2026-13-23T10:15:00Z", 7,
     "2026-11-23T25:00:00Z", "٢٠٢٦-11-23T10:15:00Z"],
)  # fmt: skip
def test_an_instant_that_is_none_is_refused(text: Any) -> None:
    event = sample("replay")
    event["detail"]["publishedAt"] = text
    with pytest.raises(InvalidEventError, match="publishedAt"):
        read_message_published(event)


@pytest.mark.parametrize("event", [None, [], "x", {}, {"source": "globalws", "detail": {}}])
def test_what_is_no_message_is_refused(event: Any) -> None:
    with pytest.raises(InvalidEventError):
        read_message_published(event)


@pytest.mark.parametrize(
    ("published_at", "age_ms"),
    [
        ("2026-11-23T10:15:00.123456789Z", 876.544),
        ("2026-11-23T12:15:00.500+02:00", 500),
        ("2026-11-23T10:16:00Z", 0),  # clocks disagree
    ],
)
def test_age(published_at: str, age_ms: float) -> None:
    message = Message("id", "tech", "text", published_at, "us-west-2")
    assert message.age_ms(1795428901.0) == pytest.approx(age_ms, abs=0.01)


@dataclass
class Api:
    failure: GlobalwsError | None = None
    published: list[Message] = field(default_factory=list)

    def publish_from_bus(self, message: Message) -> None:
        if self.failure:
            raise self.failure
        self.published.append(message)


@dataclass
class DeadLetters:
    kept: list[tuple[Any, str, str]] = field(default_factory=list)

    def send(self, event: Mapping[str, Any], error_type: str, reason: str) -> None:
        self.kept.append((event, error_type, reason))


def test_a_message_is_replayed() -> None:
    api, dead = Api(), DeadLetters()
    assert replay(sample("replay"), api, dead).outcome is Outcome.REPLAYED
    assert [message.id for message in api.published] == ["01KB4YXW0G8Q2M7R3T5V9XZABC"]
    assert dead.kept == []


@pytest.mark.parametrize(
    ("failure", "outcome", "kept"),
    [
        (DuplicateMessageError("known"), Outcome.DUPLICATE, []),
        (PermanentError("InvalidChannelName", "no"), Outcome.DEAD_LETTERED, ["InvalidChannelName"]),
    ],
)
def test_what_no_retry_changes_ends_here(
    failure: GlobalwsError, outcome: Outcome, kept: list[str]
) -> None:
    dead = DeadLetters()
    assert replay(sample("replay"), Api(failure), dead).outcome is outcome
    assert [error_type for _, error_type, _ in dead.kept] == kept


def test_a_malformed_event_is_kept_whole_with_its_reason() -> None:
    dead, event = DeadLetters(), sample("replay-malformed")
    result = replay(event, Api(), dead)
    assert result.outcome is Outcome.DEAD_LETTERED
    assert result.message is None
    ((kept, error_type, reason),) = dead.kept
    assert (kept, error_type) == (event, "InvalidEvent")
    assert "detail.id" in reason


def test_a_transient_failure_is_raised() -> None:
    dead = DeadLetters()
    with pytest.raises(TransientError):
        replay(sample("replay"), Api(TransientError("down")), dead)
    assert dead.kept == []


@pytest.mark.parametrize("settings", [ReplaySettings, CommandSettings, JanitorSettings])
def test_a_missing_setting_is_named(settings: Any) -> None:
    settings.parse(ENVIRONMENT)
    needed = 0
    for name in ENVIRONMENT:
        others = {key: value for key, value in ENVIRONMENT.items() if key != name}
        try:
            settings.parse(others)
        except SettingsError as error:
            assert name in str(error)  # noqa: PT017 whether it raises depends on the setting
            needed += 1
    assert needed >= 4


@pytest.mark.parametrize("value", ["", "0", "-1", "nan", "inf", "many"])
def test_a_setting_that_is_no_number_is_named(value: str) -> None:
    with pytest.raises(SettingsError, match="INVALIDATIONS_PER_SECOND"):
        JanitorSettings.parse(ENVIRONMENT | {"INVALIDATIONS_PER_SECOND": value})


def test_without_any_allowed_channel_every_one_is_refused() -> None:
    settings = JanitorSettings.parse(ENVIRONMENT | {"ALLOWED_CHANNELS": ""})
    assert settings.deployed.keys() == {PROBE}


def test_importing_replay_pulls_in_nothing_heavy() -> None:
    # Powertools looks for the bare package botocore, which is nothing; what costs is below it.
    heavy = ("boto3", "botocore.session", "botocore.client", "pydantic", "aws_xray_sdk")
    code = f"import sys, replay; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT | {"PYTHONPATH": str(ROOT / "functions")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
