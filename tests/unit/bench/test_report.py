"""The documents hold the numbers of the latest run."""

import json
from pathlib import Path

import pytest

from bench.docs import cost_blocks, filled, performance_blocks
from bench.report import threshold_table
from bench.thresholds import THRESHOLDS, Threshold, verdicts

_ROOT = Path(__file__).resolve().parents[3]
_LATEST = _ROOT / "bench" / "results" / "latest.json"


def test_cost_is_as_the_model_has_it() -> None:
    text = (_ROOT / "docs" / "cost.md").read_text()
    assert filled(text, cost_blocks()) == text


def test_performance_is_as_measured() -> None:
    text = (_ROOT / "docs" / "performance.md").read_text()
    assert filled(text, performance_blocks(json.loads(_LATEST.read_text()))) == text


def test_filled_replaces_known_blocks_only() -> None:
    marked = "<!-- generated: {} -->\n{}\n<!-- end -->\n"
    text = "a\n" + marked.format("one", "old") + marked.format("two", "kept")
    assert filled(text, {"one": "new"}) == text.replace("\nold\n", "\n\nnew\n\n")


@pytest.mark.parametrize(
    ("threshold", "value", "holds", "holds_with_slack"),
    [
        (Threshold("n", "a", 2.0, True, 1.5), 2.0, True, True),
        (Threshold("n", "a", 2.0, True, 1.5), 2.9, False, True),
        (Threshold("n", "a", 2.0, True, 1.5), 3.1, False, False),
        (Threshold("n", "a", 2.0, False, 2.0), 1.5, False, True),
        (Threshold("n", "a", 2.0, False, 2.0), 0.9, False, False),
    ],
)
def testthreshold_table(
    threshold: Threshold, value: float, holds: bool, holds_with_slack: bool
) -> None:
    assert (threshold.holds(value), threshold.holds(value, with_slack=True)) == (
        holds,
        holds_with_slack,
    )


def test_a_threshold_that_an_earlier_run_missed_is_reported_as_missed() -> None:
    report = {
        "measured": {},
        "lambda": {"ratios": {"init_to_floor": 1.0}},
        "runs": {"lambda/ratios/init_to_floor": [1.0, 1.3, 1.0]},
    }
    assert threshold_table(report).endswith("| 1, 1.3, 1 | holds; held in 2 of 3 |")


def test_verdicts_leave_out_what_was_not_measured() -> None:
    report = {"resolvers": {"evaluation_us": {"small": {"min": 12.0}}}}
    [found] = verdicts(report, with_slack=True)
    assert found.holds
    assert found.threshold in THRESHOLDS
    assert verdicts({"lambda": {"ratios": {"init_to_usual": 9.0}}}, with_slack=True) == []
