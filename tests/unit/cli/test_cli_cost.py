"""`globalws cost`: it agrees with the model, and refuses what is no load."""

import pytest

from cli.pricing.cost import DESIGNS
from cli.pricing.tables import tables
from cli.pricing.workload import Workload
from tests.unit.cli.conftest import Run

LOAD = ("--regions", "2", "--publishes", "10", "--subscribers", "1000", "--presence", "200")


def test_the_bill_is_the_models(run: Run) -> None:
    document = run("cost", *LOAD, "--json").document
    workload = Workload(10, subscribers=1_000, connections=1_000, presence=200)
    month = {name: design(workload, tables()) for name, design in DESIGNS.items()}
    assert document["total"] == pytest.approx(month["GlobalWS"].per_month(workload), abs=0.01)
    assert document["total"] == pytest.approx(sum(document["dollars"].values()), abs=0.1)
    assert document["others"]["Ably"]["total"] == pytest.approx(
        month["Ably"].per_month(workload), abs=0.01
    )
    assert document["dollars"]["presence: heartbeats"] > 150
    assert document["firstQuota"]["quota"] == "AppSync outbound messages/s"
    assert document["highestPublishesPerSecond"] == pytest.approx(1_000)
    assert document["date"] == tables().date.isoformat()


def test_people_read_dollars_the_date_and_the_first_quota(run: Run) -> None:
    ran = run("cost", *LOAD)
    assert ran.code == 0
    assert "all of it" in ran.out
    assert "beside it: Ably" in ran.out
    assert "First quota: AppSync" in ran.out
    assert f"found on {tables().date.isoformat()}" in ran.err
    assert "prices change" in ran.err


def test_without_presence_none_is_paid(run: Run) -> None:
    document = run("cost", "--json").document
    assert not [name for name in document["dollars"] if name.startswith("presence")]


def test_what_one_price_list_does_not_sell_is_said(run: Run) -> None:
    document = run("cost", "--publishes", "5000", "--json").document
    assert "by agreement" in document["others"]["Ably"]["refusal"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--regions", "0"), ("--regions", "11"), ("--publishes", "0"), ("--publishes", "nan"),
        ("--publishes", "-1"), ("--subscribers", "-1"), ("--size", "204801"), ("--members", "201"),
        ("--regions", "two"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_no_load_is_refused(run: Run, arguments: tuple[str, str]) -> None:
    ran = run("cost", *arguments)
    assert ran.code == 2
    assert arguments[0] in ran.err
