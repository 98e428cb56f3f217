"""Growth: more subscribers on a channel, more channels, more subscriptions on a connection, and
what an idle subscription takes.
"""

from dataclasses import asdict
from typing import Any

from bench.fanout import measure, server_of
from bench.load import Load, Outcome, put_on
from bench.subscribers import Audience, subscribed


def _put(connections: int, each: int, load: Load, spread: bool) -> tuple[Outcome, float]:
    """The outcome, and the memory that the subscriptions took before anything was published."""
    with server_of("globalws") as server:
        empty = server.memory()[0]
        audience = Audience(
            server.port, connections, each, spread=spread, key=server.ready.get("key")
        )
        with subscribed(audience) as process:
            taken = server.memory()[0] - empty
            return put_on(server, audience, process, load), taken


def run(largest: int = 10_000, deliveries: int = 200_000) -> dict[str, Any]:
    """Every kind of growth, up to `largest` subscriptions."""
    # A publish without a subscriber that gets it, to tell a delivery's cost from a publish's.
    base, _ = _put(1, 1, Load(messages=1_000, warm_up=200, repeats=3), spread=False)
    crowd: list[dict[str, Any]] = []
    sizes = [size for size in (10, 100, 1_000, 10_000) if size <= largest]
    for size in sizes:
        messages = max(20, min(1_500, deliveries // size))
        outcome, _ = _put(size, 1, Load(messages, warm_up=20, repeats=3), spread=False)
        raw = measure("raw", size, Load(messages, size=492, repeats=3))
        marginal = (outcome.cpu_us_per_publish - base.cpu_us_per_publish) / max(1, size - 1)
        crowd.append(
            asdict(outcome)
            | {
                "marginal_cpu_us_per_delivery": round(marginal, 2),
                "raw_cpu_us_per_delivery": raw.cpu_us_per_delivery,
                "raw_kernel_us_per_delivery": raw.kernel_us_per_delivery,
            }
        )
    channels: list[dict[str, Any]] = []
    for size in (10, largest):
        outcome, taken = _put(size, 1, Load(messages=1_500, warm_up=200, repeats=3), spread=True)
        channels.append(
            asdict(outcome) | {"channels": size, "kib_per_subscription": _kib(taken, size)}
        )
    shared: list[dict[str, Any]] = []
    total = min(1_000, largest)
    for each in (1, 10, 100):
        load = Load(messages=100, publishers=2, repeats=3)
        outcome, taken = _put(total // each, each, load, spread=False)
        shared.append(
            asdict(outcome)
            | {
                "connections": total // each,
                "subscriptions_each": each,
                "kib_per_subscription": _kib(taken, total),
            }
        )
    return {
        "publish_to_one": asdict(base),
        "subscribers": crowd,
        "channels": channels,
        "connections": shared,
        "ratios": {
            "delivery_largest_to_1000": round(
                crowd[-1]["marginal_cpu_us_per_delivery"]
                / next(
                    each["marginal_cpu_us_per_delivery"]
                    for each in reversed(crowd)
                    if each["subscriptions"] <= max(10, largest // 10)
                ),
                3,
            ),
            "publish_many_channels_to_10": round(
                channels[-1]["cpu_us_per_publish"] / channels[0]["cpu_us_per_publish"], 3
            ),
        },
    }


def run_small() -> dict[str, Any]:
    """Only the ratios that the quick check looks at: 2,000 channels instead of 10,000."""
    costs = []
    for size in (10, 2_000):
        outcome, _ = _put(size, 1, Load(messages=500, warm_up=50, repeats=2), spread=True)
        costs.append(outcome.cpu_us_per_publish)
    return {"ratios": {"publish_many_channels_to_10": round(costs[1] / costs[0], 3)}}


def _kib(mib: float, count: int) -> float:
    return round(mib * 1024 / count, 2)
