"""Quotas, latencies, and what an outage leaves behind."""

from dataclasses import replace

import pytest

from bench.model import latency, outage
from bench.model.report import RATES, document, markdown
from cli.pricing.capacity import channel_rate, first_bound, highest_rate, seed_highest_rate, uses
from cli.pricing.tables import tables
from cli.pricing.workload import Workload

TABLES = tables()
WORKLOAD = Workload(1_000)


def test_uses_are_ordered_and_by_hand() -> None:
    found = uses(WORKLOAD, TABLES)
    assert [use.share for use in found] == sorted((use.share for use in found), reverse=True)
    tokens = next(use for use in found if use.quota.startswith("AppSync request"))
    assert (tokens.asked, tokens.given) == (1_000, 2_000)
    sydney = next(
        use
        for use in found
        if use.quota.startswith("EventBridge inv") and use.region == "ap-southeast-2"
    )
    assert (sydney.asked, sydney.given) == (1_000, 2_250)


def test_at_the_highest_rate_the_first_quota_is_used_up() -> None:
    rate = highest_rate(WORKLOAD, TABLES)
    assert first_bound(replace(WORKLOAD, publishes_per_second=rate), TABLES).share == pytest.approx(
        1
    )
    assert seed_highest_rate(WORKLOAD, TABLES) == 300


def test_heartbeats_leave_less_for_publishes() -> None:
    here = replace(WORKLOAD, presence=30_000)  # 1,000 heartbeats a second, of 2,000 tokens
    assert highest_rate(here, TABLES) == pytest.approx(1_000)
    assert highest_rate(replace(WORKLOAD, presence=90_000), TABLES) == 0
    assert first_bound(replace(WORKLOAD, presence=90_000), TABLES).share == pytest.approx(2)


def test_large_audiences_meet_the_outbound_quota_first() -> None:
    crowd = replace(WORKLOAD, subscribers=100_000)
    assert first_bound(crowd, TABLES).quota == "AppSync outbound messages/s"


def test_one_channel_is_one_partition_of_the_store() -> None:
    """A write unit is 1 KB, of which the message's other fields are some."""
    assert channel_rate(300, TABLES) == 1_000
    assert channel_rate(1_000, TABLES) == 500
    assert 4 < channel_rate(204_800, TABLES) < 5


def test_draws_have_the_published_percentiles() -> None:
    values = latency.samples("GlobalWS, same region", TABLES)
    assert values[len(values) // 2] == pytest.approx(85, rel=0.15)
    far = latency.spread("GlobalWS, other region", TABLES)
    assert far.p50 < far.p90 < far.p99
    assert far.p50 < latency.spread("the seed, other region", TABLES).p50


def test_an_outage_is_drained_and_nothing_is_lost() -> None:
    found = outage.simulate(Workload(200), 600, TABLES)
    assert found.largest_backlog == pytest.approx(100 * 600, rel=0.02)
    assert found.dead_lettered == 0
    assert 0 < found.drained_after <= TABLES.assumptions["retry_cap"] + 60
    assert found.backlog[-1][1] == 0


def test_the_service_rate_bounds_the_drain() -> None:
    busy = outage.simulate(Workload(1_600), 600, TABLES)
    least = 800 * 600 / (busy.served_per_second - 800)
    assert busy.drained_after >= least
    assert outage.simulate(Workload(3_000), 60, TABLES).drained_after == float("inf")


def test_more_regions_more_replays() -> None:
    three = replace(WORKLOAD, regions=("us-west-2", "ap-southeast-2", "eu-west-1"))
    # A third of the messages goes out to two peers, two thirds come in: 4/3 invocations each.
    assert first_bound(three, TABLES).quota == "EventBridge invocations/s"
    assert highest_rate(three, TABLES) == pytest.approx(2_250 * 3 / 4)


def test_the_report_has_every_rate() -> None:
    found = document(TABLES)
    text = markdown(found, TABLES)
    assert all(f"| {rate:,} |" in text for rate in RATES)
