"""What was accepted survives the process: events, dead letters, and events without rules."""

from pathlib import Path

from emulator.eventbridge.faults import FaultPlan, LinkFault
from emulator.eventbridge.ports import DeliveryError, InvokeResult
from tests.unit.eventbridge.eventbridge_fakes import (
    SOUTH,
    bridge,
    bus,
    entry,
    rule,
    run_until_idle,
    settle,
    to_function,
    to_peer,
    unreachable,
)


async def test_accepted_events_survive_the_process(world, clock, tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    rules = rule("forward", to_peer()), rule("replay", to_function())
    service = bridge(world, clock, *rules, path=path)
    await service.start()
    service.set_faults(FaultPlan(links={SOUTH: LinkFault(partition=True)}))
    world.always = InvokeResult("throttled")
    await service.put_events("globalws", [entry(n) for n in range(10)])
    await settle()
    assert service.pending == 20
    await service.close()
    world.always = InvokeResult("ok")
    world.invoked.clear()
    again = bridge(world, clock, *rules, path=path)
    await again.start()
    assert again.pending == 20
    await run_until_idle(again, clock)
    assert {event["detail"]["number"] for _, event in world.hops} == set(range(10))
    assert {event["detail"]["number"] for _, event in world.invoked} == set(range(10))
    await again.close()
    empty = bridge(world, clock, *rules, path=path)
    await empty.start()
    assert empty.pending == 0
    await empty.close()


async def test_dead_letters_in_waiting_survive_the_process(world, clock, tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    service = bridge(world, clock, rule("forward", to_peer()), path=path)
    await service.start()
    world.bus_errors = [DeliveryError("NO_RESOURCE", "no such bus", retryable=False)]
    world.queue_errors = [unreachable()]
    await service.put_events("globalws", [entry()])
    await settle()
    await service.close()
    again = bridge(world, clock, rule("forward", to_peer()), path=path)
    await again.start()
    await run_until_idle(again, clock)
    assert world.messages[0][2]["ERROR_CODE"] == "NO_RESOURCE"
    assert not world.hops
    await again.close()


async def test_a_start_without_rules_parks_until_they_come(world, clock, tmp_path: Path) -> None:
    path = tmp_path / "events.sqlite"
    service = bridge(world, clock, rule("forward", to_peer()), path=path)
    await service.start()
    world.bus_errors = [unreachable()]
    await service.put_events("globalws", [entry()])
    await settle()
    await service.close()
    again = bridge(world, clock, path=path)
    await again.start()
    assert again.snapshot().parked == 1
    again.replace([bus(rule("forward", to_peer()))], [])
    await run_until_idle(again, clock)
    assert len(world.hops) == 1
    await again.close()
