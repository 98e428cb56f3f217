"""The API that Replay calls fails: messages are retried, then queued, then redriven."""

import pytest

from tests.faults.conftest import FaultRun
from tests.faults.replay_function import configured
from tests.faults.scripted_api import Act, Script, ScriptedApi, fails, fails_once, scripted_api

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]


async def _publish_through(fault_run: FaultRun, script: Script, count: int) -> ScriptedApi:
    """Publish while Replay in Sydney calls an API that follows the script."""
    run = fault_run.campaign
    running = run.stack.running
    west, sydney = running.regions
    async with (
        scripted_api(sydney.graphqlUrl, script, run.session) as api,
        configured(running, sydney, {"GRAPHQL_URL": api.url}),
    ):
        await run.publish(count, west.region)
        await run.publish(4, sydney.region)
        await run.settle()
    return api


@pytest.mark.parametrize(
    ("act", "fault"),
    [
        (Act.THROTTLE, "replay API answers 429"),
        (Act.FAIL, "replay API answers 500"),
        (Act.FORBID, "replay API answers 403"),
        (Act.GIBBERISH, "replay API answers half a document"),
        (Act.RESET, "replay API resets connections"),
    ],
)
async def test_what_the_api_does_not_take_comes_later(
    fault_run: FaultRun, act: Act, fault: str
) -> None:
    api = await _publish_through(fault_run, fails(act), 12)
    assert api.calls[act] > 12
    row = await fault_run.prove(fault, "each first call; a quarter of the messages until the queue")
    assert row.redriven == row.in_queues > 0


async def test_a_call_that_was_done_but_not_answered_is_no_second_delivery(
    fault_run: FaultRun,
) -> None:
    script = fails(Act.RESET_AFTER)
    api = await _publish_through(fault_run, script, 12)
    assert api.calls[Act.RESET_AFTER] > 12
    row = await fault_run.prove(
        "replay API resets connections after the work", "each first call; retries are duplicates"
    )
    assert row.redriven == row.in_queues > 0


async def test_an_api_that_does_not_answer_is_called_again(fault_run: FaultRun) -> None:
    script = fails_once(Act.HANG)
    api = await _publish_through(fault_run, script, 8)
    assert api.calls[Act.HANG] == 8
    row = await fault_run.prove("replay API times out", "each first call, 10 s")
    assert row.in_queues == 0
