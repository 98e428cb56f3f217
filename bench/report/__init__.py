"""The report as Markdown: thresholds first, then each part with the command that measures it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.report import load, path, start
from bench.report.table import table
from bench.thresholds import Verdict, verdicts

COMMAND = ".venv/bin/python -m bench"


def markdown(report: Mapping[str, Any]) -> str:
    """One document."""
    found = blocks(report)
    parts = ["# Measured", found.pop("machine"), "## Thresholds", found.pop("thresholds")]
    for name, text in found.items():
        parts += [f"## {_SECTIONS[name][0]}", text]
    return "\n\n".join(parts) + "\n"


def blocks(report: Mapping[str, Any]) -> dict[str, str]:
    """The document's parts by name: `machine`, `thresholds`, and each part that was measured."""
    machine = next(iter(report["measured"].values()))
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    found = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; Python "
        f"{machine['python']}, Node {machine['node']}, {packages}.",
        "thresholds": threshold_table(report),
    }
    for name, (_, section) in _SECTIONS.items():
        if name in report:
            found[name] = f"{_origin(name, report)}\n\n{section(report[name])}"
    return found


def _origin(name: str, report: Mapping[str, Any]) -> str:
    facts = report["measured"][name]
    took = f"; it took {facts['seconds']} s" if "seconds" in facts else ""
    return (
        f"`{COMMAND} --only {name}`, {facts['date']}, commit {facts['commit']}; load average "
        f"before it {facts['load_average'][0]}{took}"
    )


def _verdict(found: Verdict, runs: Sequence[float]) -> str:
    """Of the latest run; and how many of the last ones held, if not all did."""
    held = sum(found.threshold.holds(value) for value in runs)
    word = "holds" if found.holds else "**missed**"
    return word if held in (0, len(runs)) else f"{word}; held in {held} of {len(runs)}"


def threshold_table(report: Mapping[str, Any]) -> str:
    """Each threshold with its limit, the last runs, and how many of them held."""
    rows = [
        [
            each.threshold.name,
            f"{'≤' if each.threshold.at_most else '≥'} {each.threshold.limit:.3g}",
            f"{each.value:.3g}",
            ", ".join(
                f"{value:.3g}" for value in report.get("runs", {}).get(each.threshold.path, ())
            ),
            _verdict(each, report.get("runs", {}).get(each.threshold.path, [each.value])),
        ]
        for each in verdicts(report)
    ]
    return table(["threshold", "limit", "measured", "last three runs", ""], rows)


_SECTIONS = {
    "fan_out": ("Fan-out", load.fan_out),
    "self_hosted": ("Beside what people host themselves", load.self_hosted),
    "growth": ("Growth", load.growth),
    "resolvers": ("Resolvers", path.resolvers),
    "cross_region": ("Cross-region", path.cross_region),
    "lambda": ("Lambda", start.function),
    "start_up": ("Start-up", start.start_up),
}
