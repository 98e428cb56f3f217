"""What the data planes have counted, under the names and dimensions of AWS's metrics. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from emulator.appsync.metrics import Counters
from emulator.eventbridge.counters import Snapshot
from emulator.lambda_workers.functions import Usage


@dataclass(frozen=True)
class Metric:
    """A metric as CloudWatch tells it from others."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()


# AppSync's metric → our counter
_GROWING = {
    "4XXError": "client_errors",
    "5XXError": "server_errors",
    "InboundMessageError": "payloads_too_large",
    "InboundMessageSuccess": "publishes",
    "InvalidationRequestDropped": "invalidations_dropped",
    "InvalidationRequestSuccess": "invalidation_requests",
    "InvalidationSuccess": "invalidations",
    "PublishDataMessageSuccess": "deliveries",
}
_GAUGES = {"ActiveConnections": "connections", "ActiveSubscriptions": "subscriptions"}


def of_api(api_id: str, counters: Counters) -> dict[Metric, float]:
    """AppSync's metrics that only grow."""
    return _read(api_id, counters, _GROWING)


def gauges(api_id: str, counters: Counters) -> dict[Metric, float]:
    """AppSync's metrics of this moment."""
    return _read(api_id, counters, _GAUGES)


def _read(api_id: str, counters: Counters, names: Mapping[str, str]) -> dict[Metric, float]:
    return {
        Metric("AWS/AppSync", name, (("GraphQLAPIId", api_id),)): getattr(counters, field)
        for name, field in names.items()
    }


def of_filters(
    api_id: str, filters: Iterable[Mapping[str, Any]], error_types: Mapping[str, int]
) -> dict[Metric, float]:
    """What CloudWatch would count in the API's log: the errors that its metric filters name.

    Args:
        filters: as `DescribeMetricFilters` gives them; their patterns are `?Term ?Term …`.
    """
    found: dict[Metric, float] = {}
    for each in filters:
        if each["logGroupName"] == f"/aws/appsync/apis/{api_id}":
            terms = [term.removeprefix("?") for term in each["filterPattern"].split()]
            for made in each["metricTransformations"]:
                metric = Metric(made["metricNamespace"], made["metricName"])
                found[metric] = sum(error_types.get(term, 0) for term in terms)
    return found


def of_bridge(bridge: Snapshot) -> dict[Metric, float]:
    """What EventBridge and Lambda's asynchronous queue could not keep, or gave up."""
    found: dict[Metric, float] = {}
    dimensions: tuple[tuple[str, str], ...]
    for rule in bridge.rules:
        dimensions = (("EventBusName", rule.bus), ("RuleName", rule.name))
        found[Metric("AWS/Events", "InvocationsFailedToBeSentToDlq", dimensions)] = (
            rule.counters.dead_letter_failures + rule.counters.lost
        )
    for function in bridge.functions:
        dimensions = (("FunctionName", function.arn.rsplit(":", 1)[-1]),)
        counters = function.counters
        found[Metric("AWS/Lambda", "AsyncEventsDropped", dimensions)] = (
            counters.sent_on_failure + counters.lost
        )
        found[Metric("AWS/Lambda", "DestinationDeliveryFailures", dimensions)] = (
            counters.on_failure_errors
        )
    return found


MOST_VALUES = 150
"""In one datum."""


def of_functions(usage: Mapping[str, Usage]) -> list[dict[str, Any]]:
    """Lambda's metrics of the functions that were run here, as data for `PutMetricData`."""
    data: list[dict[str, Any]] = []
    for function, used in usage.items():
        named: dict[str, Any] = {"Dimensions": [{"Name": "FunctionName", "Value": function}]}
        for name, value in (
            ("Invocations", used.invocations),
            ("Errors", used.errors),
            ("ConcurrentExecutions", used.most_at_once),
        ):
            data.append(named | {"MetricName": name, "Value": value, "Unit": "Count"})
        for start in range(0, len(used.durations), MOST_VALUES):
            values = used.durations[start : start + MOST_VALUES]
            data.append(
                named | {"MetricName": "Duration", "Values": values, "Unit": "Milliseconds"}
            )
    return data
