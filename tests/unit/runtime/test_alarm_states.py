"""The states of alarms, and metrics read from logs."""

import json
from typing import Any

import pytest

from emulator.appsync.per_second import PerSecond
from emulator.runtime.region.alarms import ALARM, OK, UNKNOWN, state
from emulator.runtime.region.cloudwatch import embedded

_ERRORS: dict[str, Any] = {
    "AlarmName": "errors",
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 1,
    "Period": 300,
    "Threshold": 0.0,
    "TreatMissingData": "notBreaching",
}
_SILENCE = {
    **_ERRORS,
    "ComparisonOperator": "LessThanThreshold",
    "Threshold": 1.0,
    "TreatMissingData": "breaching",
}
_LAG = {**_ERRORS, "EvaluationPeriods": 5, "DatapointsToAlarm": 3, "Threshold": 5000.0}


@pytest.mark.parametrize(
    ("alarm", "values", "age", "expected"),
    [
        (_ERRORS, [0.0], 1000, OK),
        (_ERRORS, [1.0], 1000, ALARM),
        (_ERRORS, [1.0], 1, ALARM),
        (_ERRORS, [None], 1000, OK),
        (_ERRORS, [None], 299, UNKNOWN),
        (_SILENCE, [1.0], 1000, OK),
        (_SILENCE, [None], 1000, ALARM),
        (_SILENCE, [None], 299, UNKNOWN),
        (_LAG, [6000, 6000, 100, None, None], 1000, OK),
        (_LAG, [6000, 100, 6000, None, 6000], 1000, ALARM),
    ],
)
def test_state(
    alarm: dict[str, Any], values: list[float | None], age: float, expected: str
) -> None:
    assert state(alarm, values, age) == expected


def test_an_operator_that_nobody_wrote_a_rule_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rule for GreaterThanOrEqualToThreshold"):
        state({**_ERRORS, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}, [1.0], 1000)


def test_a_line_of_the_embedded_metric_format() -> None:
    metric = {"Name": "ReplicationLag", "Unit": "Milliseconds"}
    directive = {"Namespace": "GlobalWS", "Dimensions": [["service"]], "Metrics": [metric]}
    line = {
        "_aws": {"Timestamp": 1_700_000_000_500, "CloudWatchMetrics": [directive]},
        "service": "globalws",
        "ReplicationLag": [12.0, 40.0],
    }
    ((namespace, datum),) = embedded(json.dumps(line))
    assert namespace == "GlobalWS"
    assert datum == {
        "MetricName": "ReplicationLag",
        "Dimensions": [{"Name": "service", "Value": "globalws"}],
        "Timestamp": 1_700_000_000.5,
        "Values": [12.0, 40.0],
        "Unit": "Milliseconds",
    }


@pytest.mark.parametrize("line", ["", "START RequestId: 1", "[]", "{}", '{"_aws": 3}'])
def test_other_lines_have_no_metrics(line: str) -> None:
    assert list(embedded(line)) == []


def test_at_most_so_many_in_any_second() -> None:
    now = [0.0]
    quota = PerSecond(2, lambda: now[0])
    assert [quota.take() for _ in range(3)] == [True, True, False]
    now[0] = 0.9
    assert not quota.take()
    now[0] = 1.0
    assert [quota.take() for _ in range(3)] == [True, True, False]
