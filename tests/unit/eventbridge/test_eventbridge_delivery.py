"""Rule to target: delivery, retries, dead-letter queue, one hop, reload."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from emulator.eventbridge.definition import RetryPolicy, Target
from emulator.eventbridge.entries import CallError
from emulator.eventbridge.faults import FaultPlan, LinkFault, PutEventsFault, TargetFault
from emulator.eventbridge.ports import DeliveryError, InvokeResult
from emulator.eventbridge.routes import DefinitionError
from emulator.eventbridge.service import EventBridge
from tests.unit.eventbridge.eventbridge_fakes import (
    SETTINGS,
    SOUTH,
    START,
    WEST,
    FakeClock,
    FakePorts,
    bridge,
    bus,
    bus_arn,
    entry,
    function_arn,
    queue_arn,
    rule,
    run_until_idle,
    settle,
    to_function,
    to_peer,
    unreachable,
)


@pytest.fixture
async def forwarding(world: FakePorts, clock: FakeClock) -> AsyncIterator[EventBridge]:
    service = bridge(world, clock, rule("forward", to_peer()))
    await service.start()
    yield service
    await service.close()


def counters(service: EventBridge, name: str = "forward"):  # type: ignore[no-untyped-def]
    return service.counters.rule(bus_arn(), name)


async def test_a_peer_receives_the_envelope_of_the_origin(forwarding, world, clock) -> None:
    answer = await forwarding.put_events(bus_arn(), [entry(Resources=["r"])])
    await run_until_idle(forwarding, clock)
    [(arn, event)] = world.hops
    assert arn == bus_arn(SOUTH)
    assert answer == {"FailedEntryCount": 0, "Entries": [{"EventId": event["id"]}]}
    assert event == {
        "version": "0",
        "id": event["id"],
        "detail-type": "MessagePublished",
        "source": "globalws",
        "account": "000000000000",
        "time": "2026-11-18T11:06:40Z",
        "region": WEST,
        "resources": ["r"],
        "detail": {"number": 1, "region": WEST},
    }
    assert counters(forwarding).delivered == 1


async def test_events_that_match_no_rule_are_accepted(forwarding, world, clock) -> None:
    answer = await forwarding.put_events("globalws", [entry(Source="other")])
    await run_until_idle(forwarding, clock)
    assert "EventId" in answer["Entries"][0]
    assert not world.hops


async def test_disabled_rules_match_nothing(world, clock) -> None:
    service = bridge(world, clock, rule("off", to_peer(), enabled=False))
    await service.start()
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert not world.hops
    await service.close()


async def test_failures_are_retried_with_growing_waits(forwarding, world, clock) -> None:
    world.bus_errors = [unreachable() for _ in range(5)]
    await forwarding.put_events("globalws", [entry()])
    await run_until_idle(forwarding, clock)
    assert len(world.hops) == 1
    assert counters(forwarding).failed_attempts == 5
    # 0.1 + 0.2 + 0.4 + 0.8 + 1.6, of which up to half is jitter
    assert 1.55 <= clock.time - START <= 3.1


async def test_exhausted_retries_go_to_the_dead_letter_queue_whole(world, clock) -> None:
    retry = RetryPolicy(maximum_retry_attempts=2)
    service = bridge(world, clock, rule("forward", to_peer(retry=retry)))
    await service.start()
    world.bus_errors = [unreachable() for _ in range(3)]
    await service.put_events("globalws", [entry(7)])
    await run_until_idle(service, clock)
    [(queue, body, attributes)] = world.messages
    assert queue == queue_arn()
    assert json.loads(body)["detail"]["number"] == 7
    assert attributes == {
        "RULE_ARN": "arn:aws:events:us-west-2:000000000000:rule/globalws/forward",
        "TARGET_ARN": bus_arn(SOUTH),
        "ERROR_CODE": "CONNECTION_FAILURE",
        "ERROR_MESSAGE": "refused",
        "RETRY_ATTEMPTS": "2",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
    }
    assert counters(service).dead_lettered == 1
    await service.close()


async def test_exhausted_age_goes_to_the_dead_letter_queue(world, clock) -> None:
    retry = RetryPolicy(maximum_event_age_seconds=60)
    service = bridge(world, clock, rule("forward", to_peer(retry=retry)))
    await service.start()
    service.set_faults(FaultPlan(links={SOUTH: LinkFault(partition=True)}))
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    attributes = world.messages[0][2]
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert 40 < clock.time - START <= 60
    await service.close()


async def test_permanent_errors_are_not_retried(forwarding, world, clock) -> None:
    world.bus_errors = [DeliveryError("NO_RESOURCE", "no such bus", retryable=False)]
    await forwarding.put_events("globalws", [entry()])
    await run_until_idle(forwarding, clock)
    attributes = world.messages[0][2]
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes
    assert clock.time == START


async def test_a_dead_letter_queue_that_fails_is_tried_again(forwarding, world, clock) -> None:
    world.bus_errors = [DeliveryError("NO_RESOURCE", "no such bus", retryable=False)]
    world.queue_errors = [unreachable() for _ in range(20)]
    await forwarding.put_events("globalws", [entry()])
    await run_until_idle(forwarding, clock)
    assert len(world.messages) == 1
    assert counters(forwarding).dead_letter_failures == 20


async def test_without_a_dead_letter_queue_the_loss_is_counted(world, clock, caplog) -> None:
    service = bridge(world, clock, rule("forward", to_peer(dead_letters=False)))
    await service.start()
    world.bus_errors = [DeliveryError("NO_RESOURCE", "no such bus", retryable=False)]
    with caplog.at_level(logging.ERROR):
        await service.put_events("globalws", [entry()])
        await run_until_idle(service, clock)
    assert counters(service).lost == 1
    assert "lost" in caplog.text
    await service.close()


async def test_events_from_another_bus_go_no_further_hop(world, clock) -> None:
    service = bridge(world, clock, rule("all", to_peer(), to_function()))
    await service.start()
    event = {"source": "globalws", "region": SOUTH, "id": "1", "detail": {"x": "ü\n"}}
    await service.receive_from_bus(bus_arn(), [event])
    await run_until_idle(service, clock)
    assert not world.hops
    assert world.invoked == [(function_arn(), event)]
    assert counters(service, "all").not_forwarded == 1
    await service.close()


async def test_a_bus_of_the_same_region_is_reached_in_process(world, clock) -> None:
    other = replace(bus(rule("replay", to_function())), name="b", arn=bus_arn(name="b"))
    service = bridge(world, clock, rule("forward", Target("b", other.arn)))
    service.replace([bus(rule("forward", Target("b", other.arn))), other], [])
    await service.start()
    await service.put_events("globalws", [entry()])
    await run_until_idle(service, clock)
    assert len(world.invoked) == 1
    await service.close()


async def test_an_unknown_bus_fails_its_entry_only(forwarding, world, clock) -> None:
    answer = await forwarding.put_events("globalws", [entry(EventBusName="nope"), entry(2)])
    await run_until_idle(forwarding, clock)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "ResourceNotFoundException"
    assert len(world.hops) == 1
    with pytest.raises(DeliveryError, match="NO_RESOURCE"):
        await forwarding.receive_from_bus(bus_arn(name="nope"), [{}])


async def test_a_closed_service_takes_nothing_on(world, clock) -> None:
    service = bridge(world, clock, rule("forward", to_peer()))
    with pytest.raises(CallError, match="not running"):
        await service.put_events("globalws", [entry()])
    await service.close()


async def test_a_reload_drops_what_belongs_to_removed_rules(forwarding, world, clock) -> None:
    forwarding.set_faults(FaultPlan(links={SOUTH: LinkFault(partition=True)}))
    await forwarding.put_events("globalws", [entry()])
    await settle()
    forwarding.replace([bus(rule("other", to_peer()))], [])
    await forwarding.idle()
    assert counters(forwarding).dropped == 1
    with pytest.raises(DefinitionError):
        forwarding.replace([bus(rule("bad", to_peer(), pattern={"a": [{"cidr": "::/0"}]}))], [])
    assert [one.name for one in forwarding.snapshot().rules] == ["other"]


async def test_lifting_a_partition_delivers_at_once(forwarding, world, clock) -> None:
    forwarding.set_faults(FaultPlan(links={SOUTH: LinkFault(partition=True)}))
    await forwarding.put_events("globalws", [entry(n) for n in range(5)])
    await settle()
    assert not world.hops
    forwarding.set_faults(FaultPlan())
    await settle()
    assert len(world.hops) == 5


async def test_latency_holds_events_up_but_no_place(world, clock) -> None:
    narrow = replace(SETTINGS, per_target=1)
    service = bridge(world, clock, rule("forward", to_peer()), settings=narrow)
    await service.start()
    service.set_faults(FaultPlan(links={"*": LinkFault(latency=0.25)}))
    await service.put_events("globalws", [entry(n) for n in range(10)])
    await run_until_idle(service, clock)
    assert len(world.hops) == 10
    assert clock.time - START == pytest.approx(0.25)
    await service.close()


async def test_duplicates_and_reordering(forwarding, world, clock) -> None:
    fault = LinkFault(duplicate_rate=0.5, reorder=1.0)
    forwarding.set_faults(FaultPlan(seed=7, links={SOUTH: fault}))
    for start in range(0, 100, 10):
        await forwarding.put_events("globalws", [entry(start + n) for n in range(10)])
    await run_until_idle(forwarding, clock)
    numbers = [event["detail"]["number"] for _, event in world.hops]
    assert set(numbers) == set(range(100))
    assert 120 < len(numbers) < 180
    assert numbers != sorted(numbers)


async def test_a_target_can_be_made_to_exhaust_its_retries_quickly(
    forwarding, world, clock
) -> None:
    fault = TargetFault(error_rate=1.0, retry=RetryPolicy(3, 60), backoff_scale=0.0)
    forwarding.set_faults(FaultPlan(targets={"forward/peer": fault}))
    await forwarding.put_events("globalws", [entry()])
    await run_until_idle(forwarding, clock)
    assert world.messages[0][2]["RETRY_ATTEMPTS"] == "3"
    assert world.messages[0][2]["ERROR_CODE"] == "INTERNAL_ERROR"
    assert clock.time == START


async def test_put_events_can_fail_in_part(forwarding, world, clock) -> None:
    fault = PutEventsFault(0.5, "ThrottlingException")
    forwarding.set_faults(FaultPlan(seed=3, put_events=fault))
    answer = await forwarding.put_events("globalws", [entry(n) for n in range(10)])
    await run_until_idle(forwarding, clock)
    failed = [one for one in answer["Entries"] if one.get("ErrorCode") == "ThrottlingException"]
    assert 0 < len(failed) == answer["FailedEntryCount"] < 10
    assert len(world.hops) == 10 - len(failed)


async def test_a_function_that_is_missing_dead_letters_the_event(world, clock) -> None:
    transformed = to_function(input_path="$.detail")
    service = bridge(world, clock, rule("replay", transformed))
    await service.start()
    world.always = InvokeResult("rejected", "gone", 404, error_code="ResourceNotFoundException")
    await service.put_events("globalws", [entry(3)])
    await run_until_idle(service, clock)
    assert world.invoked == [(function_arn(), {"number": 3, "region": WEST})]
    [(_, body, attributes)] = world.messages
    assert json.loads(body)["source"] == "globalws"
    assert attributes["ERROR_CODE"] == "NO_RESOURCE"
    await service.close()


async def test_a_queue_receives_the_event_and_what_it_refuses_is_retried(
    world: FakePorts, clock: FakeClock
) -> None:
    target = Target("Queue", queue_arn("orders"), dead_letter_arn=queue_arn())
    service = bridge(world, clock, rule("consume", target))
    await service.start()
    try:
        world.queue_errors = [unreachable()]
        await service.put_events(bus_arn(), [entry()])
        await run_until_idle(service, clock)
        [(arn, body, attributes)] = world.messages
        assert (arn, attributes) == (queue_arn("orders"), {})
        assert json.loads(body)["detail-type"] == "MessagePublished"
        assert counters(service, "consume").delivered == 1
        assert service.pending == 0
    finally:
        await service.close()
