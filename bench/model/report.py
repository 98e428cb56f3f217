"""The model's tables, as data and as Markdown."""

from typing import Any

from bench.model import latency, outage
from cli.pricing import capacity, cost
from cli.pricing.tables import Tables
from cli.pricing.workload import Workload

RATES = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
MEMBERS = (100, 1_000, 10_000)
AUDIENCES = (1, 10, 100, 1_000)
OUTAGE_SECONDS = 3_600.0
SIZES = (300, 4_096, 65_536, 204_800)
# What must change on the way to a rate; each step keeps the ones before it.
STEPS = {
    10: "Nothing: the template as it is, default quotas.",
    100: "Nothing. Alarms on the quotas' use at 50 %.",
    1_000: "Ask for more AppSync request tokens (the default is half used) and, in regions with "
    "small defaults, for more EventBridge invocations.",
    10_000: "All quotas raised. Several APIs, and several texts in one message: aliases are no "
    "batch, because AppSync delivers an aliased `publish` to nobody in its region. History in a "
    "table with channels sharded over partitions (1,000 writes/s each).",
    100_000: "Shards: channels hashed over about 10 stacks, each with its own account, API and "
    "bus; a client asks which stack has its channel. Channels with large audiences get several "
    "APIs for their subscribers alone.",
    1_000_000: "EventBridge is the wrong carrier: a stream between regions (Kinesis or Kafka), "
    "consumers that batch by channel; about 100 API shards; AppSync Events instead of GraphQL "
    "for the last hop halves the dearest item.",
}


def document(tables: Tables) -> dict[str, Any]:
    """All figures."""
    return {
        "date": tables.date.isoformat(),
        "rates": [_rate(rate, tables) for rate in RATES],
        "cost": [_cost(subscribers, tables) for subscribers in AUDIENCES],
        "bill": {
            name: dict(design(Workload(100), tables).messages)
            for name, design in cost.DESIGNS.items()
        },
        "watching": _watching(Workload(100), tables),
        "presence": [_presence(members, tables) for members in MEMBERS],
        "channel": {str(size): round(capacity.channel_rate(size, tables), 2) for size in SIZES},
        "latency": {path: vars(latency.spread(path, tables)) for path in latency.PATHS},
        "outage": [_outage(rate, tables) for rate in (10, 100, 500, 900)],
    }


def _rate(rate: int, tables: Tables) -> dict[str, Any]:
    workload = Workload(rate)
    first = capacity.first_bound(workload, tables)
    replayed = workload.per_region * workload.peers
    return {
        "publishes_per_second": rate,
        "first_bound": first.quota,
        "region": first.region,
        "share": round(first.share, 3),
        "lambda_concurrency": round(replayed * tables.assumptions["function_seconds"], 2),
        "highest_rate": round(capacity.highest_rate(workload, tables)),
        "seed_highest_rate": round(capacity.seed_highest_rate(workload, tables)),
        "step": STEPS[rate],
    }


def _cost(subscribers: int, tables: Tables) -> dict[str, Any]:
    workload = Workload(100, subscribers=subscribers)
    bills = {name: design(workload, tables) for name, design in cost.DESIGNS.items()}
    return {
        "subscribers": subscribers,
        "per_million": {name: round(bill.per_million, 2) for name, bill in bills.items()},
        "per_month": {name: round(bill.per_month(workload)) for name, bill in bills.items()},
        "refusals": {name: bill.refusal for name, bill in bills.items() if bill.refusal},
    }


def _watching(workload: Workload, tables: Tables) -> dict[str, float]:
    """What it costs to see what goes on, a month."""
    bill = cost.globalws(workload, tables)
    sent = workload.publishes_per_month / 1e6
    return {
        "log of the functions": bill.messages["logs"] * sent,
        "metrics, alarms, dashboard": bill.month["metrics, alarms, dashboard"],
        "X-Ray, if TracingEnabled=true": cost.tracing(workload, tables),
        "Lambda itself, to compare": bill.messages["Lambda"] * sent,
    }


def _presence(members: int, tables: Tables) -> dict[str, Any]:
    """What presence adds to a month; every member is connected anyway."""
    workload = Workload(1, connections=members, presence=members)
    bills = {"GlobalWS": cost.globalws(workload, tables), "Ably": cost.ably(workload, tables)}
    return {
        "members": members,
        **{
            f"{name}, {item.removeprefix('presence: ')}": round(value, 2)
            for name, bill in bills.items()
            for item, value in bill.month.items()
            if item.startswith("presence") or item == "connections"
        },
    }


def _outage(rate: int, tables: Tables) -> dict[str, Any]:
    found = outage.simulate(Workload(rate), OUTAGE_SECONDS, tables)
    return {
        "publishes_per_second": rate,
        "backlog": found.largest_backlog,
        "drained_after_s": round(found.drained_after),
        "dead_lettered": found.dead_lettered,
        "served_per_second": round(found.served_per_second),
    }


def markdown(found: dict[str, Any], tables: Tables) -> str:
    """All tables; two regions and 300-byte messages throughout."""
    return "\n\n".join(blocks(found, tables).values())


def blocks(found: dict[str, Any], tables: Tables) -> dict[str, str]:
    """The tables by name."""
    return {
        "cost": _costs(found),
        "bill": _table(
            ["design", "item", "dollars"],
            [
                [name, item, f"{value:,.2f}"]
                for name, bill in found["bill"].items()
                for item, value in bill.items()
            ],
        ),
        "watching": _table(
            ["at 100 publishes/s", "dollars a month"],
            [[item, f"{value:,.0f}"] for item, value in found["watching"].items()],
        ),
        "presence": _table(
            ["members of each region; dollars a month", *list(found["presence"][0])[1:]],
            [[f"{value:,.0f}" for value in each.values()] for each in found["presence"]],
        ),
        "capacity": _capacity(found),
        "channel": _table(
            ["bytes of a message", "messages/s in one channel, all origins together"],
            [[f"{int(size):,}", f"{int(rate):,}"] for size, rate in found["channel"].items()],
        ),
        "latency": _table(
            ["from publish to subscriber, ms", "p50", "p90", "p99"],
            [
                [path, *(f"{value:,.0f}" for value in spread.values())]
                for path, spread in found["latency"].items()
            ],
        ),
        "outage": _table(
            ["publishes/s", "events waiting", "drained after, s", "dead-lettered", "served/s"],
            [
                [
                    each["publishes_per_second"],
                    f"{each['backlog']:,}",
                    f"{each['drained_after_s']:,}",
                    each["dead_lettered"],
                    f"{each['served_per_second']:,}",
                ]
                for each in found["outage"]
            ],
        ),
        "sources": _sources(tables),
    }


def _costs(found: dict[str, Any]) -> str:
    million = _table(
        ["dollars per million messages; subscribers a region", *cost.DESIGNS],
        [
            [f"{each['subscribers']:,}", *(f"{v:,.2f}" for v in each["per_million"].values())]
            for each in found["cost"]
        ],
    )
    month = _table(
        ["dollars a month at 100 publishes/s; subscribers a region", *cost.DESIGNS],
        [
            [
                f"{each['subscribers']:,}",
                *(
                    f"{value:,.0f}" + (" (by agreement)" if name in each["refusals"] else "")
                    for name, value in each["per_month"].items()
                ),
            ]
            for each in found["cost"]
        ],
    )
    return f"{million}\n\n{month}"


def _capacity(found: dict[str, Any]) -> str:
    rows = [
        [
            f"{each['publishes_per_second']:,}",
            f"{each['first_bound']} ({each['region']})",
            f"{each['share']:,.1%}",
            f"{each['lambda_concurrency']:,.1f}",
            each["step"],
        ]
        for each in found["rates"]
    ]
    first = found["rates"][0]
    head = ["publishes/s", "first bound", "used", "Lambda at once", "what must change"]
    return (
        f"{_table(head, rows)}\n\nWith default quotas: {first['highest_rate']:,} publishes/s; the "
        f"seed's design {first['seed_highest_rate']:,}, by its API destination."
    )


def _sources(tables: Tables) -> str:
    return _table(
        ["figure", "value", "unit", "source", "confirmed"],
        [
            [
                name,
                entry.get("value", f"{entry.get('p50')} / {entry.get('p99')}"),
                entry["unit"],
                entry.get("source", "assumed"),
                "yes" if entry.get("confirmed") else "**no**",
            ]
            for name, entry in tables.sources.items()
        ],
    )


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
