"""The report as Markdown: bars first, then every figure with the command that makes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.bars import verdicts

COMMAND = ".venv/bin/python -m bench"


def markdown(report: Mapping[str, Any]) -> str:
    """One document."""
    found = blocks(report)
    parts = ["# Measured", found.pop("machine"), "## Bars", found.pop("bars")]
    for name, text in found.items():
        parts += [f"## {_SECTIONS[name][0]}", text]
    return "\n\n".join(parts) + "\n"


def blocks(report: Mapping[str, Any]) -> dict[str, str]:
    """The document's parts by name: `machine`, `bars`, and each part that was measured."""
    machine = next(iter(report["measured"].values()))
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    found = {
        "machine": f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}; Python "
        f"{machine['python']}, Node {machine['node']}, {packages}.",
        "bars": _bars(report),
    }
    for name, (_, section) in _SECTIONS.items():
        if name in report:
            found[name] = f"{_origin(name, report)}\n\n{section(report[name])}"
    return found


def _origin(name: str, report: Mapping[str, Any]) -> str:
    facts = report["measured"][name]
    return (
        f"`{COMMAND} --only {name}`, {facts['date']}, commit {facts['commit']}; load average "
        f"before it {facts['load_average'][0]}"
    )


def table(head: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 1_000
        else (f"{value:,.0f}" if isinstance(value, float | int) else str(value))
    )


def _bars(report: Mapping[str, Any]) -> str:
    rows = [
        [
            each.bar.name,
            f"{'≤' if each.bar.at_most else '≥'} {each.bar.limit:.3g}",
            f"{each.value:.3g}",
            ", ".join(f"{value:.3g}" for value in report.get("runs", {}).get(each.bar.path, ())),
            "holds" if each.holds else "**missed**",
        ]
        for each in verdicts(report)
    ]
    return table(["bar", "limit", "measured", "last three runs", ""], rows)


_LOAD = (
    "deliveries_per_second",
    "cpu_us_per_delivery",
    "cpu_us_per_publish",
    "p50_ms",
    "p99_ms",
    "peak_memory_mib",
)
_LOAD_HEAD = ["deliveries/s", "CPU µs a delivery", "CPU µs a publish", "p50 ms", "p99 ms", "MiB"]


def _fan_out(found: Mapping[str, Any]) -> str:
    rows = [
        [number, kind, outcome["subscriptions"], *(outcome[name] for name in _LOAD)]
        for number, round_ in enumerate(found["rounds"], 1)
        for kind, loads in round_.items()
        for outcome in loads.values()
    ]
    names = list(found["ratios"])
    by_round = [
        [name, *(each[name] for each in found["ratios_by_round"]), found["ratios"][name]]
        for name in names
    ]
    heads = [f"round {number}" for number in range(1, len(found["rounds"]) + 1)]
    return (
        "`globalws` serves the peer's own API (one mutation without a data source), `project` our "
        "pipeline of five functions with services in memory, `raw` is aiohttp's broadcast, `peer` "
        "the Amplify simulator. Each on a fresh server, clients in a process of their own.\n\n"
        + table(["round", "server", "subscribers", *_LOAD_HEAD], rows)
        + "\n\n"
        + table(["ratio", *heads, "median"], by_round)
    )


def _growth(found: Mapping[str, Any]) -> str:
    head = [
        "subscribers",
        "CPU µs a publish",
        "CPU µs a delivery",
        "kernel's part",
        "a further one",
        "raw",
        "kernel's part",
        "p99 ms",
    ]
    one = [
        [
            each["subscriptions"],
            each["cpu_us_per_publish"],
            each["cpu_us_per_delivery"],
            each["kernel_us_per_delivery"],
            each["marginal_cpu_us_per_delivery"],
            each["raw_cpu_us_per_delivery"],
            each["raw_kernel_us_per_delivery"],
            each["p99_ms"],
        ]
        for each in found["subscribers"]
    ]
    many = [
        [each["channels"], each["cpu_us_per_publish"], each["p50_ms"], each["kib_per_subscription"]]
        for each in found["channels"]
    ]
    shared = [
        [
            each["connections"],
            each["subscriptions_each"],
            each["cpu_us_per_delivery"],
            each["kib_per_subscription"],
        ]
        for each in found["connections"]
    ]
    return "\n\n".join(
        [
            f"A publish to one subscriber: {found['publish_to_one']['cpu_us_per_publish']} µs.",
            table(head, one),
            _growth_of_a_delivery(found["subscribers"]),
            table(
                ["channels, one subscriber each", "CPU µs a publish", "p50 ms", "KiB each"], many
            ),
            table(["connections", "subscriptions each", "CPU µs a delivery", "KiB each"], shared),
        ]
    )


def _growth_of_a_delivery(crowd: Sequence[Mapping[str, Any]]) -> str:
    """Whose the growth is from a tenth of the subscribers to most of them."""

    def shares(name: str) -> str:
        whole = [each[f"{name}cpu_us_per_delivery"] for each in crowd[-2:]]
        kernel = [each[f"{name}kernel_us_per_delivery"] for each in crowd[-2:]]
        own = [all_ - its for all_, its in zip(whole, kernel, strict=True)]
        return (
            f"{own[0]:.1f} → {own[1]:.1f} its own code, "
            f"{kernel[0]:.1f} → {kernel[1]:.1f} the kernel"
        )

    fewer, most = (f"{each['subscriptions']:,}" for each in crowd[-2:])
    return (
        f"CPU µs a delivery from {fewer} to {most} subscribers: ours {shares('')}; raw "
        f"{shares('raw_')}. The kernel's part is one `send` a socket, with the TCP of both ends."
    )


def _resolvers(found: Mapping[str, Any]) -> str:
    evaluations = [
        [name.replace("_", " "), each["min"], each["p50"]]
        for name, each in found["evaluation_us"].items()
    ]
    whole = found["publish_us"]
    parts = [[name, value] for name, value in found["parts_us"].items()]
    return "\n\n".join(
        [
            table(["an evaluation", "least µs", "p50 µs"], evaluations),
            f"One publish of our own API in process, without HTTP: least {whole['min']} µs, p50 "
            f"{whole['p50']} µs. Its parts, with stopwatches on (p50):",
            table(["part", "µs"], parts),
        ]
    )


def _cross_region(found: Mapping[str, Any]) -> str:
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
            f"Without backlog: {found['backlog_free_per_second']} messages/s.",
            table(["part alone", "p50 ms"], parts),
            f"The emulator's share of a message's way (two DynamoDB calls on it, and Lambda): "
            f"{found['emulator_share_ms']} ms; ours, of the p50 without latency: "
            f"{found['our_share_ms']} ms.",
        ]
    )


def _lambda(found: Mapping[str, Any]) -> str:
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


def _start_up(found: Mapping[str, Any]) -> str:
    rows = [[run["kind"], run["seconds"], "; ".join(run["phases"])] for run in found["runs"]]
    return table(["run", "seconds until ready", "phases"], rows)


_SECTIONS = {
    "fan_out": ("Fan-out", _fan_out),
    "growth": ("Growth", _growth),
    "resolvers": ("Resolvers", _resolvers),
    "cross_region": ("Cross-region", _cross_region),
    "lambda": ("Lambda", _lambda),
    "start_up": ("Start-up", _start_up),
}
