"""The thresholds: a limit for each metric that matters, and its slack in the quick check."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Threshold:
    """A limit for the metric at `path` of the report: an upper one if `at_most`, else a lower one.

    The quick check is short and runs on busy machines, so it allows a factor of `slack`. A
    threshold without slack is not in the quick check: it takes too long or needs a quiet machine.
    """

    name: str
    path: str
    limit: float
    at_most: bool = True
    slack: float | None = None

    def value(self, report: Mapping[str, Any]) -> float | None:
        """The metric; None if this run did not measure it."""
        found: Any = report
        for part in self.path.split("/"):
            if not isinstance(found, Mapping) or part not in found:
                return None
            found = found[part]
        return float(found)

    def holds(self, value: float, with_slack: bool = False) -> bool:
        """Whether the metric is within the limit."""
        limit = self.limit
        if with_slack and self.slack is not None:
            limit = limit * self.slack if self.at_most else limit / self.slack
        return value <= limit if self.at_most else value >= limit


THRESHOLDS = (
    Threshold("deliveries/s ÷ baseline", "fan_out/ratios/deliveries_to_baseline", 2.5, False),
    # The same on a busy machine: other processes change wall time more than CPU time.
    Threshold(
        "CPU per delivery ÷ baseline",
        "fan_out/ratios/cpu_per_delivery_to_baseline",
        0.4,
        True,
        1.25,
    ),
    Threshold(
        "CPU per delivery ÷ raw broadcast", "fan_out/ratios/cpu_per_delivery_to_raw", 1.3, True, 1.6
    ),
    Threshold("peak memory ÷ baseline", "fan_out/ratios/peak_memory_to_baseline", 1 / 3, True, 1.2),
    Threshold(
        "1 subscriber, p50 ÷ baseline", "fan_out/ratios/single_p50_to_baseline", 1.0, True, 1.25
    ),
    Threshold("1 subscriber, p99 ÷ baseline", "fan_out/ratios/single_p99_to_baseline", 0.5),
    Threshold(
        "CPU of one more delivery, 10 times the subscribers ÷ before",
        "growth/ratios/globalws_most_to_fewer",
        1.2,
    ),
    # The rest is the kernel's: its memory for so many sockets does not fit a CPU cache.
    Threshold("the same, our own code only", "growth/ratios/globalws_own_code_most_to_fewer", 1.2),
    # Growth depends on what else uses the machine's memory, so the quick check compares with a
    # bare send to the same clients in the same rounds.
    Threshold(
        "growth, 10 times the subscribers ÷ a bare send's",
        "growth/ratios/most_to_fewer_to_send",
        1.2,
        True,
        1.4,
    ),
    Threshold(
        "a publish with most channels ÷ with 10",
        "growth/ratios/publish_most_channels_to_10",
        1.2,
        True,
        1.4,
    ),
    Threshold(
        "10,000 subscribers beside 100 of patterns ÷ 10,000 alone",
        "resolvers/patterns/ratio",
        1.2,
        True,
        1.2,
    ),
    Threshold("a publish with 10,000 rules ÷ with 10", "resolvers/rules/ratio", 1.1, True, 1.2),
    Threshold(
        "the resolvers' own time of a publish ÷ that before rules",
        "resolvers/before_rules/ratio",
        1.5,
    ),
    Threshold("a small evaluation, µs", "resolvers/evaluation_us/small/min", 25.0, True, 2.0),
    Threshold(
        "cross-region messages/s without backlog ÷ those of the commit before",
        "cross_region/side_by_side/rate_ratio",
        4.0,
        False,
    ),
    Threshold(
        "p99 at the old rate, with idle subscribers, ms",
        "cross_region/side_by_side/old_rate/p99",
        100.0,
    ),
    # Of processor time, because other work on the machine changes it less than rates and waits.
    Threshold(
        "CPU of a cross-region message ÷ that of the commit before",
        "cross_region/side_by_side/cpu_ratio",
        0.6,
        True,
        1.15,
    ),
    Threshold("Replay's init ÷ floor", "lambda/ratios/init_to_floor", 1.15, True, 1.1),
    Threshold("Replay's init ÷ usual way", "lambda/ratios/init_to_usual", 0.5),
    Threshold(
        "Replay's warm call ÷ one round trip", "lambda/ratios/warm_to_round_trip", 1.2, True, 1.2
    ),
    Threshold("Replay's zip, MiB", "lambda/ratios/zip_mib", 4.0, True, 1.0),
    Threshold(
        "connections per environment", "lambda/ratios/connections_per_environment", 1.0, True, 1.0
    ),
)


@dataclass(frozen=True)
class Verdict:
    """A threshold and what was measured."""

    threshold: Threshold
    value: float
    holds: bool


def verdicts(report: Mapping[str, Any], with_slack: bool = False) -> list[Verdict]:
    """A verdict for each threshold that this run measured."""
    found = []
    for threshold in THRESHOLDS:
        value = threshold.value(report)
        if value is not None and not (with_slack and threshold.slack is None):
            found.append(Verdict(threshold, value, threshold.holds(value, with_slack)))
    return found
