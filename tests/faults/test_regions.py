"""Regions killed, links between them cut, tables throttled."""

import os
import signal

import pytest

from tests.faults.conftest import FaultRun
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

_COUNT = 40


async def test_a_partition_one_way(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    await run.faults({"links": {sydney.region: {"partition": True}}}, west.region)
    await run.publish(_COUNT)
    # The other direction still works.
    await until(lambda: run.arrived(west.region, _COUNT), 60.0, "west got not everything")
    assert len(run.missing()) == _COUNT // 2
    await run.faults({})
    row = await fault_run.prove(
        "partition one way", f"{west.region} → {sydney.region}; delivered once it was over"
    )
    assert row.in_queues == 0


async def test_a_partition_both_ways(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    await run.faults({"links": {"*": {"partition": True}}})
    await run.publish(_COUNT)
    assert len(run.missing()) == _COUNT
    await run.faults({})
    row = await fault_run.prove("partition both ways", "each region goes on with its own messages")
    assert row.in_queues == 0


async def test_a_partition_longer_than_eventbridge_retries(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    retry = {"maximumRetryAttempts": 2, "maximumEventAgeSeconds": 60}
    await run.faults(
        {
            "links": {"*": {"partition": True}},
            "targets": {"*": {"backoffScale": 0.1, "retry": retry}},
        }
    )
    await run.publish(_COUNT)
    await run.settle()
    row = await fault_run.prove("partition longer than EventBridge retries")
    assert row.in_queues == row.redriven == _COUNT


async def test_a_region_killed_while_it_publishes_and_replays(resuming_fault_run: FaultRun) -> None:
    run = resuming_fault_run.campaign
    _west, sydney = run.stack.running.regions
    # Delay messages, so that some are on their way at the kill.
    await run.faults({"links": {"*": {"latencyMs": 300, "jitterMs": 700}}})
    await run.publish(_COUNT)
    os.kill(sydney.pid, signal.SIGKILL)
    await run.publish(_COUNT)

    async def restarted() -> bool:
        return run.region(sydney.region).pid != sydney.pid

    await until(restarted, 180.0, "the region was not started again")
    assert run.refusals.total() > 0
    await resuming_fault_run.prove(
        "region killed (SIGKILL) and restarted",
        "in the middle of publishing; resuming subscribers in both regions",
    )


async def test_both_regions_killed_at_once(resuming_fault_run: FaultRun) -> None:
    run = resuming_fault_run.campaign
    await run.faults({"links": {"*": {"latencyMs": 300, "jitterMs": 700}}})
    await run.publish(_COUNT)
    for region in run.stack.running.regions:
        os.kill(region.pid, signal.SIGKILL)
    await run.publish(_COUNT)
    await resuming_fault_run.prove("both regions killed at once", "in the middle of publishing")


async def test_dynamodb_throttled(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    await run.faults({"seed": 3, "dynamodb": {"throttleRate": 0.25}})
    await run.publish(_COUNT)
    await run.settle()
    assert run.refusals["RegistryUnavailable"] > 0
    assert run.refusals["StoreUnavailable"] > 0
    await fault_run.prove(
        "DynamoDB throttles 25 % of the calls",
        "publishers retry; replays are retried, then queued",
    )
