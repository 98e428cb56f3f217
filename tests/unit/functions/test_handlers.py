"""The handlers of events: what they answer, raise, log, and count."""

import json
from types import ModuleType
from typing import Any

import pytest
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.redrive import redrive_mark, redrive_of

from cli.domain.steps import steps_of_line
from cli.pricing.tables import tables
from tests.support.functions import Context, load_handler, sample
from tests.unit.functions.handler_output import output_of


class DeadLetters:
    def __init__(self) -> None:
        self.kept: list[tuple[Any, str, str]] = []

    def send(self, event: Any, error_type: str, reason: str) -> None:
        self.kept.append((event, error_type, reason))


class Api:
    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure

    def publish_from_bus(self, message: Any) -> None:
        if self.failure:
            raise self.failure


def _replay(monkeypatch: pytest.MonkeyPatch, api: Api) -> tuple[ModuleType, DeadLetters]:
    module, dead = load_handler("replay", monkeypatch), DeadLetters()
    monkeypatch.setattr(module, "_api", api)
    monkeypatch.setattr(module, "_dead_letters", dead)
    return module, dead


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (None, "replayed"),
        (DuplicateMessageError("known"), "duplicate"),
        (BlockedChannelError("blocked"), "withheld"),
    ],
)
def test_replay_writes_one_line_a_message_for_trace_and_alarms(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failure: Exception | None,
    outcome: str,
) -> None:
    module, _ = _replay(monkeypatch, Api(failure))
    event = sample("replay")
    assert module.handler(event, Context()) == {"outcome": outcome}
    (text,) = capsys.readouterr().out.splitlines()
    line = json.loads(text)
    assert "Hello" not in text  # a message's text belongs to its channel
    assert (line["channel"], line["origin"]) == ("tech", "ap-southeast-2")
    assert line["correlation_id"] == event["detail"]["id"]
    (step,) = steps_of_line("us-west-2", "Function replay", 0, text)
    assert step.what == f"message {outcome}"
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    names = {each["Name"] for each in directive["Metrics"]}
    if failure is None:
        assert names == {"MessagesReplayed", "ReplicationLag"}
        assert line["ReplicationLag"][0] >= 0
        assert step.details["lag_ms"] == line["lag_ms"]
    else:
        counted = {"duplicate": "DuplicateMessages", "withheld": "MessagesWithheld"}
        assert names == {counted[outcome]}
    # What the cost model counts with: CloudWatch Logs adds 26 bytes to each line.
    assert len(text) + 26 <= tables().assumptions["replay_log_bytes"]


MARK = redrive_mark("us-west-2", "bus", "SDK_CLIENT_ERROR: no", "2026-11-23T10:15:00.123Z")


@pytest.mark.parametrize("place", ["beside the detail", "in the detail"])
@pytest.mark.parametrize("name", ["replay", "policy-change-malformed", "purge-malformed"])
def test_a_function_says_that_its_event_was_redriven(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, place: str
) -> None:
    module, _ = _replay(monkeypatch, Api())
    if name != "replay":
        module = load_handler("policy" if "policy" in name else "commands", monkeypatch)
        monkeypatch.setattr(module, "_dead_letters", DeadLetters(), raising=False)
    event = sample(name)
    marked = {**event, "redrive": MARK}
    if place == "in the detail":
        marked = {**event, "detail": {**event["detail"], "redrive": MARK}}
    module.handler(marked, Context())
    module.handler(event, Context())
    (redriven, other), _ = output_of(capsys)
    assert redriven["redrive"] == MARK
    assert "redrive" not in other


@pytest.mark.parametrize(
    "mark",
    [None, "text", [], {}, {**MARK, "queue": 1}, {"region": "us-west-2"}, {**MARK, "reason": None}],
)
def test_a_mark_of_another_form_is_none(mark: object) -> None:
    assert redrive_of({"redrive": mark, "detail": {"redrive": mark}}) is None


def test_a_mark_is_bounded() -> None:
    found = redrive_of({"redrive": {**MARK, "reason": "x" * 10_000, "more": "y"}})
    assert found == {**MARK, "reason": "x" * 500}


def test_replay_raises_what_is_to_be_retried(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, dead = _replay(monkeypatch, Api(TransientError("HTTP 503")))
    with pytest.raises(TransientError):
        module.handler(sample("replay"), Context())
    (line,), metrics = output_of(capsys)
    assert (line["level"], line["reason"]) == ("WARNING", "HTTP 503")
    assert metrics == {"TransientFailures": 1}
    assert dead.kept == []


def test_replay_dead_letters_what_is_malformed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, dead = _replay(monkeypatch, Api())
    answer = module.handler(sample("replay-malformed"), Context())
    assert answer == {"outcome": "dead-lettered"}
    (line,), metrics = output_of(capsys)
    assert line["level"] == "ERROR"
    assert metrics == {"PermanentFailures": 1}
    assert len(dead.kept) == 1


@pytest.mark.parametrize("name", ["purge-malformed", "policy-change-malformed", "replay"])
def test_a_malformed_command_is_dead_lettered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    module, dead = load_handler("commands", monkeypatch), DeadLetters()
    monkeypatch.setattr(module, "_dead_letters", dead)
    answer = module.handler(sample(name), Context())
    assert answer["outcome"] == "dead-lettered"
    ((event, error_type, reason),) = dead.kept
    assert (event, error_type) == (sample(name), "InvalidEvent")
    assert answer["reason"] == reason
    _, metrics = output_of(capsys)
    assert metrics == {"PermanentFailures": 1}


def test_a_command_that_the_api_refuses_for_good_is_dead_lettered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module, dead = load_handler("commands", monkeypatch), DeadLetters()
    monkeypatch.setattr(module, "_dead_letters", dead)

    def refuse(*_: Any) -> None:
        raise PermanentError("InvalidChannelName", "no")

    monkeypatch.setattr(module, "apply", refuse)
    assert module.handler(sample("purge"), Context())["outcome"] == "dead-lettered"
    assert dead.kept[0][1] == "InvalidChannelName"


def test_policy_refuses_what_is_malformed_and_leaves_the_rest_to_the_command_function(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = load_handler("policy", monkeypatch)
    assert module.handler(sample("policy-change-malformed"), Context())["outcome"] == "refused"
    assert module.handler(sample("purge"), Context()) == {"outcome": "none"}


def test_a_message_that_is_retried_is_found_by_its_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, _ = _replay(monkeypatch, Api(TransientError("HTTP 503")))
    event = sample("replay")
    with pytest.raises(TransientError):
        module.handler(event, Context())
    (line,), _ = output_of(capsys)
    assert line["correlation_id"] == event["detail"]["id"]


def test_the_id_of_a_command_that_left_it_out_is_in_the_log_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("policy", monkeypatch)
    event = sample("purge")
    del event["detail"]["id"]
    module.handler(event, Context())
    (line,), _ = output_of(capsys)
    assert line["correlation_id"] == read_command(event).id
