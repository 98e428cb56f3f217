"""Decisions about channels, ever new, against the reference (`make fuzz CASES=100000`)."""

import os
import secrets

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.support.channels.reference import World
from tests.support.channels.served import Call, resolvers_decide_as_the_reference
from tests.support.channels.worlds import WORLDS, calls

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(24 * 3600)]

_CALLS = 100  # in each world


def test_no_wrong_allow_and_no_wrong_refusal() -> None:
    cases = int(os.environ.get("GLOBALWS_CASES") or 2_000)
    tried = 0

    @seed(secrets.randbits(64))
    @settings(
        max_examples=-(-cases // _CALLS),
        deadline=None,
        database=None,
        derandomize=False,
        # Not smaller: a failure shows its world and its call.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(world=WORLDS, made=calls(_CALLS))
    def compare(world: World, made: list[Call]) -> None:
        nonlocal tried
        resolvers_decide_as_the_reference(world, made)
        tried += len(made)

    compare()
    print(f"channel access: {tried} decisions")
    assert tried >= cases
