"""Dollars: one case by hand, and how they change."""

import re
from dataclasses import replace

import pytest

from cli.pricing.cost import DESIGNS, ably, appsync_events, globalws, seed, tracing
from cli.pricing.tables import tables
from cli.pricing.workload import Workload
from tests.support.stack import ROOT

TABLES = tables()
ONE = Workload(1, size=300, subscribers=10, connections=100)


def test_globalws_by_hand() -> None:
    bill = globalws(ONE, TABLES)
    assert bill.messages["AppSync operations"] == 8.0
    assert bill.messages["real-time updates"] == 40.0
    assert bill.messages["EventBridge"] == 1.0
    assert bill.messages["EventBridge, other regions"] == 1.0
    assert bill.messages["DynamoDB, reads of rules"] == pytest.approx((4 + 3) * 0.125)
    assert bill.messages["DynamoDB, writes"] == pytest.approx(2 * 0.625)
    assert bill.messages["Lambda"] == pytest.approx(0.2 + 0.035 * 0.25 * 13.3334)
    assert bill.messages["logs"] == pytest.approx(500 * 0.5 / 1000)
    assert bill.month["metrics, alarms, dashboard"] == pytest.approx(2 * (20 * 0.3 + 44 * 0.1 + 3))
    assert bill.month["connections"] == pytest.approx(200 * 43_200 / 1e6 * 0.08)


def test_presence_by_hand_and_off_it_costs_nothing() -> None:
    here = replace(ONE, presence=1_000, regions=("us-west-2",), presence_in_channel=20)
    month = globalws(here, TABLES).month
    beats = 1_000 * 2 * 43_200 / 1e6
    assert month["presence: heartbeats"] == pytest.approx(beats * (4.0 + 0.625))
    assert 390 < month["presence: heartbeats"] < 410
    # An ENTER and a LEAVE an hour: an operation, an event, and 20 updates of 480 bytes each.
    changes = 1_000 * 2 * 720 / 1e6
    each = 4.0 + 1.0 + 20 * 2.0 + 20 * 480 / 1e9 * 0.09 * 1e6
    assert month["presence: changes"] == pytest.approx(changes * each)
    assert month["presence: sweep"] == pytest.approx(30 * 86_400 * 0.125 * 1.33334e-5)
    assert ably(here, TABLES).month["presence: changes"] == pytest.approx(changes * 21 * 2.5)
    assert not [name for name in globalws(ONE, TABLES).month if name.startswith("presence")]


def test_logs_weigh_less_than_lambda_itself() -> None:
    bill = globalws(ONE, TABLES)
    assert bill.messages["logs"] < bill.messages["Lambda"]


def test_tracing_by_hand() -> None:
    """100 publishes/s: each API has 50 of its own and 50 of the peer, each Replay the peer's 50."""
    traces_a_second = 2 * ((1 + 0.05 * 99) + (1 + 0.05 * 49))
    month = traces_a_second * 30 * 86_400 / 1e6 * 5.0
    assert tracing(replace(ONE, publishes_per_second=100), TABLES) == pytest.approx(month)
    slow = replace(ONE, publishes_per_second=0.5)  # below one a second, X-Ray records all
    assert tracing(slow, TABLES) == pytest.approx(2 * (0.5 + 0.25) * 30 * 86_400 / 1e6 * 5.0)


def test_the_model_counts_what_the_template_deploys() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert template.count("Type: AWS::CloudWatch::Dashboard") == 1
    memory = [int(each) / 1024 for each in re.findall(r"MemorySize: (\d+)", template)]
    assert memory == [TABLES.assumptions["function_gb"], TABLES.assumptions["sweep_gb"]]


def test_the_seed_pays_an_operation_and_a_call_more_at_home() -> None:
    ours, theirs = globalws(ONE, TABLES), seed(ONE, TABLES)
    assert theirs.messages["AppSync operations"] - ours.messages["AppSync operations"] == 4.0
    assert theirs.messages["API destinations"] == 0.4


def test_others_by_hand() -> None:
    events, other = appsync_events(ONE, TABLES), ably(ONE, TABLES)
    assert events.messages["operations"] == 21.0
    assert other.messages["messages"] == 52.5
    assert other.month["package"] == 29.0


@pytest.mark.parametrize(("size", "units"), [(300, 1), (4_900, 1), (5_000, 2), (200_000, 40)])
def test_updates_are_metered_by_5_kb(size: int, units: int) -> None:
    bill = globalws(replace(ONE, size=size), TABLES)
    assert bill.messages["real-time updates"] == 40.0 * units


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_more_is_never_cheaper(design: object) -> None:
    assert callable(design)
    base = design(ONE, TABLES).per_month(ONE)
    for change in (
        {"publishes_per_second": 2},
        {"size": 6_000},
        {"subscribers": 11},
        {"connections": 101},
        {"presence": 10},
        {"regions": ("us-west-2", "ap-southeast-2", "eu-west-1")},
    ):
        more = replace(ONE, **change)
        assert design(more, TABLES).per_month(more) >= base


def test_ably_has_no_list_price_beyond_its_packages() -> None:
    assert ably(ONE, TABLES).refusal == ""
    assert ably(replace(ONE, publishes_per_second=120), TABLES).month["package"] == 399.0
    assert ably(replace(ONE, publishes_per_second=1_000), TABLES).refusal


def test_every_figure_has_a_source() -> None:
    for name, entry in TABLES.sources.items():
        assert entry["unit"], name
        if not name.startswith("assumptions."):
            assert entry["source"], name
            assert isinstance(entry["confirmed"], bool), name
