"""Every shared scenario with the pure machine in virtual time."""

import pytest

from tests.unit.sdk.subscriber_scenarios import load
from tests.unit.sdk.subscriber_virtual import VirtualRunner

SCENARIOS = load()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    VirtualRunner(SCENARIOS[name]).run()
