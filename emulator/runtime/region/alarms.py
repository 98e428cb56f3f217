"""Whether the stack's alarms would go off: their own definitions, over the local CloudWatch.

The emulator's states do not look at dimensions, periods or missing data, so they are worked out
here. As CloudWatch does, the period that has just begun counts once it has data.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from emulator.runtime.deployed.stack import Clients, DeployedStack

ALARM, OK, UNKNOWN = "ALARM", "OK", "INSUFFICIENT_DATA"


def alarms(clients: Clients, stack: DeployedStack) -> list[dict[str, Any]]:
    """Name (logical id), state, reason, metric and value (None: no data) of each alarm.

    Raises botocore's ClientError and BotoCoreError.
    """
    cloudwatch = clients("cloudwatch")
    names = {stack.physical_ids[id]: id for id, _ in stack.of_type("AWS::CloudWatch::Alarm")}
    found = cloudwatch.describe_alarms(AlarmNames=list(names), MaxRecords=100)["MetricAlarms"]
    now = time.time()
    return sorted(
        ({"name": names[each["AlarmName"]], **_look(cloudwatch, each, now)} for each in found),
        key=lambda alarm: str(alarm["name"]),
    )


def _look(cloudwatch: Any, alarm: Mapping[str, Any], now: float) -> dict[str, Any]:
    period = alarm["Period"]
    extended = alarm.get("ExtendedStatistic")
    statistic = extended or alarm["Statistic"]
    data = cloudwatch.get_metric_statistics(
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        Dimensions=alarm["Dimensions"],
        StartTime=_at(now - (alarm["EvaluationPeriods"] + 1) * period),
        EndTime=_at(now + 1),
        Period=period,
        **({"ExtendedStatistics": [extended]} if extended else {"Statistics": [statistic]}),
    )["Datapoints"]
    found = {
        int(each["Timestamp"].timestamp()): (
            each["ExtendedStatistics"][extended] if extended else each[statistic]
        )
        for each in data
    }
    newest = int(now // period) * period
    if newest not in found:
        newest -= period
    values = [found.get(newest - n * period) for n in range(alarm["EvaluationPeriods"])]
    age = now - alarm["AlarmConfigurationUpdatedTimestamp"].timestamp()
    return {
        "state": state(alarm, values, age),
        "metric": f"{alarm['Namespace']} {alarm['MetricName']}",
        "statistic": statistic,
        "value": values[0],
        "threshold": alarm["Threshold"],
    }


def state(alarm: Mapping[str, Any], values: Sequence[float | None], age: float) -> str:
    """The alarm's state.

    Args:
        alarm: as `DescribeAlarms` gives it.
        values: one per period, the newest first; None where there is no data.
        age: seconds since the alarm was made or changed.
    """
    if all(value is None for value in values) and age < alarm["Period"]:
        return UNKNOWN
    is_above = alarm["ComparisonOperator"] == "GreaterThanThreshold"
    if not is_above and alarm["ComparisonOperator"] != "LessThanThreshold":
        raise ValueError(f"{alarm['AlarmName']}: no rule for {alarm['ComparisonOperator']}")

    def breaches(value: float | None) -> bool:
        if value is None:
            return bool(alarm.get("TreatMissingData") == "breaching")
        threshold = float(alarm["Threshold"])
        return value > threshold if is_above else value < threshold

    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    return ALARM if sum(map(breaches, values)) >= needed else OK


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
