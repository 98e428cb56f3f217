"""The Replay function fails: it crashes, raises, times out, or runs out of memory."""

import os
from pathlib import Path

import pytest

from tests.faults.conftest import FaultRun
from tests.faults.replay_function import failing_replay

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

_COUNT = 8


@pytest.mark.parametrize(
    ("mode", "fault", "settings"),
    [
        ("crash", "function's process ends half-way", {}),
        ("raise", "function raises half-way", {}),
        ("sleep", "function times out half-way", {"Timeout": 3}),
        ("memory", "function out of memory", {}),
    ],
)
async def test_what_a_failed_function_had_is_neither_lost_nor_duplicated(
    fault_run: FaultRun, tmp_path: Path, mode: str, fault: str, settings: dict[str, int]
) -> None:
    run = fault_run.campaign
    running = run.stack.running
    west, sydney = running.regions
    async with failing_replay(running, sydney, mode, tmp_path, **settings):
        await run.publish(_COUNT, west.region)
        await run.publish(2, sydney.region)
        await run.settle()
    assert len(os.listdir(tmp_path)) > _COUNT
    await fault_run.prove(fault, "each first run; a quarter of the messages until the queue")
