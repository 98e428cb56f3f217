"""Alarms and dashboard read metrics that exist, under the very names that the code writes."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infrastructure.conftest import Template
from tests.infrastructure.metrics import INSTALLATION, OF_AWS, Metric, emitted

_VARIABLE = re.compile(r"\$\{([A-Za-z:]+)(?:\.(\w+))?\}")
_ATTRIBUTES = {"AWS::SQS::Queue": "QueueName", "AWS::AppSync::GraphQLApi": "ApiId"}


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> frozenset[Metric]:
    """The metrics that the functions emit."""
    return emitted(monkeypatch, capsys)


def _alarms(template: Template) -> dict[str, Mapping[str, Any]]:
    return dict(template.of_type("AWS::CloudWatch::Alarm"))


def _named(value: Any) -> tuple[str, str]:
    """The logical id and the attribute ("" for Ref) that a dimension's value names."""
    if "Ref" in value:
        return value["Ref"], ""
    attribute = value["Fn::GetAtt"]
    name, _, rest = (
        attribute.partition(".") if isinstance(attribute, str) else (attribute[0], "", attribute[1])
    )
    return name, rest


def _assert_exists(
    template: Template,
    own: frozenset[Metric],
    at: str,
    metric: tuple[str, str],
    dimension: tuple[str, tuple[str, str]],
) -> None:
    """One dimension, its value as (logical id, attribute); all metrics here have one."""
    key, (logical_id, attribute) = dimension
    if metric in OF_AWS:
        wanted_key, wanted_type = OF_AWS[metric]
        assert key == wanted_key, at
        assert template.resources[logical_id]["Type"] == wanted_type, at
        assert attribute == _ATTRIBUTES.get(wanted_type, ""), at
        return
    assert (logical_id, attribute) == ("Installation", ""), at
    assert Metric(*metric, ((key, INSTALLATION),)) in own, f"{at}: nothing emits {metric}"


def test_every_alarm_reads_a_metric_that_exists(template: Template, own: frozenset[Metric]) -> None:
    alarms = _alarms(template)
    assert len(alarms) >= 10
    for name, alarm in alarms.items():
        ((key, value),) = [(each["Name"], each["Value"]) for each in alarm["Dimensions"]]
        metric = (alarm["Namespace"], alarm["MetricName"])
        _assert_exists(template, own, name, metric, (key, _named(value)))


def test_an_alarm_on_a_metric_that_nobody_emits_is_noticed(
    template: Template, own: frozenset[Metric]
) -> None:
    for metric in (("GlobalWS", "ReplicationLags"), ("GlobalWs", "ReplicationLag")):
        with pytest.raises(AssertionError, match="nothing emits"):
            _assert_exists(template, own, "x", metric, ("service", ("Installation", "")))


def test_the_functions_emit_under_the_installation_s_name(template: Template) -> None:
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "Installation"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "GlobalWS"


def test_every_function_and_every_queue_has_its_alarm(template: Template) -> None:
    watched = {
        (alarm["MetricName"], _named(alarm["Dimensions"][0]["Value"])[0])
        for alarm in _alarms(template).values()
    }
    for name, _ in template.of_type("AWS::Serverless::Function"):
        assert ("Errors", name) in watched
    for name, _ in template.of_type("AWS::SQS::Queue"):
        assert ("ApproximateNumberOfMessagesVisible", name) in watched


def test_every_alarm_tells_the_topic_and_says_what_it_is(template: Template) -> None:
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, alarm in _alarms(template).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == topic, name
        assert alarm["AlarmDescription"], name


def test_only_silence_counts_as_a_fault(template: Template) -> None:
    """Without traffic there is no metric, and no fault; only the janitor always has something."""
    for name, alarm in _alarms(template).items():
        silent = "breaching" if name == "JanitorSilentAlarm" else "notBreaching"
        assert alarm["TreatMissingData"] == silent, name


def _widgets(template: Template) -> list[dict[str, Any]]:
    ((_, dashboard),) = template.of_type("AWS::CloudWatch::Dashboard")
    text = dashboard["DashboardBody"]["Fn::Sub"]
    assert not set(re.findall(r"\$\{[^}]*\}", text)) - {
        match.group() for match in _VARIABLE.finditer(text)
    }
    # Variables stay as they are inside of strings; a bare one is a number.
    widgets: list[dict[str, Any]] = json.loads(re.sub(r": \$\{\w+\}", ": 1", text))["widgets"]
    return widgets


def _metrics(widget: Mapping[str, Any]) -> Iterator[list[str]]:
    """Namespace, name, dimension, value of each line; the omitted parts do not occur here."""
    for line in widget["properties"]["metrics"]:
        if not isinstance(line[0], dict):
            yield [each for each in line if isinstance(each, str)]


def test_the_dashboard_shows_metrics_that_exist(template: Template, own: frozenset[Metric]) -> None:
    seen = 0
    for widget in _widgets(template):
        title = widget["properties"]["title"]
        assert widget["properties"]["region"] == "${AWS::Region}", title
        for namespace, name, key, value in _metrics(widget):
            match = _VARIABLE.fullmatch(value)
            assert match is not None, f"{title}: {value}"
            seen += 1
            at = (match.group(1), match.group(2) or "")
            _assert_exists(template, own, title, (namespace, name), (key, at))
    assert seen > 20


def test_the_dashboard_s_widgets_do_not_overlap(template: Template) -> None:
    cells = [
        (x, y)
        for widget in _widgets(template)
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_every_metric_of_the_functions_is_shown(template: Template, own: frozenset[Metric]) -> None:
    shown = {name for widget in _widgets(template) for _, name, _, _ in _metrics(widget)}
    hidden = {"JanitorDuration"}
    assert {metric.name for metric in own} - shown == hidden
