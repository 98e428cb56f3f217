"""The event bus fails, or gets bad input: partial failure, duplicates, poison."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.command import CLOCK_ALLOWANCE

from tests.faults.campaign import CHANNEL
from tests.faults.conftest import FaultRun
from tests.support.aws import dlq
from tests.support.clients import Publisher
from tests.support.events import put_events
from tests.support.history import whole_history
from tests.support.publishing import new_id
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]


async def test_putevents_takes_only_a_part(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    await run.faults({"seed": 1, "putEvents": {"failureRate": 0.4}})
    await run.publish(60)
    assert run.refusals["BusUnavailable"] > 10
    assert run.refusals.total() == run.refusals["BusUnavailable"]
    row = await fault_run.prove(
        "PutEvents fails for 40 % of the entries", "publishers retry with the same id"
    )
    assert row.in_queues == 0


async def test_duplicate_and_reordered_events(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    await run.faults(
        {
            "seed": 2,
            "links": {"*": {"duplicateRate": 0.5, "reorderMs": 1500}},
            "targets": {"*": {"duplicateRate": 0.3}},
            "functions": {"*": {"duplicateRate": 0.5}},
        }
    )
    await run.publish(60)
    await run.settle()
    for region in run.stack.running.regions:
        counters = await run.counters(region.region)
        assert sum(each["counters"]["attempts"] for each in counters["functions"]) > 45
    row = await fault_run.prove("events duplicated and reordered", "each up to four times")
    assert row.in_queues == 0


async def test_poison_is_kept_with_its_reason_and_holds_nothing_up(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    good = {
        "id": new_id(),
        "name": CHANNEL,
        "message": "sound",
        "publishedAt": "2026-11-23T10:00:00.000Z",
        "region": west.region,
    }
    poison: list[Any] = [
        {**good, "id": "no ulid"},
        {**good, "name": "no channel name"},
        {**good, "publishedAt": "yesterday"},
        {**good, "message": 7},
        {**good, "message": ""},
        {"region": west.region},
        {**good, "id": new_id(), "message": "x" * 210_000},
        {**good, "id": new_id(), "message": " \n "},
    ]
    entries = [("MessagePublished", json.dumps(each)) for each in poison]
    await put_events(run.session, sydney, entries)
    await run.publish(12)
    row = await fault_run.prove(
        "poison events",
        "malformed details put on a peer's bus: kept with their reason, not retried",
        poison=len(poison),
    )
    assert row.in_queues == len(poison)
    found = await asyncio.to_thread(dlq, run.stack, "list")
    assert len(found["messages"]) == len(poison)
    assert all(each["reason"] and each["poison"] for each in found["messages"])
    dropped = await asyncio.to_thread(dlq, run.stack, "drop", "--all", "--yes")
    assert sum(each["done"] for each in dropped["queues"]) == len(poison)


async def test_what_is_no_json_is_refused_at_the_door(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    sydney = run.stack.running.regions[1]
    entries = [("MessagePublished", text) for text in ("{", "[]", '"text"', "null")]
    answer = await put_events(run.session, sydney, entries)
    assert answer["FailedEntryCount"] == len(entries)
    assert {each["ErrorCode"] for each in answer["Entries"]} == {"MalformedDetail"}
    await run.publish(4)
    await fault_run.prove("events that are no JSON objects", "refused by PutEvents")


@pytest.mark.parametrize("minutes", [-7, 7])
async def test_a_regions_clock_is_minutes_off(fault_run: FaultRun, minutes: int) -> None:
    """The test makes ids, publishedAt and event times as a region with that clock would."""
    run = fault_run.campaign
    west, _sydney = run.stack.running.regions
    there = datetime.now(UTC) + timedelta(minutes=minutes)
    skewed = {}
    for number in range(12):
        id = new_id(ahead_seconds=60 * minutes)
        skewed[id] = {
            "id": id,
            "name": CHANNEL,
            "message": f"message {number}",  # as `publish` below: one id has one text
            "publishedAt": there.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "region": west.region,
        }
    entries = [("MessagePublished", json.dumps(each)) for each in skewed.values()]
    await put_events(run.session, west, entries, time=there.timestamp())
    # For subscribers in the origin: `publish` keeps the id, and the peer knows the message already.
    await run.publish(0, west.region, ids=list(skewed))
    await run.publish(12)
    await fault_run.prove(
        f"clock {abs(minutes)} minutes {'ahead' if minutes > 0 else 'behind'}",
        "ids, publishedAt and event times skewed; order is by id",
    )
    for region in run.stack.running.regions:
        ids = [each["id"] for each in await whole_history(run.session, region, CHANNEL)]
        assert ids == sorted(ids)
        assert skewed.keys() <= set(ids)


async def test_an_operators_clock_that_is_ahead_does_not_win_for_ever(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    name = f"skew-{new_id()[-6:].lower()}"
    ahead = datetime.now(UTC) + timedelta(minutes=7)
    for region, allowed, at in ((west, True, ahead), (sydney, False, None), (west, True, None)):
        # Events are ordered by the bus's time, in seconds; the allowance uses the clock.
        await asyncio.sleep(CLOCK_ALLOWANCE.total_seconds() + 1.1)
        await put_events(run.session, region, [_policy(name, at, allowed=allowed)])

        async def agreed(wanted: bool = allowed) -> bool:
            found = [await _allowed(fault_run, each.region, name) for each in (west, sydney)]
            return found == [wanted, wanted]

        await until(agreed, 60.0, f"the regions do not both say {allowed}")
    await run.publish(4)
    await fault_run.prove(
        "an operator's clock 7 minutes ahead", "later decisions stand everywhere all the same"
    )


def _policy(name: str, at: datetime | None, *, allowed: bool) -> tuple[str, str]:
    detail = {"id": new_id(), "name": name, "allowed": allowed, "reason": "skew", "by": "a test"}
    if at is not None:
        detail["at"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "ChannelPolicyChanged", json.dumps(detail)


async def _allowed(fault_run: FaultRun, region: str, name: str) -> bool:
    running = fault_run.campaign.region(region)
    answer = await Publisher(running, fault_run.campaign.session).execute(
        "query ($name: String!) { getChannel(name: $name) { allowed } }", name=name
    )
    allowed: bool = answer["data"]["getChannel"]["allowed"]
    return allowed
