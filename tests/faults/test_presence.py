"""Presence: a client that dies, a link that is cut, and a crowd."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cli.domain.names import new_ulid
from cli.stack_file import RunningRegion
from tests.e2e.test_presence import Tab, Watch, members, watching
from tests.faults.conftest import FaultRun
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

_GONE_SECONDS = 90.0  # a lease of 75 s, and a sweep every 10 s
_SWEEP_SECONDS = 10.0
_LATEST_SECONDS = 60.0  # of a change
_JOINS = 230
_SHOWN = 200
_AT_ONCE = 8
_CLIENT = """\
import json, sys, time, urllib.request
url, key, connection, name = sys.argv[1:]
given = {"connection": connection, "secret": "of a client that dies", "client": "doomed"}
given["name"] = name
headers = {"x-api-key": key, "content-type": "application/json"}
operations = [
    "mutation ($name: String!, $connection: ID!, $secret: String!, $client: ID) "
    "{ enter(name: $name, connection: $connection, secret: $secret, client: $client) { user } }",
    "mutation ($connection: ID!, $secret: String!) "
    "{ heartbeat(connection: $connection, secret: $secret) { expiresAt } }",
]
while True:
    body = json.dumps({"query": operations[0], "variables": given}).encode()
    answer = json.load(urllib.request.urlopen(urllib.request.Request(url, body, headers)))
    assert not answer.get("errors"), answer
    operations[:-1] = []
    time.sleep(1)
"""


@contextmanager
def _client(
    region: RunningRegion, connection: str, name: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that enters and sends a heartbeat each second."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CLIENT, region.graphqlUrl, region.apiKey, connection, name],
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _of(watch: Watch, user: str) -> list[str]:
    return [each["action"] for each in watch.changes if each["user"] == user]


async def test_a_member_whose_client_dies_leaves_every_region_once(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    user, connection = "anon:doomed", new_ulid()
    async with watching(west, "music") as at_home, watching(sydney, "music") as away:
        watches = (at_home, away)
        with _client(west, connection, "music") as process:
            for watch in watches:
                await watch.until("ENTER", user)
            # Heartbeats keep the lease, whatever the sweep does meanwhile.
            await asyncio.sleep(2 * _SWEEP_SECONDS)
            assert [_of(watch, user) for watch in watches] == [["ENTER"], ["ENTER"]]
            os.kill(process.pid, signal.SIGKILL)
        killed_at = time.monotonic()
        for watch in watches:
            await watch.until("LEAVE", user, _GONE_SECONDS)
        seconds = time.monotonic() - killed_at
        assert await members(west, run.session, "music") == []
        await run.publish(20)
        await asyncio.sleep(2 * _SWEEP_SECONDS)
        told = [_of(watch, user) for watch in watches]
    await fault_run.prove(
        "a member's client killed (SIGKILL)",
        f"one LEAVE in each region, {seconds:.0f} s later",
    )
    assert told == [["ENTER", "LEAVE"]] * 2


async def test_what_waited_behind_a_cut_link_is_no_ghost(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    user = "anon:ghost"
    ghost, later = (Tab(west, run.session, "ghost") for _ in range(2))
    async with watching(west, "cars") as at_home, watching(sydney, "cars") as away:
        await run.faults({"links": {"*": {"partition": True}}})
        cut_at = time.monotonic()
        await ghost.enter("cars")
        await at_home.until("ENTER", user)
        await run.publish(10)
        await ghost.leave("cars")
        await at_home.until("LEAVE", user)
        await asyncio.sleep(_LATEST_SECONDS + 5 - (time.monotonic() - cut_at))
        await run.faults({})
        # What comes after it is told there, and what was too late is not.
        await later.enter("cars")
        await away.until("ENTER", user)
        await later.leave("cars")

        async def both_left() -> bool:
            return len(_of(at_home, user)) >= 4 and len(_of(away, user)) >= 2

        await until(both_left, 30.0, "the last LEAVE was not told in both regions")
        told = (_of(at_home, user), _of(away, user))
    row = await fault_run.prove(
        "changes of presence behind a cut link",
        "those older than a minute are told to nobody; messages all arrive",
    )
    assert told == (["ENTER", "LEAVE", "ENTER", "LEAVE"], ["ENTER", "LEAVE"])
    assert row.in_queues == 0


async def test_a_crowd_is_counted_and_not_told_one_by_one(fault_run: FaultRun) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    async with watching(west, "robots") as at_home, watching(sydney, "robots") as away:
        tabs = [Tab(west, run.session, f"member-{number}") for number in range(_JOINS)]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def join(tab: Tab) -> None:
            async with gate:
                await tab.enter("robots")

        await asyncio.gather(*map(join, tabs))
        await run.publish(10)

        async def counted() -> bool:
            return all("COUNT" in {c["action"] for c in each.changes} for each in (at_home, away))

        await until(counted, 60.0, "no COUNT in some region")
        await run.settle()
        told = [
            [change for change in each.changes if change["user"] != "anon:opener"]
            for each in (at_home, away)
        ]
    await fault_run.prove(
        f"{_JOINS} members join one channel",
        f"each subscriber got {', '.join(str(len(each)) for each in told)} events",
    )
    for events in told:
        named = [each for each in events if each["user"] is not None]
        assert len(events) <= _JOINS
        assert len(named) <= _SHOWN + _AT_ONCE
        assert all(each["user"] is None for each in events if each["action"] == "COUNT")
