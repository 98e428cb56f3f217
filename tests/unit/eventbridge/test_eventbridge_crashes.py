"""A bug in the data plane: the job is retried with back-off, and ends in the dead-letter queue."""

import json
from pathlib import Path

import pytest

from emulator.eventbridge.dead_letters import MOST_RETRIES
from emulator.eventbridge.definition import AsyncFunction, RetryPolicy
from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.settings import Settings
from emulator.eventbridge.workqueue import Limits, WorkQueue
from tests.unit.eventbridge.eventbridge_fakes import (
    FakeClock,
    FakePorts,
    bridge,
    entry,
    function_arn,
    queue_arn,
    rule,
    run_until_idle,
    settle,
    to_peer,
)

BUG = TypeError("a bug")


async def test_a_delivery_that_crashes_ends_as_a_dead_letter(
    world: FakePorts, clock: FakeClock
) -> None:
    world.bus_errors = [BUG] * 5
    started = clock.now()
    service = bridge(world, clock, rule("forward", to_peer(retry=RetryPolicy(4, 60))))
    await service.start()
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    ((_, body, attributes),) = world.messages
    assert json.loads(body)["detail"]["number"] == 1
    assert attributes["ERROR_CODE"] == "INTERNAL_ERROR"
    assert "a bug" in attributes["ERROR_MESSAGE"]
    assert attributes["RETRY_ATTEMPTS"] == "4"
    shortest = sum(Settings().backoff.base * 2**n / 2 for n in range(4))
    assert clock.now() - started >= shortest
    await service.close()


async def test_a_delivery_that_crashed_once_arrives(world: FakePorts, clock: FakeClock) -> None:
    world.bus_errors = [BUG]
    service = bridge(world, clock, rule("forward", to_peer()))
    await service.start()
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert [event["detail"]["number"] for _, event in world.hops] == [1]
    await service.close()


async def test_an_invocation_that_crashes_ends_as_a_dead_letter(
    world: FakePorts, clock: FakeClock
) -> None:
    function = AsyncFunction(
        function_arn(), maximum_event_age_seconds=60, on_failure_arn=queue_arn()
    )
    world.results = [BUG] * 100
    service = bridge(world, clock, functions=[function])
    await service.start()
    await service.invoke_async(function_arn(), '"x"')
    await run_until_idle(service, clock)
    ((_, body, _),) = world.messages
    assert json.loads(body)["requestContext"]["condition"] == "EventAgeExceeded"
    assert 0 < len(world.results) < 95
    await service.close()


async def test_a_dead_letter_that_crashes_is_given_up(world: FakePorts, clock: FakeClock) -> None:
    world.bus_errors = [DeliveryError("NO_RESOURCE", "gone", retryable=False)]
    world.queue_errors = [BUG] * (MOST_RETRIES + 1)
    service = bridge(world, clock, rule("forward", to_peer()))
    await service.start()
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert service.snapshot().rules[0].counters.lost == 1
    await service.close()


async def test_what_crashes_its_owner_too_waits_for_the_next_start(
    world: FakePorts, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "events.sqlite"
    world.bus_errors = [BUG]
    service = bridge(world, clock, rule("forward", to_peer()), path=path)
    await service.start()
    with monkeypatch.context() as broken:
        broken.setattr(service.faults, "rng", None)
        await service.put_events("globalws", [entry()])
        await settle()
    assert service.pending == 0
    await service.close()
    again = bridge(world, clock, rule("forward", to_peer()), path=path)
    await again.start()
    await run_until_idle(again, clock)
    assert len(world.hops) == 1
    await again.close()


async def test_a_queue_goes_on_after_a_crash(clock: FakeClock) -> None:
    done: list[int] = []

    async def handler(job: int) -> None:
        if job == 0:
            raise BUG
        done.append(job)

    async def crashed(job: int, error: Exception) -> None:
        assert (job, error) == (0, BUG)
        queue.put("lane", 7, clock.now())

    queue: WorkQueue[int] = WorkQueue(
        "test", clock, handler, crashed, limits=Limits(1, 1), on_change=lambda: None
    )
    for job in (0, 1):
        queue.put("lane", job, clock.now())
    await settle()
    assert sorted(done) == [1, 7]
    await queue.close(0)
