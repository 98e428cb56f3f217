"""The sections of what starts: Lambda and `make run`."""

from collections.abc import Mapping
from typing import Any

from bench.report.table import table


def function(found: Mapping[str, Any]) -> str:
    rows = [
        [
            name.replace("_", " "),
            each["init_ms"],
            each["init_best_ms"],
            each["first_call_ms"],
            each["warm_p50_ms"],
            each["warm_p99_ms"],
            f"{each['connections']} in {each['calls']} calls",
            each["zip_mib"],
        ]
        for name, each in found["functions"].items()
    ]
    head = [
        "function",
        "init ms",
        "least",
        "first call",
        "warm p50",
        "warm p99",
        "connections",
        "MiB",
    ]
    replay, uncompiled = (found["functions"][name] for name in ("replay", "replay_uncompiled"))
    return table(head, rows) + (
        "\n\nReplay as `sam build` makes it, with its .pyc files, to the same without them: init × "
        f"{found['ratios']['init_to_uncompiled']}, for a zip of {replay['zip_mib']} instead of "
        f"{uncompiled['zip_mib']} MiB. The floor is compiled too; the usual way is as SAM's own "
        "build for Python leaves it."
    )


def start_up(found: Mapping[str, Any]) -> str:
    rows = [[run["kind"], run["seconds"], "; ".join(run["phases"])] for run in found["runs"]]
    return table(["run", "seconds until ready", "phases"], rows)
