"""The bars: what must hold between which figures, and with how much slack in the quick check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """One bar on a figure of the report, found at `path`. `at_most` says which way it is held.

    `slack` is the factor by which the quick check may miss it: it is short, and CI is noisy. A bar
    without one is not for the quick check: it needs a quiet machine, or takes too long.
    """

    name: str
    path: str
    limit: float
    at_most: bool = True
    slack: float | None = None

    def value(self, report: Mapping[str, Any]) -> float | None:
        """The figure; None if this run did not measure it."""
        found: Any = report
        for part in self.path.split("/"):
            if not isinstance(found, Mapping) or part not in found:
                return None
            found = found[part]
        return float(found)

    def holds(self, value: float, with_slack: bool = False) -> bool:
        """Whether the figure clears the bar."""
        limit = self.limit
        if with_slack and self.slack is not None:
            limit = limit * self.slack if self.at_most else limit / self.slack
        return value <= limit if self.at_most else value >= limit


BARS = (
    Bar("deliveries/s to the peer's", "fan_out/ratios/deliveries_to_peer", 2.5, False),
    # What the bar above becomes on a machine that others use too: CPU time is not wall time.
    Bar(
        "CPU per delivery to the peer's", "fan_out/ratios/cpu_per_delivery_to_peer", 0.4, True, 1.25
    ),
    Bar("CPU per delivery to raw", "fan_out/ratios/cpu_per_delivery_to_raw", 1.3, True, 1.6),
    Bar("peak memory to the peer's", "fan_out/ratios/peak_memory_to_peer", 1 / 3, True, 1.2),
    Bar("1 subscriber, p50 to the peer's", "fan_out/ratios/single_p50_to_peer", 1.0, True, 1.25),
    Bar("1 subscriber, p99 to the peer's", "fan_out/ratios/single_p99_to_peer", 0.5),
    Bar(
        "CPU of one delivery more, most subscribers to a tenth of them",
        "growth/ratios/globalws_most_to_fewer",
        1.2,
    ),
    # What of it is ours; the rest is the kernel's, whose memory for each socket no cache holds.
    Bar("of that, our own code's", "growth/ratios/globalws_own_code_most_to_fewer", 1.2),
    # How much all of them grow depends on what else uses the machine's memory, so the quick check
    # compares with a bare send to the same clients in the same rounds.
    Bar(
        "growth to the most subscribers, to a bare send's",
        "growth/ratios/most_to_fewer_to_send",
        1.2,
        True,
        1.4,
    ),
    Bar(
        "a publish with most channels to one with 10",
        "growth/ratios/publish_most_channels_to_10",
        1.2,
        True,
        1.4,
    ),
    Bar("a small evaluation, µs", "resolvers/evaluation_us/small/min", 25.0, True, 2.0),
    Bar("Replay's init to the floor's", "lambda/ratios/init_to_floor", 1.15, True, 1.1),
    Bar("Replay's init to the usual way's", "lambda/ratios/init_to_usual", 0.5),
    Bar(
        "Replay's warm call to the round trip's", "lambda/ratios/warm_to_round_trip", 1.2, True, 1.2
    ),
    Bar("Replay's zip, MiB", "lambda/ratios/zip_mib", 4.0, True, 1.0),
    Bar("connections an environment", "lambda/ratios/connections_per_environment", 1.0, True, 1.0),
)


@dataclass(frozen=True)
class Verdict:
    """One bar and what was measured."""

    bar: Bar
    value: float
    holds: bool


def verdicts(report: Mapping[str, Any], with_slack: bool = False) -> list[Verdict]:
    """Every bar that this run measured."""
    found = []
    for bar in BARS:
        value = bar.value(report)
        if value is not None and not (with_slack and bar.slack is None):
            found.append(Verdict(bar, value, bar.holds(value, with_slack)))
    return found
