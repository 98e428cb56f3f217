"""What a handler wrote: its log and its metrics."""

import json
from typing import Any

import pytest


def output_of(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
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
