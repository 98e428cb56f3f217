"""Growth's arithmetic: the cost of one more delivery, and which round counts."""

from dataclasses import asdict
from typing import Any

import pytest

from bench.growth import Delivery, _best, _growth_of_own_code, _ratios
from bench.load import Outcome
from bench.report.load import growth


def _outcome(subscriptions: int, cpu: float, kernel: float) -> Outcome:
    """`cpu` and `kernel` are µs a delivery."""
    values: dict[str, Any] = dict.fromkeys(Outcome.__dataclass_fields__, 0)
    return Outcome(
        **values
        | {
            "subscriptions": subscriptions,
            "cpu_us_per_delivery": cpu,
            "kernel_us_per_delivery": kernel,
            "p99_ms": 7.0,
        }
    )


def test_a_further_delivery_is_without_the_publish() -> None:
    base = Delivery.of(_outcome(1, 810.0, 10.0))
    assert base == Delivery(800.0, 10.0, 7.0)
    # 100 deliveries: 800 + 99 × 4 µs of our own, 10 + 99 × 6 µs of the kernel's.
    cpu, kernel = (800 + 99 * 4 + 10 + 99 * 6) / 100, (10 + 99 * 6) / 100
    found = Delivery.of(_outcome(100, cpu, kernel), base)
    assert (found.own, found.kernel, found.cpu) == pytest.approx((4.0, 6.0, 10.0))


def test_a_limit_has_no_publish_to_leave_out() -> None:
    assert Delivery.of(_outcome(100, 10.0, 8.0)) == Delivery(2.0, 8.0, 7.0)


def test_of_all_rounds_the_least_counts_for_each_audience() -> None:
    quiet, noisy = Delivery(4.0, 6.0, 1.0), Delivery(5.0, 10.0, 1.0)
    turns = [{"globalws": (noisy, quiet)}, {"globalws": (quiet, noisy)}]
    assert _best(turns, "globalws") == (quiet, quiet)
    assert _growth_of_own_code(turns, "globalws") == 1.0
    channels = [{"cpu_us_per_publish": 800.0}, {"cpu_us_per_publish": 880.0}]
    assert _ratios(turns, channels) == {
        "globalws_most_to_fewer": 1.0,
        "publish_most_channels_to_10": 1.1,
    }


def test_a_growth_that_every_round_has_is_seen() -> None:
    turns = [{"globalws": (Delivery(4.0, 6.0, 1.0), Delivery(8.0, 12.0, 1.0))}] * 2
    ratios = _ratios(turns, [{"cpu_us_per_publish": 1.0}])
    assert ratios["globalws_most_to_fewer"] == 2.0
    assert _growth_of_own_code(turns, "globalws") == 2.0


def test_growth_is_compared_with_the_bare_sends_in_the_same_rounds() -> None:
    ours, send = (
        (Delivery(4.0, 6.0, 1.0), Delivery(8.0, 12.0, 1.0)),
        (Delivery(1.0, 3.0, 1.0),) * 2,
    )
    alike = (Delivery(1.0, 3.0, 1.0), Delivery(2.0, 6.0, 1.0))
    for bare, expected in ((send, 2.0), (alike, 1.0)):
        turns = [{"globalws": ours, "send": bare}] * 2
        ratios = _ratios(turns, [{"cpu_us_per_publish": 1.0}])
        assert ratios["most_to_fewer_to_send"] == expected


def test_the_report_says_what_the_bare_send_grew_by() -> None:
    pair = [asdict(Delivery(4.0, 6.0, 1.0)), asdict(Delivery(4.0, 9.0, 2.0))]
    text = growth(
        {
            "publish_to_one": {"cpu_us_per_publish": 800.0},
            "few": [],
            "audiences": [1_000, 10_000],
            "rounds": [{"globalws": pair, "send": pair}],
            "best": {"globalws": pair, "send": pair},
            "channels": [],
            "connections": [],
            "ratios": {
                "globalws_most_to_fewer": 1.3,
                "send_most_to_fewer": 1.3,
                "globalws_own_code_most_to_fewer": 1.0,
            },
        }
    )
    assert "| ours | 4 | 6 | 1 | 4 | 9 | 2 | 1.3 | 1.3 |" in text
    assert "| bare send | 4 | 6 | 1 | 4 | 9 | 2 | 1.3 | 1.3 |" in text
