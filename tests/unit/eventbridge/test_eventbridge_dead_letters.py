"""Dead letters: SQS accepts any event's dead letter, complete and redrivable; retries end."""

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.domain.dead_letters import (
    DeadLetter,
    Home,
    InvokeFunction,
    PutOnPeerBus,
    Queue,
    read_dead_letter,
)
from emulator.eventbridge.dead_letters import MOST_RETRIES
from emulator.eventbridge.definition import AsyncFunction, RetryPolicy
from emulator.eventbridge.ports import DeliveryError, InvokeResult
from tests.support.functions import sample
from tests.unit.eventbridge.eventbridge_fakes import (
    SOUTH,
    WEST,
    FakeClock,
    FakePorts,
    bridge,
    bus_arn,
    function_arn,
    queue_arn,
    rule,
    run_until_idle,
    sqs_refuses,
    to_function,
    to_peer,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
HOME = Home(bus_arn(), frozenset({"Replay"}), frozenset({WEST, SOUTH}))
# The limits of SQS's character set, on both sides, and characters often mistaken for them.
EDGES = "".join(
    map(chr, [*range(0x21), 0x7F, 0x80, 0x9F, 0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000,
              0xFDD0, 0xFEFF, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x1FFFF, 0x10FFFF])
)  # fmt: skip
NO_RETRIES = RetryPolicy(0, 60)


def _read(text: str) -> str:
    """As JSON readers do: join two surrogate halves."""
    return str(json.loads(json.dumps(text)))


def _message(text: str, region: str = WEST) -> dict[str, Any]:
    """An entry with a valid message; the rest of its detail may hold anything."""
    detail = {**sample("replay")["detail"], "region": region, "also": text}
    return {
        "Source": "globalws",
        "DetailType": "MessagePublished",
        "Detail": json.dumps(detail),
        "Resources": [text.encode(errors="replace").decode()],
    }


def _dead_letter(queue: Queue, body: str, attributes: Any) -> DeadLetter:
    return DeadLetter(WEST, queue, "m-1", "r-1", body, attributes, 0.0, 1)


async def _undelivered(text: str) -> tuple[str, Any]:
    """The dead letter after a link was cut for too long."""
    world, clock = FakePorts(), FakeClock()
    world.bus_errors = [DeliveryError("CONNECTION_FAILURE", text, retryable=True)]
    service = bridge(world, clock, rule("forward", to_peer(retry=NO_RETRIES)))
    await service.start()
    await service.put_events("globalws", [_message(text)])
    await run_until_idle(service, clock)
    await service.close()
    ((_, body, attributes),) = world.messages
    return body, attributes


async def _failed(text: str) -> tuple[str, Any]:
    """The dead letter after a function failed for good."""
    world, clock = FakePorts(), FakeClock()
    answer = json.dumps({"errorType": "X", "errorMessage": text}, ensure_ascii=False)
    world.always = InvokeResult("function_error", answer, 200, "Unhandled")
    service = bridge(
        world,
        clock,
        rule("replay", to_function()),
        functions=[AsyncFunction(function_arn(), on_failure_arn=queue_arn())],
    )
    await service.start()
    await service.put_events("globalws", [_message(text, SOUTH)])
    await run_until_idle(service, clock)
    await service.close()
    ((_, body, attributes),) = world.messages
    return body, attributes


@settings(deadline=None, max_examples=60)
@given(ANY_TEXT | st.sampled_from(EDGES) | st.just(EDGES))
def test_an_undelivered_event_is_whole_and_redrivable(text: str) -> None:
    body, attributes = asyncio.run(_undelivered(text))
    assert not any(map(sqs_refuses, (body, *attributes.values())))
    assert json.loads(body)["detail"]["also"] == _read(text)
    destination = read_dead_letter(_dead_letter(Queue.BUS, body, attributes), HOME).destination
    assert isinstance(destination, PutOnPeerBus)
    assert destination.detail == json.loads(body)["detail"]


@settings(deadline=None, max_examples=60)
@given(ANY_TEXT | st.sampled_from(EDGES) | st.just(EDGES))
def test_a_failed_invocation_is_whole_and_redrivable(text: str) -> None:
    body, attributes = asyncio.run(_failed(text))
    assert not any(map(sqs_refuses, (body, *attributes.values())))
    assert json.loads(body)["responsePayload"]["errorMessage"] == _read(text)
    destination = read_dead_letter(_dead_letter(Queue.FUNCTION, body, attributes), HOME).destination
    assert isinstance(destination, InvokeFunction)
    assert destination.payload["detail"]["also"] == _read(text)


def _refusing() -> list[DeliveryError]:
    return [DeliveryError("ERROR_FROM_TARGET", "no", retryable=False)] * (MOST_RETRIES + 1)


async def test_an_event_that_no_queue_takes_is_given_up_and_told(caplog: Any) -> None:
    world, clock = FakePorts(), FakeClock()
    world.bus_errors = [DeliveryError("NO_RESOURCE", "gone", retryable=False)]
    world.queue_errors = _refusing()
    service = bridge(world, clock, rule("forward", to_peer()))
    await service.start()
    with caplog.at_level(logging.ERROR):
        await service.put_events("globalws", [_message("precious")])
        await run_until_idle(service, clock)
    (state,) = service.snapshot().rules
    assert (state.counters.lost, state.counters.dead_letter_failures) == (1, MOST_RETRIES)
    assert service.pending == 0
    assert "lost, because queue" in caplog.text
    assert "precious" in caplog.text
    await service.close()


async def test_a_failure_that_no_queue_takes_is_given_up_and_told(caplog: Any) -> None:
    world, clock = FakePorts(), FakeClock()
    world.always = InvokeResult("function_error", '"no"', 200, "Unhandled")
    world.queue_errors = _refusing()
    function = AsyncFunction(function_arn(), on_failure_arn=queue_arn())
    service = bridge(world, clock, functions=[function])
    await service.start()
    with caplog.at_level(logging.ERROR):
        await service.invoke_async(function_arn(), '"precious"')
        await run_until_idle(service, clock)
    counters = service.counters.function(function_arn())
    assert (counters.lost, counters.on_failure_errors) == (1, MOST_RETRIES)
    assert "precious" in caplog.text
    await service.close()


@pytest.mark.parametrize("failures", [1, MOST_RETRIES])
async def test_a_queue_that_comes_back_in_time_has_it(failures: int) -> None:
    world, clock = FakePorts(), FakeClock()
    world.bus_errors = [DeliveryError("NO_RESOURCE", "gone", retryable=False)]
    world.queue_errors = _refusing()[:failures]
    service = bridge(world, clock, rule("forward", to_peer()))
    await service.start()
    await service.put_events("globalws", [_message("x")])
    await run_until_idle(service, clock)
    assert len(world.messages) == 1
    assert service.snapshot().rules[0].counters.lost == 0
    await service.close()
