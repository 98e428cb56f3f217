"""Dollars: per message by what it uses, for GlobalWS, the seed's design, AppSync Events, Ably.

Presence is each member's heartbeats, and each ENTER and LEAVE to whom it is shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil

from cli.pricing.tables import Tables
from cli.pricing.workload import MINUTES_A_MONTH, SECONDS_A_MONTH, Workload

_MILLION = 1e6


@dataclass(frozen=True)
class Bill:
    """Dollars. `messages` holds what one million messages cost, by item; `month` what comes each
    month whatever is sent. A design that its provider does not sell at this load has `refusal`.
    """

    messages: Mapping[str, float]
    month: Mapping[str, float]
    refusal: str = ""

    @property
    def per_million(self) -> float:
        """One million messages, without the fixed part."""
        return sum(self.messages.values())

    def per_month(self, workload: Workload) -> float:
        """All of it."""
        sent = workload.publishes_per_month / _MILLION
        return self.per_million * sent + sum(self.month.values())


def _units(size: float, unit: float) -> int:
    return max(1, ceil(size / unit))


def _delivery(workload: Workload, tables: Tables, deliveries: int) -> dict[str, float]:
    """What so many deliveries of one message cost on AppSync, ×10⁶."""
    bytes_ = workload.size + tables.assumptions["envelope"]
    prices = tables.prices
    return {
        "real-time updates": deliveries
        * _units(bytes_, 5 * 1024)
        * prices["appsync_realtime_update"],
        "data out": deliveries * bytes_ / 1e9 * prices["transfer_out"] * _MILLION,
    }


def _bus(workload: Workload, tables: Tables) -> dict[str, float]:
    """The bus and its hops, the same in our design and in the seed's."""
    bytes_ = workload.size + tables.assumptions["envelope"]
    chunks = _units(bytes_, 64 * 1024)
    prices = tables.prices
    return {
        "EventBridge": chunks * prices["eventbridge_event"],
        "EventBridge, other regions": chunks * workload.peers * prices["eventbridge_cross_region"],
        "data between regions": workload.peers
        * bytes_
        / 1e9
        * prices["transfer_between_regions"]
        * _MILLION,
    }


def _connections(workload: Workload, price: float) -> dict[str, float]:
    minutes = workload.connections * len(workload.regions) * MINUTES_A_MONTH
    return {"connections": minutes / _MILLION * price}


def _watching(workload: Workload, tables: Tables) -> dict[str, float]:
    """Metrics, alarms and the dashboard of all regions, a month."""
    prices, assumed = tables.prices, tables.assumptions
    a_region = (
        assumed["custom_metrics"] * prices["custom_metric"]
        + assumed["alarms"] * prices["alarm"]
        + prices["dashboard"]
    )
    return {"metrics, alarms, dashboard": len(workload.regions) * a_region}


def presence_changes(workload: Workload, tables: Tables) -> float:
    """How many ENTERs and LEAVEs of all regions there are a month."""
    hours = SECONDS_A_MONTH / 3_600
    each = 2 * tables.assumptions["presence_joins"]
    return workload.presence * len(workload.regions) * each * hours


def _presence(workload: Workload, tables: Tables) -> dict[str, float]:
    """Heartbeats, changes and the function that ends leases, of all regions, a month."""
    if not workload.presence:
        return {}
    prices, assumed = tables.prices, tables.assumptions
    regions = len(workload.regions)
    beats = workload.presence * regions * SECONDS_A_MONTH / assumed["heartbeat_seconds"] / _MILLION
    changes = presence_changes(workload, tables) / _MILLION
    # A change is carried like a message, to each region, but is not stored.
    change = sum(
        (
            regions * prices["appsync_operation"],
            *_bus(workload, tables).values(),
            workload.peers * _call(tables),
            *_delivery(workload, tables, workload.presence_in_channel).values(),
        )
    )
    sweep = SECONDS_A_MONTH * assumed["sweep_gb"] * prices["lambda_gb_second"]
    return {
        "presence: heartbeats": beats * (prices["appsync_operation"] + prices["dynamodb_write"]),
        "presence: changes": changes * change,
        "presence: sweep": regions * sweep,
    }


def _call(tables: Tables) -> float:
    """One million calls of a function that asks the API, with their log."""
    prices, assumed = tables.prices, tables.assumptions
    seconds = assumed["function_seconds"] * assumed["function_gb"]
    return prices["lambda_request"] + seconds * prices["lambda_gb_second"] * _MILLION


def tracing(workload: Workload, tables: Tables) -> float:
    """What X-Ray adds to a month with TracingEnabled=true, by its default rule.

    Each region's API and its Replay decide by themselves: one request a second, then a share.
    """
    replayed = workload.per_region * workload.peers
    rate = tables.assumptions["xray_rate"]
    sources = (workload.per_region + replayed, replayed)  # the API, and Replay
    recorded = sum(min(each, 1 + rate * max(0.0, each - 1)) for each in sources)
    traces = recorded * len(workload.regions) * SECONDS_A_MONTH
    return traces / _MILLION * tables.prices["xray_trace"]


def globalws(workload: Workload, tables: Tables) -> Bill:
    """Ours: publish here, one replay in each other region, stored once a region. No tracing."""
    prices, assumed = tables.prices, tables.assumptions
    stored = _units(workload.size + assumed["envelope"], 1024)
    # One call reads the rules of all patterns that cover the channel, at home with the user's.
    reads = assumed["publish_reads"] + workload.peers * assumed["replay_reads"]
    return Bill(
        {
            "AppSync operations": len(workload.regions) * prices["appsync_operation"],
            **_bus(workload, tables),
            "Lambda": workload.peers * _call(tables),
            "logs": workload.peers * assumed["replay_log_bytes"] / 1e9 * prices["log_gb"] * 1e6,
            "DynamoDB, reads of rules": reads * prices["dynamodb_read"],
            "DynamoDB, writes": stored * len(workload.regions) * prices["dynamodb_write"],
            **_delivery(workload, tables, workload.deliveries),
        },
        {
            **_connections(workload, prices["appsync_connection_minute"]),
            **_watching(workload, tables),
            **_presence(workload, tables),
        },
    )


def seed(workload: Workload, tables: Tables) -> Bill:
    """The seed's: an API destination delivers in every region, at home too; nothing is stored."""
    prices = tables.prices
    regions = len(workload.regions)
    return Bill(
        {
            "AppSync operations": (1 + regions) * prices["appsync_operation"],
            **_bus(workload, tables),
            "API destinations": regions * prices["api_destination"],
            **_delivery(workload, tables, workload.deliveries),
        },
        _connections(workload, prices["appsync_connection_minute"]),
    )


def appsync_events(workload: Workload, tables: Tables) -> Bill:
    """AppSync Events in ONE region, to which all clients of all regions connect: it has no
    replication of its own.
    """
    bytes_ = workload.size + tables.assumptions["envelope"]
    deliveries = workload.deliveries
    units = _units(bytes_, 5 * 1024)
    return Bill(
        {
            "operations": (1 + deliveries) * units * tables.prices["appsync_events_operation"],
            "data out": deliveries * bytes_ / 1e9 * tables.prices["transfer_out"] * _MILLION,
        },
        _connections(workload, tables.prices["appsync_events_connection_minute"]),
    )


def _ably_presence(workload: Workload, tables: Tables) -> dict[str, float]:
    """A change is a message in, and one to each member; heartbeats are none."""
    if not workload.presence:
        return {}
    changes = presence_changes(workload, tables) / _MILLION
    each = 1 + workload.presence_in_channel
    return {"presence: changes": changes * each * tables.prices["ably_message"]}


def ably(workload: Workload, tables: Tables) -> Bill:
    """Ably, priced by resources, at list price."""
    prices = tables.prices
    deliveries = workload.deliveries
    rate = workload.publishes_per_second * (1 + deliveries)
    connections = workload.connections * len(workload.regions)
    package, refusal = prices["ably_standard"], ""
    if rate > 2_500 or connections > 10_000:
        package = prices["ably_pro"]
    if rate > 10_000 or connections > 50_000:
        refusal = "beyond the Pro package: a price by agreement"
    return Bill(
        {"messages": (1 + deliveries) * prices["ably_message"]},
        {
            "package": package,
            **_connections(workload, prices["ably_minute"]),
            "channels": workload.channels * MINUTES_A_MONTH / _MILLION * prices["ably_minute"],
            **_ably_presence(workload, tables),
        },
        refusal,
    )


DESIGNS: Mapping[str, Callable[[Workload, Tables], Bill]] = {
    "GlobalWS": globalws,
    "the seed": seed,
    "AppSync Events, one region": appsync_events,
    "Ably": ably,
}
