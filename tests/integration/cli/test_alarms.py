"""The alarms of a stack as `globalws status` reads them on AWS."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.adapters.alarms import Alarm, alarms_of
from cli.adapters.clients import Clients

_REGION = "us-west-2"
_STACK = "globalws-us-west-2"


class _Stacks:
    """A stand-in for moto's CloudFormation, which needs packages of every possible service."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def get_paginator(self, operation: str) -> "_Stacks":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803 (AWS's name)
        assert StackName == _STACK
        yield {"StackResourceSummaries": [_resource("Queue", "queue", "AWS::SQS::Queue")]}
        for name in self._names:
            alarm = _resource(name, f"{_STACK}-{name}-1X", "AWS::CloudWatch::Alarm")
            yield {"StackResourceSummaries": [alarm]}


def _resource(logical_id: str, physical_id: str, kind: str) -> dict[str, str]:
    return {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": physical_id,
        "ResourceType": kind,
    }


def _clients(monkeypatch: pytest.MonkeyPatch, *names: str) -> Clients:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setattr(Clients, "stacks", _Stacks(list(names)))
    return Clients(_REGION, None)


@mock_aws
def test_each_alarm_of_the_stack_and_no_other_by_its_logical_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients = _clients(monkeypatch, "LagAlarm", "ErrorsAlarm")
    cloudwatch = boto3.client("cloudwatch", _REGION)
    lag = f"{_STACK}-LagAlarm-1X"
    for name in (lag, f"{_STACK}-ErrorsAlarm-1X", "anothers"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="GlobalWS",
            MetricName="Figure",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0,
        )
    cloudwatch.set_alarm_state(AlarmName=lag, StateValue="ALARM", StateReason="7 s")
    errors, late = alarms_of(clients, _STACK)
    assert errors.name == "ErrorsAlarm"
    assert errors.state != "ALARM"
    assert late == Alarm("LagAlarm", "ALARM", "7 s")


@mock_aws
def test_a_stack_without_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    assert alarms_of(_clients(monkeypatch), _STACK) == []
