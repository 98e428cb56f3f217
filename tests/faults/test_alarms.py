"""Each alarm's metric, read by the alarm's definition, moves when its fault is on.

A silent janitor takes too long to wait for: `tests/unit/runtime/test_alarm_states.py` has it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cli.stack_file import RunningRegion
from tests.faults.campaign import Campaign
from tests.faults.conftest import FaultRun
from tests.faults.own_alarms import OwnAlarms
from tests.faults.replay_function import failing_replay
from tests.support.aws import aws_client, outputs
from tests.support.clients import signed
from tests.support.events import put_events
from tests.support.publishing import new_id
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

_MORE_THAN_APPSYNC_TAKES = 160


@pytest_asyncio.fixture
async def alarms(fault_run: FaultRun) -> OwnAlarms:
    own = OwnAlarms(fault_run.campaign)
    await own.begin()
    return own


async def test_late_messages(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    limit = await alarms.threshold(sydney, "ReplicationLagAlarm")
    await run.faults({"links": {"*": {"latencyMs": limit + 500}}}, west.region)
    await run.publish(4, west.region)
    await alarms.moves(sydney, "ReplicationLagAlarm")
    await fault_run.prove("link slower than the lag alarm's limit", "ReplicationLagAlarm moves")


async def test_a_target_that_is_gone(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    await alarms.are_quiet(west, "BusDeadLetterQueueAlarm")
    retry = {"maximumRetryAttempts": 0, "maximumEventAgeSeconds": 60}
    plan = {"links": {"*": {"partition": True}}, "targets": {"*": {"retry": retry}}}
    await run.faults(plan, west.region)
    await run.publish(4, west.region)
    await alarms.moves(west, "BusDeadLetterQueueAlarm")
    await alarms.are_quiet(sydney, "BusDeadLetterQueueAlarm")
    await fault_run.prove("peer's bus gone for good", "BusDeadLetterQueueAlarm moves")


async def test_a_function_that_raises(
    fault_run: FaultRun, alarms: OwnAlarms, tmp_path: Path
) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    async with failing_replay(run.stack.running, sydney, "raise", tmp_path):
        # Ids that end with 0 fail until Lambda gives up.
        await run.publish(2, west.region, ids=[new_id()[:-1] + "0" for _ in range(2)])
        await alarms.moves(sydney, "ReplayErrorsAlarm")
        await alarms.moves(sydney, "FunctionDeadLetterQueueAlarm")
        await run.settle()
    await fault_run.prove(
        "Replay raises for good", "ReplayErrorsAlarm and FunctionDeadLetterQueueAlarm move"
    )


async def test_an_api_that_fails(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    """Publishers, Command and the janitor get HTTP 500."""
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    name = f"closed-{new_id()[-8:].lower()}"
    await put_events(run.session, west, [_command("ChannelPolicyChanged", name, allowed=False)])
    await run.settle()
    await alarms.are_quiet(west, "ApiServerErrorsAlarm", "InvalidationFailuresAlarm")
    await run.faults({"api": {"errorRate": 1.0}}, west.region)
    await put_events(run.session, west, [_command("PurgeRequested", name)])
    await _invoke_janitor(run, west)
    for alarm in (
        "ApiServerErrorsAlarm",
        "CommandErrorsAlarm",
        "InvalidationFailuresAlarm",
        "JanitorErrorsAlarm",
    ):
        await alarms.moves(west, alarm)
    await run.faults({})
    await run.publish(4)
    await fault_run.prove(
        "API answers 500 to all",
        "ApiServerErrors, PurgeErrors, InvalidationFailures, JanitorErrors",
    )


async def test_a_store_that_does_not_answer(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    """Publishers are refused with HTTP 200, which ApiServerErrorsAlarm does not see."""
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    await alarms.are_quiet(west, "UnavailableAlarm")
    await run.faults({"seed": 3, "dynamodb": {"throttleRate": 0.25}}, west.region)
    await run.publish(24, west.region)
    await alarms.moves(west, "UnavailableAlarm")
    await alarms.are_quiet(west, "ApiServerErrorsAlarm")
    await run.faults({})
    await fault_run.prove("DynamoDB throttles one region", "UnavailableAlarm moves")


async def test_functions_deployed_badly(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    name = f"bad-{new_id()[-8:].lower()}"
    async with _without_handler(run, west, "policy"):
        await put_events(run.session, west, [_command("ChannelPolicyChanged", name, allowed=True)])
        await alarms.moves(west, "PolicyErrorsAlarm")
        await run.settle()
    await run.publish(4)
    await fault_run.prove("Policy cannot be loaded", "PolicyErrorsAlarm moves")


async def test_an_api_key_that_cannot_be_renewed(fault_run: FaultRun, alarms: OwnAlarms) -> None:
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    await _invoke_janitor(run, west)
    days = await alarms.known(west, "ApiKeyExpiryAlarm")
    assert days > await alarms.threshold(west, "ApiKeyExpiryAlarm")
    async with _with_variables(run, west, "janitor", API_ID="nobodys"):
        await _invoke_janitor(run, west)
        await alarms.moves(west, "ApiKeyRenewalAlarm")
    async with _with_variables(run, west, "janitor", API_KEY_IDS="da2-nobodys"):
        await _invoke_janitor(run, west)

        async def is_going_off() -> bool:
            shown = await alarms.shown(west)
            return ("ApiKeyExpiryAlarm", "ALARM") in {(a["name"], a["state"]) for a in shown}

        await until(is_going_off, 45.0, "a key that is gone is not noticed")
    await run.publish(4)
    await fault_run.prove(
        "API key gone, or not to be renewed", "ApiKeyExpiryAlarm and ApiKeyRenewalAlarm move"
    )


async def test_more_invalidations_than_appsync_takes(
    fault_run: FaultRun, alarms: OwnAlarms
) -> None:
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    await alarms.are_quiet(west, "InvalidationsDroppedAlarm")
    query = 'mutation { unsubscribe(name: "nobody-is-here") { name } }'
    region = run.region(west.region)
    calls = [
        signed(run.session, run.stack.running, region, query)
        for _ in range(_MORE_THAN_APPSYNC_TAKES)
    ]
    await asyncio.gather(*calls)
    await alarms.moves(west, "InvalidationsDroppedAlarm")
    await run.publish(4)
    await fault_run.prove("more than 100 invalidations a second", "InvalidationsDroppedAlarm moves")


def _command(detail_type: str, name: str, **more: Any) -> tuple[str, str]:
    return detail_type, json.dumps({"name": name, "reason": "a test", "by": "a test", **more})


def _function(run: Campaign, region: RunningRegion, name: str) -> tuple[Any, str]:
    client = aws_client(run.stack.running, region.region, "lambda")
    return client, outputs(run.stack.running, region)[f"{name.capitalize()}FunctionName"]


async def _invoke_janitor(run: Campaign, region: RunningRegion) -> None:
    client, name = _function(run, region, "janitor")
    event = (Path(__file__).parents[2] / "events" / "janitor.json").read_bytes()
    await asyncio.to_thread(client.invoke, FunctionName=name, Payload=event)


@asynccontextmanager
async def _changed(
    run: Campaign, region: RunningRegion, name: str, **settings: Any
) -> AsyncIterator[None]:
    client, function = _function(run, region, name)
    before = await asyncio.to_thread(client.get_function_configuration, FunctionName=function)
    change = client.update_function_configuration
    own = {key: before[key] for key in settings}
    if "Environment" in own:
        own["Environment"] = {"Variables": before["Environment"]["Variables"]}
        variables = {**own["Environment"]["Variables"], **settings["Environment"]}
        settings = {**settings, "Environment": {"Variables": variables}}
    await asyncio.to_thread(lambda: change(FunctionName=function, **settings))
    try:
        yield
    finally:
        await asyncio.to_thread(lambda: change(FunctionName=function, **own))


def _without_handler(run: Campaign, region: RunningRegion, name: str) -> Any:
    return _changed(run, region, name, Handler="nothing.here")


def _with_variables(run: Campaign, region: RunningRegion, name: str, **variables: str) -> Any:
    return _changed(run, region, name, Environment=variables)
