"""Fault plans as JSON, and the back-off."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.eventbridge.definition import RetryPolicy
from emulator.eventbridge.fault_json import FaultPlanError, plan_from_json, plan_to_json
from emulator.eventbridge.faults import FaultPlan, Faults, FunctionFault, LinkFault
from emulator.eventbridge.retry import Backoff, GiveUp, TryAgain, after_failure

FULL = {
    "seed": 1,
    "links": {"ap-southeast-2": {"partition": True}, "*": {"latencyMs": 80.0, "jitterMs": 20.0}},
    "targets": {
        "forward": {"errorRate": 0.5, "reorderMs": 5.0},
        "replay/Replay": {
            "retry": {"maximumRetryAttempts": 2, "maximumEventAgeSeconds": 30.0},
            "backoffScale": 0.01,
        },
    },
    "functions": {"Replay": {"errorRate": 0.1, "maximumRetryAttempts": 1, "latencyMs": 5.0}},
    "putEvents": {"failureRate": 0.2, "errorCode": "ThrottlingException"},
    "dynamodb": {"throttleRate": 0.5, "unprocessedRate": 0.25},
    "api": {"errorRate": 0.25, "startDelayMs": 5000},
}


def test_a_plan_reads_back() -> None:
    plan = plan_from_json(FULL)
    assert plan_to_json(plan) == FULL
    assert plan.links["*"] == LinkFault(latency=0.08, jitter=0.02)
    assert plan.targets["replay/Replay"].retry == RetryPolicy(2, 30)
    assert plan_to_json(FaultPlan()) == {}
    assert plan_from_json({}) == FaultPlan()


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ([], "faults"),
        ({"link": {}}, "unknown link"),
        ({"links": {"x": 1}}, "faults.links.x"),
        ({"links": {"x": {"partition": 1}}}, "faults.links.x.partition"),
        ({"links": {"x": {"errorRate": 1.1}}}, "faults.links.x.errorRate"),
        ({"links": {"x": {"latencyMs": -1}}}, "latencyMs"),
        ({"links": {"x": {"retry": {}}}}, "unknown retry"),
        ({"targets": {"x": {"retry": {"maximumRetryAttempts": 1.5}}}}, "maximumRetryAttempts"),
        ({"functions": {"x": {"throttleRate": True}}}, "throttleRate"),
        ({"putEvents": {"errorCode": "Oops"}}, "errorCode"),
        ({"dynamodb": {"throttleRate": 2}}, "throttleRate"),
        ({"api": {"throttleRate": 1}}, "unknown throttleRate"),
        ({"seed": "x"}, "seed"),
    ],
)
def test_what_is_not_understood_is_refused(body: object, place: str) -> None:
    with pytest.raises(FaultPlanError, match=place):
        plan_from_json(body)


def test_the_most_particular_entry_counts() -> None:
    body = {"targets": {"*": {"errorRate": 0.1}, "r": {"errorRate": 0.2}, "r/t": {}}}
    faults = Faults(plan_from_json(body))
    assert faults.target("x", "t").error_rate == 0.1
    assert faults.target("r", "u").error_rate == 0.2
    assert faults.target("r", "t").error_rate == 0.0
    arn = "arn:aws:lambda:us-west-2:000000000000:function:f"
    named = Faults(FaultPlan(functions={"f": FunctionFault(error_rate=1.0)}))
    assert named.function(arn) == named.function(arn + ":live")
    assert named.function(arn).error_rate == 1.0


@given(st.integers(1, 10_000), st.integers())
def test_waits_stay_between_half_and_the_cap(attempts: int, seed: int) -> None:
    backoff = Backoff(0.1, 8.0)
    whole = min(8.0, 0.1 * 2.0 ** min(attempts - 1, 60))
    assert whole / 2 <= backoff.delay(attempts, random.Random(seed)) <= whole


@given(st.integers(0, 185), st.integers(1, 200), st.floats(0, 1e5), st.floats(0, 10))
def test_giving_up(retries: int, attempts: int, age: float, delay: float) -> None:
    decision = after_failure(RetryPolicy(retries, 86_400), attempts, age, delay)
    if attempts > retries:
        assert decision == GiveUp("MaximumRetryAttempts")
    elif age + delay > 86_400:
        assert decision == GiveUp("MaximumEventAgeInSeconds")
    else:
        assert decision == TryAgain(delay)
