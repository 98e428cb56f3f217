"""`make bench` and `make bench-check`.

Usage: python -m bench [--only PART]… [--patience SECONDS] [--check]

Each part's metrics go into bench/results/latest.json and .md; parts that are not run keep theirs.
`--check` runs small loads, prints the thresholds with their slack, and writes nothing; it fails if
one is missed.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from bench import (
    cross_region,
    docs,
    fanout,
    growth,
    lambda_runtime,
    machine,
    resolvers,
    self_hosted,
    start_up,
    thresholds,
)
from bench import picture as picture_of
from bench.processes import ROOT, raise_file_limit
from bench.report import markdown
from bench.report.load import NAMES

PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "fan_out": fanout.run,
    "self_hosted": self_hosted.run,
    "growth": growth.run,
    "resolvers": resolvers.run,
    "cross_region": cross_region.run,
    "lambda": lambda_runtime.run,
    "start_up": start_up.run,
}
_RUNS = 3  # how many runs the report shows for each threshold
_RESULTS = ROOT / "bench" / "results"
_PICTURES = ROOT / "docs" / "images"


def bench(parts: list[str], patience: float) -> int:
    """Measure the parts and write the report; returns 1 if a threshold is missed.

    Waits up to `patience` seconds before each part for the machine to be quiet.
    """
    latest = _RESULTS / "latest.json"
    report: dict[str, Any] = json.loads(latest.read_text()) if latest.exists() else {}
    measured, runs = report.setdefault("measured", {}), report.setdefault("runs", {})
    # An older version may have measured less than this report needs. Find out before measuring.
    if outdated := [name for name in report if name in PARTS and not _can_tell(report, name)]:
        print(f"left out, because another version measured them: {', '.join(outdated)}")
    for name in outdated:
        del report[name], measured[name]
    for name in parts:
        machine.wait_until_quiet(patience)
        print(f"{name} … ", end="", flush=True)
        started = time.monotonic()
        measured[name] = machine.facts()
        report[name] = PARTS[name]()
        measured[name]["seconds"] = round(time.monotonic() - started)
        print(f"{measured[name]['seconds']} s", flush=True)
        for each in thresholds.verdicts({name: report[name]}):
            runs[each.threshold.path] = [*runs.get(each.threshold.path, []), each.value][-_RUNS:]
        _write(report)
    _draw({name: report[name] for name in parts})
    docs.write_all()
    return _print(thresholds.verdicts(report), with_slack=False)


def _draw(report: dict[str, Any]) -> None:
    """Draw the pictures of the parts that were measured."""
    if "resolvers" in report:
        whole = {
            name: value
            for name, value in report["resolvers"]["parts_us"].items()
            if not name.startswith("a frame")
        }
        picture = picture_of.bar("One publish of our API, without HTTP", whole, "µs")
        (_PICTURES / "publish-parts.svg").write_text(picture)
    if "side_by_side" in report.get("cross_region", {}):
        found = report["cross_region"]["side_by_side"]
        rows = {
            f"commit {found['before']}": found["cpu_ms"]["before"],
            "now": found["cpu_ms"]["now"],
        }
        title = "CPU of one message to the other region, all processes"
        (_PICTURES / "cross-region-parts.svg").write_text(picture_of.bars(title, rows, "ms"))
    if "growth" in report:
        rows = {
            f"{NAMES[kind]}, {size:,}": {"own code": each["own"], "the kernel": each["kernel"]}
            for kind, pair in report["growth"]["best"].items()
            for size, each in zip(report["growth"]["audiences"], pair, strict=True)
        }
        picture = picture_of.bars("CPU of one delivery more, by subscribers", rows, "µs")
        (_PICTURES / "growth-parts.svg").write_text(picture)


def _can_tell(report: dict[str, Any], name: str) -> bool:
    try:
        markdown({"measured": report["measured"], name: report[name]})
    except KeyError:
        return False
    return True


def _write(report: dict[str, Any]) -> None:
    _RESULTS.mkdir(exist_ok=True)
    latest = _RESULTS / "latest.json"
    latest.write_text(json.dumps(report, indent=1) + "\n")
    latest.with_suffix(".md").write_text(markdown(report))


def check() -> int:
    """Measure small loads and compare ratios only; returns 1 if a threshold is missed."""
    report = {
        "fan_out": fanout.run(fanout.SMALL, fanout.check_kinds()),
        "growth": growth.run_small(),
        "resolvers": resolvers.run_small(),
        "cross_region": cross_region.run_small(),
        "lambda": lambda_runtime.run_small(),
    }
    return _print(thresholds.verdicts(report, with_slack=True), with_slack=True)


def _print(found: list[thresholds.Verdict], with_slack: bool) -> int:
    for each in found:
        sign = "≤" if each.threshold.at_most else "≥"
        slack = f" (slack × {each.threshold.slack})" if with_slack else ""
        mark = "ok    " if each.holds else "MISSED"
        limit = f"{sign} {each.threshold.limit:.3g}{slack}"
        print(f"{mark} {each.threshold.name}: {each.value:.3g} {limit}")
    return 0 if all(each.holds for each in found) else 1


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be repeated")
    parser.add_argument("--patience", type=float, default=0.0, help="seconds to wait for quiet")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    raise_file_limit()
    signal.signal(signal.SIGTERM, _interrupt)  # so that processes started here are ended
    try:
        return check() if given.check else bench(given.only or list(PARTS), given.patience)
    except KeyboardInterrupt:
        print("interrupted")
        return 130


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
