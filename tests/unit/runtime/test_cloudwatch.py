"""Each metric is put once, also if CloudWatch fails in between."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.appsync.metrics import Counters
from emulator.eventbridge.counters import BusCounters, Snapshot
from emulator.lambda_workers.functions import Measured, Usage
from emulator.runtime.region.cloudwatch import CloudWatch, merged

_GROUP = "/aws/lambda/replay"
_FILTER = {
    "logGroupName": "/aws/appsync/apis/api",
    "filterPattern": "?BusUnavailable ?StoreUnavailable",
    "metricTransformations": [{"metricNamespace": "GlobalWS/one", "metricName": "Unavailable"}],
}
_QUIET = Snapshot("us-west-2", 0, 0, 0, 0, 0, 0, BusCounters())


def _line(timestamp: int, lag: float) -> str:
    metrics = [{"Name": "ReplicationLag", "Unit": "Milliseconds"}]
    directive = {"Namespace": "GlobalWS", "Dimensions": [["service"]], "Metrics": metrics}
    record = {"Timestamp": timestamp, "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": record, "service": "globalws", "ReplicationLag": lag})


def _values(datum: dict[str, Any]) -> list[float]:
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts") or [1] * len(values)
    return [value for value, n in zip(values, counts, strict=True) for _ in range(n)]


class _Aws:
    """Logs, queues and CloudWatch in one; a client by whatever name."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.has_group = True
        self.refuses = ""
        self.put: list[tuple[str, str, list[float]]] = []

    def __call__(self, service: str) -> "_Aws":
        return self

    def get_paginator(self, operation: str) -> "_Aws":
        return self

    def paginate(self, *, logGroupName: str, **asked: Any) -> Iterator[dict[str, Any]]:  # noqa: N803 (AWS's names)
        if not self.has_group:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "FilterLogEvents")
        if "logStreamNames" not in asked:
            times = {
                stream: [each["timestamp"] for each in self.lines if each["stream"] == stream]
                for stream in {each["stream"] for each in self.lines}
            }
            streams = [
                {"logStreamName": stream, "lastEventTimestamp": max(found)}
                for stream, found in times.items()
            ]
            yield {"logStreams": sorted(streams, key=lambda one: -one["lastEventTimestamp"])}
            return
        yield {
            "events": [
                each
                for each in self.lines
                if each["timestamp"] >= asked["startTime"]
                and each["stream"] in asked["logStreamNames"]
            ]
        }

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"ApproximateNumberOfMessages": "3"}}

    def describe_metric_filters(self) -> dict[str, Any]:
        return {"metricFilters": [_FILTER]}

    def put_metric_data(self, *, Namespace: str, MetricData: list[Any]) -> None:  # noqa: N803
        if Namespace == self.refuses:
            raise ClientError({"Error": {"Code": "InternalFailure"}}, "PutMetricData")
        self.put += [(Namespace, each["MetricName"], _values(each)) for each in MetricData]

    def log(self, timestamp: int, lag: float, stream: str = "one") -> None:
        text = _line(timestamp, lag)
        self.lines.append({"timestamp": timestamp, "message": text, "stream": stream})

    def values(self, namespace: str, name: str) -> list[float]:
        return [
            v
            for ns, metric, values in self.put
            if (ns, metric) == (namespace, name)
            for v in values
        ]


class _Stack:
    def __init__(self) -> None:
        self.physical_ids = {"Log": _GROUP, "Queue": "http://local/000000000000/queue"}

    def of_type(self, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        names = {"AWS::Logs::LogGroup": "Log", "AWS::SQS::Queue": "Queue"}
        yield names[resource_type], {}


@pytest.fixture
def aws() -> _Aws:
    return _Aws()


@pytest.fixture
def cloudwatch(aws: _Aws, monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    monkeypatch.setattr("emulator.runtime.region.cloudwatch.time.time", lambda: 1000.0)
    return CloudWatch(aws, "api")  # type: ignore[arg-type]


def _put(
    cloudwatch: CloudWatch, counters: Counters | None = None, measured: Measured | None = None
) -> None:
    cloudwatch.put(_Stack(), counters or Counters(), _QUIET, measured or Measured())  # type: ignore[arg-type]


def test_what_functions_took_here_is_put_and_not_read_from_the_log_too(
    aws: _Aws, cloudwatch: CloudWatch
) -> None:
    aws.log(1_000_000, 10.0, "ours")
    aws.log(1_000_000, 30.0, "the emulator's")
    usage = {"replay": Usage(200, 1, [2.5] * 200, 3)}
    aws.refuses = "AWS/Lambda"
    with pytest.raises(ClientError):
        _put(cloudwatch, measured=Measured(usage, [_line(1_000_000, 10.0)], frozenset({"ours"})))
    aws.refuses = ""
    _put(cloudwatch, measured=Measured(streams=frozenset({"ours"})))
    assert aws.values("GlobalWS", "ReplicationLag") == [10.0, 30.0]
    assert aws.values("AWS/Lambda", "Invocations") == [200]
    assert aws.values("AWS/Lambda", "Errors") == [1]
    assert aws.values("AWS/Lambda", "ConcurrentExecutions") == [3]
    assert aws.values("AWS/Lambda", "Duration") == [2.5] * 200


def test_counters_are_put_as_what_was_added_and_gauges_as_they_are(
    aws: _Aws, cloudwatch: CloudWatch
) -> None:
    _put(cloudwatch, Counters(server_errors=2, connections=5))
    _put(cloudwatch, Counters(server_errors=3, connections=4))
    assert aws.values("AWS/AppSync", "5XXError") == [2, 1]
    assert aws.values("AWS/AppSync", "ActiveConnections") == [5, 4]
    assert aws.values("AWS/SQS", "ApproximateNumberOfMessagesVisible") == [3, 3]


def test_each_line_counts_once_also_one_that_comes_late(aws: _Aws, cloudwatch: CloudWatch) -> None:
    aws.log(1_000_000, 10.0)
    aws.log(1_000_000, 10.0)
    _put(cloudwatch)
    aws.log(1_040_000, 20.0)
    aws.log(1_015_000, 15.0)
    _put(cloudwatch)
    _put(cloudwatch)
    assert aws.values("GlobalWS", "ReplicationLag") == [10.0, 10.0, 20.0, 15.0]


def test_what_was_there_before_the_process_is_not_put_again(
    aws: _Aws, cloudwatch: CloudWatch
) -> None:
    aws.log(999_000, 10.0)
    _put(cloudwatch)
    assert aws.values("GlobalWS", "ReplicationLag") == []


def test_refusals_are_put_under_the_name_that_the_metric_filter_gives_them(
    aws: _Aws, cloudwatch: CloudWatch
) -> None:
    _put(cloudwatch, Counters(error_types=Counter(BusUnavailable=2, ChannelNotAllowed=7)))
    _put(cloudwatch, Counters(error_types=Counter(BusUnavailable=2, StoreUnavailable=1)))
    assert aws.values("GlobalWS/one", "Unavailable") == [2, 1]


@pytest.mark.parametrize("namespace", ["AWS/AppSync", "AWS/SQS", "GlobalWS", "GlobalWS/one"])
def test_what_could_not_be_put_is_put_the_next_time(
    aws: _Aws, cloudwatch: CloudWatch, namespace: str
) -> None:
    aws.log(1_000_000, 10.0)
    aws.refuses = namespace
    with pytest.raises(ClientError):
        _put(cloudwatch, Counters(server_errors=2))
    aws.refuses = ""
    _put(cloudwatch, Counters(server_errors=3))
    assert sum(aws.values("AWS/AppSync", "5XXError")) == 3
    assert aws.values("GlobalWS", "ReplicationLag") == [10.0]


def test_a_function_that_never_ran_has_no_log_yet(aws: _Aws, cloudwatch: CloudWatch) -> None:
    aws.has_group = False
    _put(cloudwatch)
    assert aws.values("GlobalWS", "ReplicationLag") == []


def test_lines_of_one_second_are_one_datum_of_at_most_150_values() -> None:
    lines = [_line(1_000_100, lag) for lag in (5.0, 5.0, 7.0)]
    (datum,) = merged([*lines, "END RequestId: 1"])["GlobalWS"]
    assert (datum["Timestamp"], datum["Values"], datum["Counts"]) == (1000, [5.0, 7.0], [2, 1])
    assert datum["Dimensions"] == [{"Name": "service", "Value": "globalws"}]
    many = merged(_line(1_000_900, float(lag)) for lag in range(200))["GlobalWS"]
    assert [len(each["Values"]) for each in many] == [150, 50]
    assert len(merged([_line(1_000_999, 5.0), _line(1_001_000, 5.0)])["GlobalWS"]) == 2
