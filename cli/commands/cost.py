"""`globalws cost`: what a load costs a month, and which quota it reaches first."""

from typing import Annotated, Any

import typer

from cli.command import command
from cli.errors import ExitCode
from cli.pricing.capacity import Use, first_bound, highest_rate
from cli.pricing.cost import DESIGNS, Bill, globalws
from cli.pricing.tables import Tables, tables
from cli.pricing.workload import SECONDS_A_MONTH, Workload
from cli.session import Session

# The regions whose quotas are used; the first two are those of the pages in docs/.
_REGIONS = (
    "us-west-2", "ap-southeast-2", "eu-west-1", "us-east-1", "ap-northeast-1", "eu-central-1",
    "ap-south-1", "sa-east-1", "ca-central-1", "eu-north-1",
)  # fmt: skip
_OTHERS = ("AppSync Events, one region", "Ably")
_NOTES = (
    "List prices of us-west-2, found on {date}, without free tiers, discounts, taxes and X-Ray; "
    "prices change. Each figure and its source: cli/pricing/tables.toml; what is left out: "
    "docs/cost.md."
)


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "cost",
        examples=[
            "globalws cost --regions 2 --publishes 10 --subscribers 1000 --presence 200",
            "globalws cost --publishes 0.5 --subscribers 40 --connections 5000 --json",
        ],
        json_shape='{"date", "dollars": {item: a month}, "total", "others": {name: {"total", '
        '"refusal"}}, "firstQuota": {"quota", "region", "asked", "given", "share", "next"}, '
        '"highestPublishesPerSecond"}',
        on_target=False,
    )(cost)


def cost(
    session: Session,
    regions: Annotated[int, typer.Option(min=1, max=len(_REGIONS), help="How many regions.")] = 2,
    publishes: Annotated[
        float,
        typer.Option(
            min=0.0001, max=10_000_000, help="Messages a second, published in all regions together."
        ),
    ] = 1.0,
    subscribers: Annotated[
        int,
        typer.Option(
            min=0, max=100_000_000, help="Clients of each region that receive each message."
        ),
    ] = 100,
    connections: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=100_000_000,
            help="Clients of each region that are connected all the time. "
            "By default as many as receive each message, or are present.",
            show_default=False,
        ),
    ] = None,
    size: Annotated[
        int, typer.Option(min=1, max=204_800, metavar="BYTES", help="Bytes of a message's text.")
    ] = 300,
    presence: Annotated[
        int,
        typer.Option(min=0, max=100_000_000, help="Clients of each region that are present."),
    ] = 0,
    members: Annotated[
        int,
        typer.Option(
            min=1, max=200, help="Members of a channel with presence, of all regions together."
        ),
    ] = 20,
) -> ExitCode:
    """Calculate what a deployment costs a month for your numbers, and which quota is reached first.

    It does not call AWS. The same load is priced beside AppSync Events in one region and Ably
    at its list price. Delivery is most of the bill for any but small audiences: each client that
    receives a message is a real-time update.
    """
    workload = Workload(
        publishes,
        _REGIONS[:regions],
        size,
        subscribers,
        max(subscribers, presence) if connections is None else connections,
        presence=presence,
        presence_in_channel=members,
    )
    table = tables()
    items = _items(globalws(workload, table), workload)
    others = {name: DESIGNS[name](workload, table) for name in _OTHERS}
    first, most = first_bound(workload, table), highest_rate(workload, table)
    if session.output.as_json:
        session.output.document(_document(items, others, workload, table, first, most))
    else:
        _print(session, items, others, workload, table, first, most)
    return ExitCode.OK


def _items(bill: Bill, workload: Workload) -> dict[str, float]:
    """Dollars a month by item, the dearest first."""
    sent = workload.publishes_per_second * SECONDS_A_MONTH / 1e6
    found = {name: value * sent for name, value in bill.messages.items()} | dict(bill.month)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _document(
    items: dict[str, float],
    others: dict[str, Bill],
    workload: Workload,
    table: Tables,
    first: Use,
    most: float,
) -> dict[str, Any]:
    return {
        "date": table.date.isoformat(),
        "dollars": {name: round(value, 2) for name, value in items.items()},
        "total": round(sum(items.values()), 2),
        "others": {
            name: {"total": round(bill.per_month(workload), 2), "refusal": bill.refusal or None}
            for name, bill in others.items()
        },
        "firstQuota": {
            "quota": first.quota,
            "region": first.region,
            "asked": round(first.asked, 3),
            "given": first.given,
            "share": round(first.share, 4),
            "next": first.step,
        },
        "highestPublishesPerSecond": round(most, 1),
    }


def _print(
    session: Session,
    items: dict[str, float],
    others: dict[str, Bill],
    workload: Workload,
    table: Tables,
    first: Use,
    most: float,
) -> None:
    output = session.output
    rows: list[tuple[str, str]] = [(name, f"{value:,.2f}") for name, value in items.items()]
    rows.append(("all of it", f"{sum(items.values()):,.2f}"))
    for name, bill in others.items():
        why = f" ({bill.refusal})" if bill.refusal else ""
        rows.append((f"beside it: {name}{why}", f"{bill.per_month(workload):,.2f}"))
    output.table(["item", "dollars a month"], rows)
    output.line(
        f"First quota: {first.quota} in {first.region}, used to {first.share:.1%} "
        f"({first.asked:,.1f} of {first.given:,.0f}). It is used up at {most:,.1f} publishes/s. "
        f"Beyond: {first.step}."
    )
    output.note(_NOTES.format(date=table.date.isoformat()))
