"""The sections of a message's way: resolvers and cross-region."""

from collections.abc import Mapping
from typing import Any

from bench.report.table import table


def _cores(steps: list[Mapping[str, Any]]) -> str:
    """How many cores each part takes, the most first at the highest rate; and all of them."""
    parts = sorted(steps[-1]["cores"], key=lambda part: -steps[-1]["cores"][part])
    rows = [[part, *(step["cores"].get(part, 0.0) for step in steps)] for part in parts]
    total = ["all", *(round(sum(step["cores"].values()), 2) for step in steps)]
    return table(["cores taken", *(f"{step['offered']}/s" for step in steps)], [*rows, total])


def _calls(calls: list[Mapping[str, Any]]) -> str:
    took: dict[str, dict[str, float]] = {}
    for each in calls:
        took.setdefault(each["code"], {})[each["function"]] = each["p50"]
    rows = [
        [f"`{code}`", each.get("request", "–"), each.get("response", "–")]
        for code, each in sorted(took.items())
    ]
    return table(["code", "request, µs", "response, µs"], rows)


def resolvers(found: Mapping[str, Any]) -> str:
    evaluations = [
        [name.replace("_", " "), each["min"], each["p50"]]
        for name, each in found["evaluation_us"].items()
    ]
    whole = found["publish_us"]
    parts = [[name, value] for name, value in found["parts_us"].items()]
    return "\n\n".join(
        [
            table(["an evaluation", "least µs", "p50 µs"], evaluations),
            "Each resolver's and pipeline function's two calls, as its first good fixture has it; "
            "p50, without turning the context into JSON, which is done once for all that see it:",
            _calls(found["calls_us"]),
            f"One publish of our own API in process, without HTTP: least {whole['min']} µs, p50 "
            f"{whole['p50']} µs. Its parts, with stopwatches on (p50):",
            table(["part", "µs"], parts),
        ]
    )


def cross_region(found: Mapping[str, Any]) -> str:
    rows = [
        [
            name.replace("_", " "),
            found[name]["p50"],
            found[name]["p99"],
            found[name]["answer_p50_ms"],
        ]
        for name in ("latency_0_ms", "latency_70_ms")
    ]
    steps = [
        [each["offered"], each["publishes_per_second"], each["p50"], each["p99"], each["behind_s"]]
        for each in found["sustained"]
    ]
    parts = [[name, value] for name, value in found["parts_ms"].items()]
    head = ["offered/s", "published/s", "p50 ms", "p99 ms", "last one behind, s"]
    return "\n\n".join(
        [
            table(["injected", "p50 ms", "p99 ms", "answer to the publisher p50"], rows),
            table(head, steps),
            f"Without backlog: {found['backlog_free_per_second']} messages/s. What bounds it:",
            _cores(found["sustained"]),
            table(["part alone", "p50 ms"], parts),
            f"The emulator's share of a message's way (two DynamoDB calls on it, and Lambda): "
            f"{found['emulator_share_ms']} ms; ours, of the p50 without latency: "
            f"{found['our_share_ms']} ms.",
        ]
    )
