"""The janitor's handler: what it answers, raises, logs, and counts, and the keys that it renews."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.errors import InvalidEventError, TransientError
from globalws_functions.domain.janitor import Run

from tests.support.functions import Context, load_handler, sample
from tests.unit.functions.handler_output import output_of


def test_the_janitor_refuses_what_no_schedule_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    with pytest.raises(InvalidEventError, match="Scheduled Event"):
        module.handler(sample("janitor-malformed"), Context())
    _, metrics = output_of(capsys)
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
    (line,), metrics = output_of(capsys)
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
    (renewed, _), metrics = output_of(capsys)
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
    (failed, _), metrics = output_of(capsys)
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
    (failed, renewed, _), metrics = output_of(capsys)
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
    _, metrics = output_of(capsys)
    assert not {name for name in metrics if name.startswith("ApiKey")}


def test_a_run_of_the_janitor_is_known_by_its_schedule_s_event(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = load_handler("janitor", monkeypatch)
    monkeypatch.setattr(module, "_janitor", lambda: StubJanitor(Run("2026-11-23T10:20:00.000Z")))
    monkeypatch.setattr(module, "_keys", lambda: [StubKeys(300)])
    module.handler(sample("janitor"), Context())
    (line,), _ = output_of(capsys)
    assert line["correlation_id"] == sample("janitor")["id"]


@pytest.mark.parametrize("presence", ["on", "off"])
def test_where_presence_is_off_the_janitor_does_nothing_about_it(
    monkeypatch: pytest.MonkeyPatch, presence: str
) -> None:
    module = load_handler("janitor", monkeypatch, {"PRESENCE": presence})
    assert (module._janitor().presence is not None) == (presence == "on")
