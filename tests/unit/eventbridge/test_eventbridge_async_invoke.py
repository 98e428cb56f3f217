"""Lambda's asynchronous queue: retries, ages, the OnFailure record, the cap on concurrency."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from emulator.eventbridge.definition import AsyncFunction
from emulator.eventbridge.faults import FaultPlan, FunctionFault, TargetFault
from emulator.eventbridge.ports import InvokeResult
from emulator.eventbridge.service import EventBridge
from tests.unit.eventbridge.eventbridge_fakes import (
    SETTINGS,
    START,
    FakeClock,
    FakePorts,
    bridge,
    entry,
    function_arn,
    queue_arn,
    rule,
    run_until_idle,
    settle,
    to_function,
    unreachable,
)

FAILS = InvokeResult("function_error", '{"errorMessage":"no"}', 200, "Unhandled")
FUNCTION = AsyncFunction(function_arn(), 2, 60, queue_arn("on-failure"))


@pytest.fixture
async def service(world: FakePorts, clock: FakeClock) -> AsyncIterator[EventBridge]:
    replaying = bridge(world, clock, rule("replay", to_function()), functions=[FUNCTION])
    await replaying.start()
    yield replaying
    await replaying.close()


async def test_function_errors_are_retried_twice_then_recorded(service, world, clock) -> None:
    world.always = FAILS
    await service.invoke_async(function_arn(), '{"x": 1}')
    await run_until_idle(service, clock)
    assert len(world.invoked) == 3
    assert clock.time - START == pytest.approx(3.0)
    [(queue, body, attributes)] = world.messages
    record = json.loads(body)
    assert (queue, attributes) == (queue_arn("on-failure"), {})
    request_id = record["requestContext"].pop("requestId")
    assert len(request_id) == 36
    assert record == {
        "version": "1.0",
        "timestamp": "2026-11-18T11:06:43.000Z",
        "requestContext": {
            "functionArn": function_arn() + ":$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": {"x": 1},
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": {"errorMessage": "no"},
    }


async def test_throttles_are_retried_until_the_age_is_reached(service, world, clock) -> None:
    world.always = InvokeResult("throttled", "{}", 429)
    await service.invoke_async(function_arn(), "{}")
    await run_until_idle(service, clock)
    record = json.loads(world.messages[0][1])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert record["requestContext"]["approximateInvokeCount"] == 0
    assert record["responseContext"] is None
    assert 50 < clock.time - START <= 60


async def test_throttles_do_not_use_up_retries(service, world, clock) -> None:
    throttled, unavailable = InvokeResult("throttled"), InvokeResult("unavailable")
    world.results = [throttled] * 4 + [FAILS] + [unavailable] * 4 + [FAILS]
    await service.invoke_async(function_arn(), "{}")
    await run_until_idle(service, clock)
    assert len(world.invoked) == 11
    assert not world.messages
    counters = service.counters.function(function_arn())
    assert (counters.succeeded, counters.throttled, counters.unavailable) == (1, 4, 4)


async def test_without_a_destination_the_loss_is_counted(world, clock) -> None:
    service = bridge(world, clock, rule("replay", to_function()))
    await service.start()
    world.always = FAILS
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert service.counters.function(function_arn()).lost == 1
    await service.close()


async def test_an_on_failure_queue_that_fails_is_tried_again(service, world, clock) -> None:
    world.always = FAILS
    world.queue_errors = [unreachable() for _ in range(5)]
    await service.invoke_async(function_arn(), "{}")
    await run_until_idle(service, clock)
    assert len(world.messages) == 1
    assert len(world.invoked) == 3


async def test_a_refused_direct_invocation_is_recorded_at_once(service, world, clock) -> None:
    world.always = InvokeResult("rejected", "no such function", 404)
    await service.invoke_async(function_arn(), "{}")
    await run_until_idle(service, clock)
    assert len(world.invoked) == 1
    assert len(world.messages) == 1


async def test_no_more_than_four_run_at_once_and_functions_take_turns(
    service, world, clock
) -> None:
    world.gate = asyncio.Event()
    for number in range(20):
        await service.invoke_async(function_arn(), str(number))
    await service.invoke_async(function_arn("Purge"), '"other"')
    await settle()
    assert world.most_running == 5
    assert (function_arn("Purge"), "other") in world.invoked
    assert service.snapshot().invocations_waiting == 16
    world.gate.set()
    await run_until_idle(service, clock)
    assert len(world.invoked) == 21


async def test_injected_faults(service, world, clock) -> None:
    fault = FunctionFault(error_rate=0.3, throttle_rate=0.3, duplicate_rate=0.5, backoff_scale=0)
    service.set_faults(FaultPlan(seed=5, functions={"Replay": fault}))
    for number in range(50):
        await service.invoke_async(function_arn(), str(number))
    await run_until_idle(service, clock)
    counters = service.counters.function(function_arn())
    recorded = {json.loads(body)["requestPayload"] for _, body, _ in world.messages}
    assert {payload for _, payload in world.invoked} | recorded == set(range(50))
    assert counters.succeeded + counters.sent_on_failure == 50
    assert counters.throttled > 5
    assert counters.attempts > counters.succeeded
    assert clock.time == START


async def test_a_target_fault_duplicates_the_invocation(service, world, clock) -> None:
    service.set_faults(FaultPlan(targets={"replay": TargetFault(duplicate_rate=1.0)}))
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert len(world.invoked) == 2


async def test_close_leaves_what_runs_in_the_store(world, clock, tmp_path) -> None:
    path, quick = tmp_path / "e.sqlite", replace(SETTINGS, close_grace=0.0)
    first = bridge(world, clock, path=path, settings=quick)
    await first.start()
    world.gate = asyncio.Event()
    await first.invoke_async(function_arn(), "1")
    await settle()
    await first.close()
    world.gate = None
    second = bridge(world, clock, path=path)
    await second.start()
    await run_until_idle(second, clock)
    assert len(world.invoked) == 2
    await second.close()
