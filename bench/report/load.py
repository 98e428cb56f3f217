"""The sections of loads: fan-out and growth."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.report.table import table
from bench.self_hosted import LACKS, NEEDS

_LOAD = (
    "deliveries_per_second",
    "cpu_us_per_delivery",
    "cpu_us_per_publish",
    "p50_ms",
    "p99_ms",
    "peak_memory_mib",
)
_LOAD_HEAD = ["deliveries/s", "CPU µs a delivery", "CPU µs a publish", "p50 ms", "p99 ms", "MiB"]


def fan_out(found: Mapping[str, Any]) -> str:
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
        "`globalws` serves the baseline's API (one mutation without a data source), `project` our "
        "pipeline of five functions with services in memory, `raw` is aiohttp's broadcast, "
        "`baseline` the Amplify simulator. Each load runs on a fresh server; "
        "the clients are in another process.\n\n"
        + table(["round", "server", "subscribers", *_LOAD_HEAD], rows)
        + "\n\n"
        + table(["ratio", *heads, "median"], by_round)
    )


_KINDS = {
    "globalws": "ours, the baseline's API",
    "project": "ours, our own API",
    "mosquitto": "Mosquitto",
    "socket.io": "Socket.IO",
}


def self_hosted(found: Mapping[str, Any]) -> str:
    rows = [
        [_KINDS[kind], *(outcome[name] for name in _LOAD), "" if outcome["complete"] else "lost"]
        for kind, outcome in found["servers"].items()
    ]
    ratios = [
        [_KINDS[kind], each["cpu_per_delivery"], each["p50"], each["peak_memory"]]
        for kind, each in found["ratios"].items()
    ]
    lacks = [
        f"- **{_KINDS[kind]}.** "
        + (LACKS[kind] if kind in found["servers"] else f"Not measured: {NEEDS[kind]} first.")
        for kind in LACKS
    ]
    head = ["our own API, as a multiple of", "CPU a delivery", "p50", "peak memory"]
    return "\n\n".join(
        [
            f"{found['subscribers']:,} subscribers of one channel, and the same messages from the "
            "same clients, over WebSockets without TLS. Each server acknowledges a publish.",
            table(["server", *_LOAD_HEAD, ""], rows),
            *([table(head, ratios)] if ratios else []),
            "\n".join(lacks),
        ]
    )


NAMES = {"globalws": "ours", "raw": "raw", "send": "bare send"}


def growth(found: Mapping[str, Any]) -> str:
    """Audiences, channels, connections."""
    few = [
        [
            each["subscriptions"],
            each["cpu_us_per_publish"],
            each["cpu_us_per_delivery"],
            each["delivery"]["own"],
            each["delivery"]["kernel"],
            each["p99_ms"],
        ]
        for each in found["few"]
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
    head = ["subscribers", "CPU µs a publish", "a delivery", "own code of one more", "its kernel"]
    return "\n\n".join(
        [
            f"A publish to one subscriber: {found['publish_to_one']['cpu_us_per_publish']} µs.",
            table([*head, "p99 ms"], few),
            _audiences(found),
            table(
                ["channels, one subscriber each", "CPU µs a publish", "p50 ms", "KiB each"], many
            ),
            table(["connections", "subscriptions each", "CPU µs a delivery", "KiB each"], shared),
        ]
    )


def _audiences(found: Mapping[str, Any]) -> str:
    """Whose the growth is, from a tenth of the subscribers to most of them."""
    fewer, most = (f"{size:,}" for size in found["audiences"])
    head = ["server"]
    for size in (fewer, most):
        head += [f"{size}: own code", "kernel", "p99 ms"]
    turns = [f"round {number}" for number, _ in enumerate(found["rounds"], 1)]
    rows = []
    for kind, pair in found["best"].items():
        row: list[Any] = [NAMES[kind]]
        for each in pair:
            row += [each["own"], each["kernel"], each["p99_ms"]]
        growths = [_growth_of(turn[kind]) for turn in found["rounds"]]
        rows.append([*row, *growths, found["ratios"][f"{kind}_most_to_fewer"]])
    return (
        f"CPU µs of one delivery more, with {fewer} and with {most} subscribers by turns, the "
        "least of all rounds, and by how much it grew in each round and from least to least. "
        "`bare send` is one system call a subscriber and nothing else, to the same clients: what "
        "it grows by, this machine's kernel and memory grow by.\n\n"
        + table([*head, *turns, "least to least"], rows)
        + f"\n\nOur own code's part grew × {found['ratios']['globalws_own_code_most_to_fewer']}, "
        "from median to median."
    )


def _growth_of(pair: Sequence[Mapping[str, float]]) -> float:
    fewer, most = (each["own"] + each["kernel"] for each in pair)
    return round(most / fewer, 2)
