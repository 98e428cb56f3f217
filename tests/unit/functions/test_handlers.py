"""The handlers: what they answer, raise, log, and count."""

import json
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    InvalidEventError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.janitor import Run
from globalws_functions.domain.redrive import redrive_mark, redrive_of

from cli.domain.steps import steps_of_line
from cli.pricing.tables import tables
from tests.support.functions import Context, load_handler, sample


class DeadLetters:
    def __init__(self) -> None:
        self.kept: list[tuple[Any, str, str]] = []

    def send(self, event: Any, error_type: str, reason: str) -> None:
        self.kept.append((event, error_type, reason))


def _output(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The log lines, and the metrics of the EMF line, which is a log line too if it says so."""
    logs, metrics = [], {}
    for line in capsys.readouterr().out.splitlines():
        record = json.loads(line)
        if "_aws" in record:
            names = [each["Name"] for each in record["_aws"]["CloudWatchMetrics"][0]["Metrics"]]
            metrics = {name: record[name][0] for name in names}
        if "message" in record:
            logs.append(record)
    return logs, metrics


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
    (redriven, other), _ = _output(capsys)
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
    (line,), metrics = _output(capsys)
    assert (line["level"], line["reason"]) == ("WARNING", "HTTP 503")
    assert metrics == {"TransientFailures": 1}
    assert dead.kept == []


def test_replay_dead_letters_what_is_malformed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, dead = _replay(monkeypatch, Api())
    answer = module.handler(sample("replay-malformed"), Context())
    assert answer == {"outcome": "dead-lettered"}
    (line,), metrics = _output(capsys)
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
    _, metrics = _output(capsys)
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


def test_the_janitor_refuses_what_no_schedule_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    with pytest.raises(InvalidEventError, match="Scheduled Event"):
        module.handler(sample("janitor-malformed"), Context())
    _, metrics = _output(capsys)
    assert metrics == {"EventsRefused": 1}


class StubKeys:
    """A key that ends after so many days; None: AppSync does not answer."""

    def __init__(self, days: float | None) -> None:
        self._days = days

    def expires(self) -> datetime:
        if self._days is None:
            raise TransientError("AppSync is away")
        return datetime.now(UTC) + timedelta(days=self._days)

    def extend(self, until: datetime) -> datetime:
        return until


class StubJanitor:
    def __init__(self, run: Run) -> None:
        self._run = run

    def run(self, remaining: Any) -> Run:
        assert remaining() == 60.0
        return self._run


def test_the_janitor_reports_in_one_line_and_in_metrics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    run = Run("2026-11-23T10:20:00.000Z", 120, 9, 0, 0, 1, 3, 2, 1, 4)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(run))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(300.5), StubKeys(364)])
    assert module.handler(sample("janitor"), Context())["invalidated"] == 3
    (line,), metrics = _output(capsys)
    assert line["run"]["skipped"] == 4
    assert metrics.pop("ApiKeyDaysLeft") == pytest.approx(300.5, abs=0.1)
    assert metrics == {
        "JanitorRuns": 1,
        "JanitorDuration": 120,
        "Invalidations": 3,
        "InvalidationFailures": 2,
        "InvalidationsThrottled": 1,
        "InvalidationsSkipped": 4,
        "ChannelsClosed": 1,
        "RulesTightened": 0,
    }


def test_the_janitor_raises_when_everything_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load_handler("janitor", monkeypatch)
    run = Run("2026-11-23T10:20:00.000Z", failed=2)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(run))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(300)])
    with pytest.raises(module.JanitorError, match="all 2"):
        module.handler(sample("janitor"), Context())


def test_the_janitor_renews_the_key_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(Run("2026-11-23T10:20:00.000Z")))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(7)])
    module.handler(sample("janitor"), Context())
    (renewed, _), metrics = _output(capsys)
    assert renewed["message"] == "API key renewed"
    assert metrics["ApiKeyDaysLeft"] > 364


def test_a_key_that_cannot_be_renewed_is_counted_and_does_not_stop_the_janitor(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    run = Run("2026-11-23T10:20:00.000Z", invalidated=3)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(run))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(None)])
    assert module.handler(sample("janitor"), Context())["invalidated"] == 3
    (failed, _), metrics = _output(capsys)
    assert (failed["level"], failed["reason"]) == ("ERROR", "AppSync is away")
    assert metrics["ApiKeyRenewalFailures"] == 1
    assert "ApiKeyDaysLeft" not in metrics


def test_a_key_that_cannot_be_renewed_does_not_stop_the_other_s_renewal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(Run("2026-11-23T10:20:00.000Z")))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(None), StubKeys(7)])
    module.handler(sample("janitor"), Context())
    (failed, renewed, _), metrics = _output(capsys)
    assert (failed["message"], renewed["message"]) == ("API key not renewed", "API key renewed")
    assert metrics["ApiKeyRenewalFailures"] == 1
    assert metrics["ApiKeyDaysLeft"] > 364


@pytest.mark.parametrize(
    ("ids", "keys"), [("da2-a,da2-b", ["da2-a", "da2-b"]), (",da2-b", ["da2-b"]), (",", [])]
)
def test_the_janitor_keeps_the_template_s_keys_valid(
    monkeypatch: pytest.MonkeyPatch, ids: str, keys: list[str]
) -> None:
    module = load_handler("janitor", monkeypatch, {"API_KEY_IDS": ids})
    assert [key.key_id for key in module._keys()] == keys


def test_without_a_key_the_janitor_says_nothing_of_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch, {"API_KEY_IDS": ","})
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(Run("2026-11-23T10:20:00.000Z")))
    module.handler(sample("janitor"), Context())
    _, metrics = _output(capsys)
    assert not {name for name in metrics if name.startswith("ApiKey")}


def test_a_message_that_is_retried_is_found_by_its_id(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, _ = _replay(monkeypatch, Api(TransientError("HTTP 503")))
    event = sample("replay")
    with pytest.raises(TransientError):
        module.handler(event, Context())
    (line,), _ = _output(capsys)
    assert line["correlation_id"] == event["detail"]["id"]


def test_the_id_of_a_command_that_left_it_out_is_in_the_log_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("policy", monkeypatch)
    event = sample("purge")
    del event["detail"]["id"]
    module.handler(event, Context())
    (line,), _ = _output(capsys)
    assert line["correlation_id"] == read_command(event).id


def test_a_run_of_the_janitor_is_known_by_its_schedule_s_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(Run("2026-11-23T10:20:00.000Z")))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(300)])
    module.handler(sample("janitor"), Context())
    (line,), _ = _output(capsys)
    assert line["correlation_id"] == sample("janitor")["id"]
