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
            *([_rules(found)] if "before_rules" in found else []),
        ]
    )


def _rules(found: Mapping[str, Any]) -> str:
    """What the rules of channels cost a publish."""
    many, before = found["rules"], found["before_rules"]
    return (
        f"With 10 rules in the table a publish takes {many['few_us']} µs of processor time, with "
        f"10,000 {many['many_us']} µs (the table is in memory: DynamoDB's own time is not in it). "
        f"The resolvers' own time of a publish (QuickJS, and around it) is {before['now']} µs; at "
        f"commit {before['commit']}, the last one without rules, it is {before['before']} µs."
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
            *([side_by_side(found["side_by_side"])] if "side_by_side" in found else []),
        ]
    )


def side_by_side(found: Mapping[str, Any]) -> str:
    """Rates and CPU of two commits."""
    names = {"before": f"commit {found['before']}", "now": "now"}
    rates = [
        [
            label,
            each["offered"],
            each["publishes_per_second"],
            each["p50"],
            each["p99"],
            each["behind_s"],
        ]
        for key, label in names.items()
        for each in found["steps"][key]
    ]
    before, now = found["cpu_ms"]["before"], found["cpu_ms"]["now"]
    cpu = [[part, before.get(part, 0.0), now.get(part, 0.0)] for part in {**before, **now}]
    cpu.append(["all", round(sum(before.values()), 2), round(sum(now.values()), 2)])
    return "\n\n".join(
        [
            "Two stacks beside each other, each with 1,000 idle subscribers on 100 channels in "
            "each region, take turns at each rate until one has a backlog:",
            table(
                ["stack", "offered/s", "published/s", "p50 ms", "p99 ms", "last one behind, s"],
                rates,
            ),
            f"Without backlog: {found['highest']['before']} and {found['highest']['now']} "
            f"messages/s, × {found['rate_ratio']}. Where the processor time of a message goes, "
            f"over all processes, at {found['cpu_rate']}/s, in ms:",
            table(["part", *names.values()], cpu),
            "What each part of the present stack takes at each rate; the publishers and the "
            "subscriber are the load generator:",
            _cores(found["steps"]["now"]),
        ]
    )
