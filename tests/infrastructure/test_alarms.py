"""Alarms and dashboard read metrics that exist, under the very names that the code writes."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from cli.pricing.tables import tables
from tests.infrastructure.conftest import Template
from tests.infrastructure.metrics import DEPLOYMENT, OF_AWS, Metric, emitted
from tests.support.stack import ROOT

_VARIABLE = re.compile(r"\$\{([A-Za-z:]+)(?:\.(\w+))?\}")
_ATTRIBUTES = {"AWS::SQS::Queue": "QueueName", "AWS::AppSync::GraphQLApi": "ApiId"}
_ERROR_TYPES = re.compile(r"'(\w+Unavailable)'")


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


def _text(value: Any) -> str:
    """A text, with or without variables."""
    return str(value["Fn::Sub"] if isinstance(value, Mapping) else value)


def _metric(alarm: Mapping[str, Any]) -> tuple[str, str]:
    return _text(alarm["Namespace"]), _text(alarm["MetricName"])


def _dimensions(alarm: Mapping[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in alarm.get("Dimensions", [])}


def _of_filters(template: Template) -> set[tuple[str, str]]:
    """The metrics that are made of log lines."""
    return {
        (_text(each["MetricNamespace"]), each["MetricName"])
        for _, made in template.of_type("AWS::Logs::MetricFilter")
        for each in made["MetricTransformations"]
    }


def _assert_is_a(template: Template, value: Any, kind: str, at: str) -> None:
    """The dimension's value is the name of a resource of that type."""
    if kind == "AWS::Region":
        assert value == {"Ref": kind}, at
    elif kind == "AWS::Events::Rule":
        assert value in [rule["Name"] for _, rule in template.of_type(kind)], at
    else:
        logical_id, attribute = _named(value)
        assert template.resources[logical_id]["Type"] == kind, at
        assert attribute == _ATTRIBUTES.get(kind, ""), at


def _assert_exists(
    template: Template,
    own: frozenset[Metric],
    at: str,
    metric: tuple[str, str],
    dimensions: Mapping[str, Any],
) -> None:
    if metric in OF_AWS:
        kinds = next((each for each in OF_AWS[metric] if each.keys() == dimensions.keys()), None)
        assert kinds is not None, f"{at}: {metric} has no dimensions {list(dimensions)}"
        for key, kind in kinds.items():
            _assert_is_a(template, dimensions[key], kind, at)
    elif metric in _of_filters(template):
        assert not dimensions, at
    else:
        assert dimensions == {"service": {"Ref": "Deployment"}}, at
        known = Metric(*metric, (("service", DEPLOYMENT),)) in own
        assert known, f"{at}: nothing emits {metric}"


def _condition(template: Template, name: str) -> str:
    return str(template.resources[name].get("Condition", ""))


def test_every_alarm_reads_a_metric_that_exists(template: Template, own: frozenset[Metric]) -> None:
    alarms = _alarms(template)
    always = [name for name in alarms if "Presence" not in _condition(template, name)]
    assert len(always) == tables().assumptions["alarms"], "the cost model counts them"
    for name, alarm in alarms.items():
        _assert_exists(template, own, name, _metric(alarm), _dimensions(alarm))


def test_an_alarm_on_a_metric_that_nobody_emits_is_noticed(
    template: Template, own: frozenset[Metric]
) -> None:
    service = {"service": {"Ref": "Deployment"}}
    for metric in (("GlobalWS", "ReplicationLags"), ("GlobalWs", "ReplicationLag")):
        with pytest.raises(AssertionError, match="nothing emits"):
            _assert_exists(template, own, "x", metric, service)
    lost = ("AWS/Events", "InvocationsFailedToBeSentToDlq")
    with pytest.raises(AssertionError, match="has no dimensions"):
        _assert_exists(template, own, "x", lost, {"RuleName": {"Fn::Sub": "x"}})


def test_the_functions_emit_under_the_deployment_s_name(template: Template) -> None:
    variables = template.document["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "Deployment"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "GlobalWS"


def test_every_function_and_every_queue_has_its_alarm(template: Template) -> None:
    watched = [
        (_metric(alarm)[1], value)
        for alarm in _alarms(template).values()
        for value in _dimensions(alarm).values()
    ]
    for name, function in template.of_type("AWS::Serverless::Function"):
        kept = ("AsyncEventsDropped", "DestinationDeliveryFailures")
        has_queue = "DestinationConfig" in function["EventInvokeConfig"]
        for metric in ("Errors", "Throttles", *(kept if has_queue else ())):
            assert (metric, {"Ref": name}) in watched
    for name, _ in template.of_type("AWS::SQS::Queue"):
        depth = ("ApproximateNumberOfMessagesVisible", {"Fn::GetAtt": [name, "QueueName"]})
        assert depth in watched


def test_every_rule_of_the_bus_has_an_alarm_on_events_that_are_lost(template: Template) -> None:
    watched = [
        _dimensions(alarm)["RuleName"]
        for alarm in _alarms(template).values()
        if _metric(alarm) == ("AWS/Events", "InvocationsFailedToBeSentToDlq")
    ]
    # What a schedule's run missed, the next does; JanitorSilentAlarm watches them.
    # A change of presence has no queue: late, it is dropped.
    rules = [
        rule["Name"]
        for _, rule in template.of_type("AWS::Events::Rule")
        if any("DeadLetterConfig" in target for target in rule["Targets"])
        and "EventPattern" in rule
    ]
    assert len(rules) >= 3
    assert sorted(map(_text, watched)) == sorted(map(_text, rules))


def test_every_refusal_for_our_own_reasons_is_counted(template: Template) -> None:
    """Each is answered with HTTP 200: no metric of AppSync's sees it."""
    ((_, made),) = template.of_type("AWS::Logs::MetricFilter")
    assert made["LogGroupName"] == {"Ref": "ApiLogGroup"}
    sources = [path.read_text() for path in (ROOT / "graphql").rglob("*.js")]
    types = {each for source in sources for each in _ERROR_TYPES.findall(source)}
    assert types >= {"BusUnavailable", "StoreUnavailable", "RegistryUnavailable"}
    assert set(made["FilterPattern"].split()) == {f"?{each}" for each in types}


def test_every_alarm_tells_the_topic_and_says_what_it_is(template: Template) -> None:
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    for name, alarm in _alarms(template).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == topic, name
        assert alarm["AlarmDescription"], name


def test_only_silence_counts_as_a_fault(template: Template) -> None:
    """Without traffic there is no metric, and no fault; only schedules always have something."""
    for name, alarm in _alarms(template).items():
        silent = "breaching" if name.endswith("SilentAlarm") else "notBreaching"
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


def _metrics(widget: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Metric and dimensions of each line; the omitted parts do not occur here."""
    for line in widget["properties"]["metrics"]:
        if not isinstance(line[0], dict):
            namespace, name, *rest = (each for each in line if isinstance(each, str))
            values = map(_reference, rest[1::2])
            yield (namespace, name), dict(zip(rest[::2], values, strict=True))


def _reference(text: str) -> dict[str, Any]:
    """The dashboard's variable as the rest of the template writes it."""
    match = _VARIABLE.fullmatch(text)
    if match is None:
        return {"Fn::Sub": text}
    return {"Fn::GetAtt": [match[1], match[2]]} if match[2] else {"Ref": match[1]}


def test_the_dashboard_shows_metrics_that_exist(template: Template, own: frozenset[Metric]) -> None:
    seen = 0
    for widget in _widgets(template):
        title = widget["properties"]["title"]
        assert widget["properties"]["region"] == "${AWS::Region}", title
        for metric, dimensions in _metrics(widget):
            seen += 1
            _assert_exists(template, own, title, metric, dimensions)
    assert seen > 20


def test_the_dashboard_shows_what_each_alarm_watches(template: Template) -> None:
    shown = {metric for widget in _widgets(template) for metric, _ in _metrics(widget)}
    assert {_metric(alarm) for alarm in _alarms(template).values()} <= shown


def test_the_dashboard_s_widgets_do_not_overlap(template: Template) -> None:
    cells = [
        (x, y)
        for widget in _widgets(template)
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_cost_model_counts_every_metric(own: frozenset[Metric]) -> None:
    # The functions of presence are not called where it is off.
    always = [each for each in own if not re.match("Presence|Lease|Members", each.name)]
    assert 0 < len(always) <= tables().assumptions["custom_metrics"]


def test_every_metric_of_the_functions_is_shown(template: Template, own: frozenset[Metric]) -> None:
    shown = {name for widget in _widgets(template) for (_, name), _ in _metrics(widget)}
    hidden = {"JanitorDuration"}
    assert {metric.name for metric in own} - shown == hidden


def test_quotas_alarm_at_half_of_what_the_capacity_model_has(template: Template) -> None:
    """Each quota of the model that bounds; rates are a second's there, a minute's here."""
    quotas = tables().quotas
    parameters = template.document["Parameters"]
    half_a_minute = 30
    assert parameters["RequestTokensThreshold"]["Default"] == (
        quotas["appsync_request_tokens"] * half_a_minute
    )
    assert parameters["OutboundMessagesThreshold"]["Default"] == (
        quotas["appsync_outbound"] * half_a_minute
    )
    assert parameters["ConcurrencyThreshold"]["Default"] * 2 == quotas["lambda_concurrency"]
    regions = template.document["Mappings"]["HalfOfQuotas"]
    for region, size in (("us-west-2", "large"), ("ap-southeast-2", "default")):
        assert regions[region] == {
            "PutEvents": quotas[f"put_events_{size}"] * half_a_minute,
            "Invocations": quotas[f"invocations_{size}"] * half_a_minute,
        }
