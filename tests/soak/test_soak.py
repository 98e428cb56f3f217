"""The soak: many faults at once; each subscriber ends with exactly what was accepted.

Publishers in both regions and resuming subscribers, each process of which is killed now and then,
on a stack whose regions are killed and whose links, buses, functions and tables fail.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from cli.stack_file import RunningRegion
from tests.soak.chaos import Chaos
from tests.soak.inbox import Inbox
from tests.soak.journal import Entries, read_journal
from tests.soak.plan import PublisherPlan, SubscriberPlan
from tests.soak.processes import SoakProcess
from tests.soak.report import Received, SoakReport
from tests.soak.setup import CHANNELS, Soak, soak
from tests.support.aws import dead_letters, redrive
from tests.support.history import whole_history
from tests.support.publishing import new_id
from tests.support.stack import LocalStack
from tests.support.waiting import until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(24 * 3600)]

_SETTLE_SECONDS = 300.0


async def test_every_subscriber_ends_with_exactly_what_was_accepted(
    stack: LocalStack, seconds: float, seed: int, tmp_path: Path
) -> None:
    report = SoakReport(seed, seconds)
    async with (
        aiohttp.ClientSession() as session,
        soak(stack, tmp_path, new_id(ahead_seconds=-1), seed) as found,
    ):
        for process in found.processes:
            await process.start()
        chaos = Chaos(stack, session, found.subscribers, found.publishers, found.proxies, seed)
        await chaos.run(seconds)
        ended = time.monotonic()
        chaos.reopen()
        for publisher in found.publishers:
            await publisher.finish()
        journals = {each.plan.name: _journal(each) for each in found.publishers}
        # Keep the lasting faults: on a slow machine most replays happen now, and 5 % must fail.
        await _idle(stack, session)
        await chaos.mend()
        await _settle(stack, found, report)
        expected = _expected(journals)
        await _arrival(found, expected)
        report.settled_seconds = time.monotonic() - ended
        for subscriber in found.subscribers:
            await subscriber.finish()
        report.faults = dict(chaos.count)
        _count(report, journals, found, expected)
        for region in stack.running.regions:
            report.history[region.region] = await _stored(session, region, expected)
    report.write()
    assert report.accepted > 2 * seconds, "too little was published to show anything"
    assert report.dead_letters > 0, "5 % of the replays should have failed for good"
    assert report.lost == 0
    assert report.twice == 0
    assert all(each.unknown == 0 for each in report.subscriptions)
    assert set(report.history.values()) == {report.accepted}


def _journal(publisher: SoakProcess) -> Entries:
    assert isinstance(publisher.plan, PublisherPlan)
    entries = read_journal(publisher.plan.journal)
    assert not entries.open, f"{publisher.plan.name} gave up: {publisher.log()}"
    return entries


def _expected(journals: dict[str, Entries]) -> dict[str, dict[str, str]]:
    """All accepted messages: channel → id → text."""
    expected: dict[str, dict[str, str]] = {channel: {} for channel in CHANNELS}
    for entries in journals.values():
        for id in entries.accepted:
            intent = entries.intents[id]
            expected[intent.channel][id] = intent.text
    return expected


async def _idle(stack: LocalStack, session: aiohttp.ClientSession) -> None:
    """Wait until no bus and no function has work left."""

    async def idle() -> bool:
        for region in stack.running.regions:
            async with session.get(f"{region.eventsUrl}/_local/eventbridge") as response:
                if (await response.json())["pending"]:
                    return False
        return True

    await until(idle, _SETTLE_SECONDS, "the buses have work left")


async def _settle(stack: LocalStack, found: Soak, report: SoakReport) -> None:
    """Wait until all subscribers are connected and the dead letters are redriven."""

    async def ready() -> bool:
        for process in found.subscribers:
            process.check()
        states = [_inbox_states(process, channel) for process, channel in _subscriptions(found)]
        return all(each and each[-1][0] in ("live", "failed-over") for each in states)

    async def redriven() -> bool:
        tally = await asyncio.to_thread(redrive, stack)
        report.redriven += tally.done
        return not tally.done and not tally.failed

    await until(ready, _SETTLE_SECONDS, "a subscriber does not come back")
    report.dead_letters = await asyncio.to_thread(dead_letters, stack.running)
    await until(redriven, _SETTLE_SECONDS, "dead letters cannot be redriven")


async def _arrival(found: Soak, expected: dict[str, dict[str, str]]) -> None:
    async def complete() -> bool:
        return all(
            len({id for id, _ in _messages(process, channel)}) >= len(expected[channel])
            for process, channel in _subscriptions(found)
        )

    with suppress(AssertionError):  # the report says what is missing after that
        await until(complete, 30.0, "incomplete")


def _subscriptions(found: Soak) -> list[tuple[SoakProcess, str]]:
    return [(process, channel) for process in found.subscribers for channel in CHANNELS]


def _inbox_states(process: SoakProcess, channel: str) -> list[tuple[str, bool]]:
    assert isinstance(process.plan, SubscriberPlan)
    with Inbox(process.plan.inbox(channel)) as inbox:
        return inbox.states()


def _messages(process: SoakProcess, channel: str) -> list[tuple[str, str]]:
    assert isinstance(process.plan, SubscriberPlan)
    with Inbox(process.plan.inbox(channel)) as inbox:
        return inbox.messages()


def _count(
    report: SoakReport,
    journals: dict[str, Entries],
    found: Soak,
    expected: dict[str, dict[str, str]],
) -> None:
    report.accepted = sum(map(len, expected.values()))
    report.failed_calls = sum(each.failures for each in journals.values())
    report.publisher_starts = sum(each.starts for each in journals.values())
    for process, channel in _subscriptions(found):
        wanted = expected[channel]
        messages = _messages(process, channel)
        states = _inbox_states(process, channel)
        counts = Counter(id for id, _ in messages)
        report.subscriptions.append(
            Received(
                subscription=f"{process.plan.name} {channel}",
                expected=len(wanted),
                received=len(counts),
                missing=len(wanted.keys() - counts.keys()),
                twice=sum(count > 1 for count in counts.values()),
                # Not accepted, or with another text.
                unknown=sum(wanted.get(id) != text for id, text in messages),
                live=sum(state == "live" for state, _ in states),
                failed_over=sum(state == "failed-over" for state, _ in states),
                gaps=sum(gap for _, gap in states),
                kills=process.kills,
            )
        )


async def _stored(
    session: aiohttp.ClientSession, region: RunningRegion, expected: dict[str, dict[str, str]]
) -> int:
    """How many accepted messages the region's history has."""
    count = 0
    for channel, wanted in expected.items():
        stored = {each["id"] for each in await whole_history(session, region, channel)}
        count += len(wanted.keys() & stored)
    return count
