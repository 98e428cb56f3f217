"""Presence through the SDK: regions and clients that are cut off, and clients with wrong clocks."""

import asyncio
import time

import pytest
from globalws_client import Client, PresenceChange

from cli.stack_file import RunningRegion
from tests.e2e.test_presence import members
from tests.e2e.test_sdk_presence import endpoint_of, until
from tests.faults.conftest import FaultRun
from tests.support.proxy import proxy_before

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

_GONE_SECONDS = 100.0  # 90 after what was heard last, which may have been on its way at the cut
_BACK_SECONDS = 60.0  # the members are read again every 45 seconds, give or take a quarter
_AWAY_SECONDS = 35.0  # longer than between two heartbeats
_MINUTES_OFF = 10.0


async def test_a_region_that_is_cut_off_has_no_members_elsewhere_until_it_heals(
    fault_run: FaultRun,
) -> None:
    """Each client reaches the other region through a proxy, so that its own goes on."""
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    async with (
        proxy_before(west) as (to_west, west_from_afar),
        proxy_before(sydney) as (to_sydney, sydney_from_afar),
        Client([endpoint_of(west), endpoint_of(sydney_from_afar)], presence_id="ann") as ann,
        Client([endpoint_of(sydney), endpoint_of(west_from_afar)], presence_id="bob") as bob,
        ann.presence("cars") as in_west,
        bob.presence("cars") as in_sydney,
    ):

        async def both(action: str, seconds: float) -> float:
            """Seconds until each was told this of the other."""
            started = time.monotonic()
            await asyncio.gather(
                until(in_west, PresenceChange(action, "anon:bob"), seconds),
                until(in_sydney, PresenceChange(action, "anon:ann"), seconds),
            )
            return time.monotonic() - started

        await both("ENTER", 30)
        await run.faults({"links": {"*": {"partition": True}}})
        for proxy in (to_west, to_sydney):
            proxy.shut()
        await run.publish(20)
        gone = await both("LEAVE", _GONE_SECONDS)
        # Nobody has left: each region's own members are there.
        assert (set(in_west.members), set(in_sydney.members)) == ({"anon:ann"}, {"anon:bob"})
        assert await members(west, run.session, "cars") == ["anon:ann"]
        assert await members(sydney, run.session, "cars") == ["anon:bob"]
        for proxy in (to_west, to_sydney):
            proxy.open()
        await run.faults({})
        back = await both("ENTER", _BACK_SECONDS)
        assert set(in_west.members) == set(in_sydney.members) == {"anon:ann", "anon:bob"}
    await fault_run.prove(
        "a region cut off from clients and peers",
        f"its members are gone elsewhere after {gone:.0f} s, and back {back:.0f} s after it heals",
    )


async def test_a_client_that_loses_its_network_for_less_than_a_lease_is_not_seen_to_leave(
    fault_run: FaultRun,
) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions
    told = []
    async with (
        proxy_before(west) as (proxy, proxied),
        Client([endpoint_of(proxied)], presence_id="ann") as ann,
        Client([endpoint_of(sydney), endpoint_of(west)], presence_id="bob") as bob,
        bob.presence("music", enter=False) as watch,
    ):
        async with ann.presence("music") as room:
            await until(watch, PresenceChange("ENTER", "anon:ann"))
            proxy.shut()
            await asyncio.sleep(_AWAY_SECONDS)
            proxy.open()
            await run.publish(20)
            # Only a client that is connected and holds its lease can say something.
            room.update("back")
            async with asyncio.timeout(60):
                while PresenceChange("UPDATE", "anon:ann", "back") not in told:
                    told.append(await anext(watch))
        await until(watch, PresenceChange("LEAVE", "anon:ann"))
    await fault_run.prove(
        "a client without network, for less than a lease",
        f"{_AWAY_SECONDS:.0f} s; nobody is told anything",
    )
    assert told == [PresenceChange("UPDATE", "anon:ann", "back")]


async def test_clients_whose_clocks_are_minutes_off_are_members_like_others(
    fault_run: FaultRun,
) -> None:
    run = fault_run.campaign
    west, sydney = run.stack.running.regions

    def client(user: str, minutes: float, *regions: RunningRegion) -> Client:
        return Client(
            [endpoint_of(each) for each in regions],
            presence_id=user,
            wall=lambda: time.time() + 60 * minutes,
        )

    async with (
        client("fast", _MINUTES_OFF, west, sydney) as fast,
        client("slow", -_MINUTES_OFF, sydney, west) as slow,
        fast.presence("media") as of_fast,
        slow.presence("media", enter=False) as of_slow,
    ):
        await until(of_slow, PresenceChange("ENTER", "anon:fast"))
        async with slow.presence("media", "here") as entered:
            await until(of_fast, PresenceChange("ENTER", "anon:slow", "here"))
            entered.update("there")
            await until(of_fast, PresenceChange("UPDATE", "anon:slow", "there"))
            await run.publish(20)
        await until(of_fast, PresenceChange("LEAVE", "anon:slow"))
        await of_fast.close()
        await until(of_slow, PresenceChange("LEAVE", "anon:fast"))
        assert dict(of_slow.members) == {}
    await fault_run.prove(
        f"two clients whose clocks are {2 * _MINUTES_OFF:.0f} minutes apart",
        "each is told of the other at once, in order",
    )
