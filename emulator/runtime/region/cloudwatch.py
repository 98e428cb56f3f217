"""The region's metrics, put into the local CloudWatch under the names and dimensions of AWS.

Of AWS's own metrics the emulator has most of Lambda's. The others are put here, and so are those
that the functions write into their logs (embedded metric format), where CloudWatch would find them.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from globalws_functions.domain.json_text import read_json

from emulator.appsync.metrics import Counters
from emulator.eventbridge.counters import Snapshot
from emulator.lambda_workers.functions import Measured
from emulator.runtime.deployed.stack import Clients, DeployedStack
from emulator.runtime.region.totals import (
    MOST_VALUES,
    Metric,
    gauges,
    of_api,
    of_bridge,
    of_filters,
    of_functions,
)

Datum = dict[str, Any]

_LATE_MS = 30_000
_MOST_DATA = 500  # a call
_MOST_STREAMS = 100  # a call


@dataclass
class _Log:
    """How far a log group has been read.

    Attributes:
        newest: the time of its newest line, milliseconds since 1970.
        read: the lines of the last half minute before that, as often as each occurred: the
            emulator gives a function's lines no id.
    """

    newest: int
    read: Counter[str] = field(default_factory=Counter)


class CloudWatch:
    """Remembers what was put, so that each value is put once. Not for two threads at a time."""

    def __init__(self, clients: Clients, api_id: str) -> None:
        self._clients = clients
        self._api_id = api_id
        self._before: dict[Metric, float] = {}
        self._began = int(time.time() * 1000)
        self._read: dict[str, _Log] = {}
        self._waiting: dict[str, list[Datum]] = {}

    def put(
        self,
        stack: DeployedStack,
        counters: Counters,
        bridge: Snapshot,
        measured: Measured,
    ) -> None:
        """Puts all that is new; what could not be put is put the next time.

        `measured` is what the functions that ran in this process have taken since the last call.

        Raises botocore's ClientError and BotoCoreError.
        """
        for datum in of_functions(measured.usage):
            self._waiting.setdefault("AWS/Lambda", []).append(datum)
        for namespace, data in merged(measured.lines).items():
            self._waiting.setdefault(namespace, []).extend(data)
        for namespace in list(self._waiting):
            self._put(namespace, self._waiting[namespace])
            del self._waiting[namespace]
        filters = self._clients("logs").describe_metric_filters()["metricFilters"]
        self._put_growth(
            of_api(self._api_id, counters)
            | of_filters(self._api_id, filters, counters.error_types)
            | of_bridge(bridge)
        )
        for metric, value in gauges(self._api_id, counters).items():
            self._put(metric.namespace, [_counted(metric, value)])
        ids = stack.physical_ids
        queues = [ids[name] for name, _ in stack.of_type("AWS::SQS::Queue")]
        self._put("AWS/SQS", [self._depth(url) for url in queues])
        for name, _ in stack.of_type("AWS::Logs::LogGroup"):
            self._put_log(ids[name], measured.streams)

    def _put(self, namespace: str, data: Sequence[Datum]) -> None:
        for start in range(0, len(data), _MOST_DATA):
            self._clients("cloudwatch").put_metric_data(
                Namespace=namespace, MetricData=data[start : start + _MOST_DATA]
            )

    def _put_log(self, group: str, known: Collection[str]) -> None:
        """What others wrote: functions that the emulator ran. `known` streams are left out."""
        log = self._read.get(group) or _Log(self._began)
        since = max(self._began, log.newest - _LATE_MS)
        try:
            lines = self._lines(group, self._streams(group, since, known), since)
        except ClientError as error:
            # The emulator makes a function's group with its first line.
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            lines = []
        texts = Counter(line["message"] for line in lines)
        for namespace, data in merged((texts - log.read).elements()).items():
            self._put(namespace, data)
        self._read[group] = _Log(
            max([log.newest, *(line["timestamp"] for line in lines)]),
            texts,
        )

    def _put_growth(self, totals: Mapping[Metric, float]) -> None:
        """Totals only grow: what was added since the last time is put."""
        for namespace in dict.fromkeys(metric.namespace for metric in totals):
            own = {metric: n for metric, n in totals.items() if metric.namespace == namespace}
            self._put(
                namespace,
                [_counted(metric, n - self._before.get(metric, 0)) for metric, n in own.items()],
            )
            self._before.update(own)

    def _depth(self, url: str) -> Datum:
        name = "ApproximateNumberOfMessages"
        found = self._clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return {
            "MetricName": f"{name}Visible",
            "Dimensions": [{"Name": "QueueName", "Value": url.rsplit("/", 1)[-1]}],
            "Value": int(found["Attributes"][name]),
            "Unit": "Count",
        }

    def _streams(self, group: str, since: int, known: Collection[str]) -> list[str]:
        """The other streams of a group that were written to since then."""
        found: list[str] = []
        pages = (
            self._clients("logs")
            .get_paginator("describe_log_streams")
            .paginate(logGroupName=group, orderBy="LastEventTime", descending=True)
        )
        for page in pages:
            for stream in page["logStreams"]:
                if stream.get("lastEventTimestamp", 0) < since:
                    return found
                if stream["logStreamName"] not in known:
                    found.append(stream["logStreamName"])
        return found

    def _lines(self, group: str, streams: list[str], since: int) -> list[Any]:
        """The streams' lines with metrics, from then on. Lines may come late."""
        found: list[Any] = []
        for start in range(0, len(streams), _MOST_STREAMS):
            pages = (
                self._clients("logs")
                .get_paginator("filter_log_events")
                .paginate(
                    logGroupName=group,
                    logStreamNames=streams[start : start + _MOST_STREAMS],
                    filterPattern='"CloudWatchMetrics"',
                    startTime=since,
                )
            )
            found += [line for page in pages for line in page["events"]]
        return found


def _counted(metric: Metric, value: float) -> Datum:
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Value": value,
        "Unit": "Count",
    }


def merged(lines: Iterable[str]) -> dict[str, list[Datum]]:
    """By namespace, what lines of the embedded metric format say: one datum for each metric and
    second, because a message writes a line, and CloudWatch takes many values at once.
    """
    values: dict[tuple[str, str, int, str], Counter[float]] = {}
    firsts: dict[tuple[str, str, int, str], Datum] = {}
    for line in lines:
        for namespace, datum in embedded(line):
            name, second = datum["MetricName"], int(datum["Timestamp"])
            key = (namespace, name, second, f"{datum['Dimensions']} {datum['Unit']}")
            firsts.setdefault(key, datum | {"Timestamp": second})
            values.setdefault(key, Counter()).update(datum["Values"])
    found: dict[str, list[Datum]] = {}
    for key, datum in firsts.items():
        counts = list(values[key].items())
        for start in range(0, len(counts), MOST_VALUES):
            some = counts[start : start + MOST_VALUES]
            data = {"Values": [value for value, _ in some], "Counts": [n for _, n in some]}
            found.setdefault(key[0], []).append(datum | data)
    return found


def embedded(line: str) -> Iterator[tuple[str, Datum]]:
    """Namespace and datum of each metric in a line of the embedded metric format; other lines have
    none."""
    try:
        record = read_json(line)
        directives = record["_aws"]["CloudWatchMetrics"]
        at = record["_aws"]["Timestamp"] / 1000
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield directive["Namespace"], _datum(record, names, metric, at)


def _datum(
    record: Mapping[str, Any], names: list[str], metric: Mapping[str, Any], at: float
) -> Datum:
    value = record[metric["Name"]]
    return {
        "MetricName": metric["Name"],
        "Dimensions": [{"Name": name, "Value": str(record[name])} for name in names],
        "Timestamp": at,
        "Values": value if isinstance(value, list) else [value],
        "Unit": metric.get("Unit", "None"),
    }
