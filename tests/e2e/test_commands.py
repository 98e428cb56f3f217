"""Block, allow, reset, purge on the real stack: every region refuses, every subscription ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cli.stack_file import RunningRegion, RunningStack
from tests.e2e.test_operate import run
from tests.support.clients import Publisher, listening, set_faults
from tests.support.stack import ROOT, LocalStack

pytestmark = pytest.mark.stack

_SECONDS = 30.0


@pytest.fixture
def folder(stack: LocalStack, tmp_path: Path) -> Path:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").symlink_to(stack.stack_file)
    return tmp_path


async def _globalws(folder: Path, arguments: str) -> None:
    done = await asyncio.to_thread(run, f"globalws {arguments}", folder)
    assert done.returncode == 0, done.stdout + done.stderr


async def _until(check: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(_SECONDS):
            while not await check():  # noqa: ASYNC110 - the region has no event to wait for
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {_SECONDS:.0f} s: {what}") from None


async def _allowed(region: RunningRegion, session: aiohttp.ClientSession, name: str) -> bool:
    answer = await Publisher(region, session).execute(
        f'{{ getChannel(name: "{name}") {{ allowed }} }}'
    )
    allowed: bool = answer["data"]["getChannel"]["allowed"]
    return allowed


async def _refused(
    region: RunningRegion, session: aiohttp.ClientSession, name: str, error_type: str
) -> None:
    """Publish and subscribe are refused with an error of this type."""
    query = (
        f'mutation {{ publish(name: "{name}", message: "x")'
        " { id name message publishedAt region } }"
    )
    answer = await Publisher(region, session).execute(query)
    assert answer["errors"][0]["errorType"] == error_type
    with pytest.raises(AssertionError, match=error_type):
        async with listening(region, name):
            pass


async def test_block_closes_a_channel_in_every_region_and_allow_opens_it(
    stack: LocalStack, folder: Path
) -> None:
    regions = stack.running.regions
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        kicked = [await exits.enter_async_context(listening(region, "media")) for region in regions]
        others = [await exits.enter_async_context(listening(region, "tech")) for region in regions]
        await _globalws(folder, 'channels block media --reason "claim 1138" --yes')
        try:
            for listener in kicked:
                await asyncio.wait_for(listener.ended.wait(), _SECONDS)
            for region in regions:
                assert not await _allowed(region, session, "media")
                await _refused(region, session, "media", "ChannelBlocked")
            sent = await Publisher(regions[0], session).publish("tech", "others stay")
            for listener in others:
                assert await listener.until(1) == [sent]
        finally:
            await _globalws(folder, 'channels allow media --reason "settled"')
        for region in regions:
            await exits.enter_async_context(listening(region, "media"))


async def test_reset_opens_a_channel_of_the_deployment_that_was_blocked(
    stack: LocalStack, folder: Path
) -> None:
    regions = stack.running.regions
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        await _globalws(folder, 'channels block media --reason "claim 1139" --yes')
        try:
            for region in regions:
                assert not await _allowed(region, session, "media")
        finally:
            await _globalws(folder, 'channels reset media --reason "settled" --yes')
        for region in regions:
            answer = await Publisher(region, session).execute(
                "{ channels { name allowed reason updatedAt } }"
            )
            channels = {each["name"]: each for each in answer["data"]["channels"]}
            as_deployed = {"name": "media", "allowed": True, "reason": None, "updatedAt": None}
            assert channels["media"] == as_deployed
        listeners = [
            await exits.enter_async_context(listening(region, "media")) for region in regions
        ]
        sent = await Publisher(regions[0], session).publish("media", "open again")
        for listener in listeners:
            assert await listener.until(1) == [sent]


async def test_reset_closes_a_channel_that_is_not_of_the_deployment(
    stack: LocalStack, folder: Path
) -> None:
    regions = stack.running.regions
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        others = [await exits.enter_async_context(listening(region, "tech")) for region in regions]
        await _globalws(folder, 'channels allow launch --reason "today"')
        try:
            kicked = [
                await exits.enter_async_context(listening(region, "launch")) for region in regions
            ]
        finally:
            await _globalws(folder, 'channels reset launch --reason "it is over" --yes')
        for region in regions:
            assert not await _allowed(region, session, "launch")
            await _refused(region, session, "launch", "ChannelNotAllowed")
        for listener in kicked:
            await asyncio.wait_for(listener.ended.wait(), _SECONDS)
        sent = await Publisher(regions[0], session).publish("tech", "others stay")
        for listener in others:
            assert await listener.until(1) == [sent]
        listed = await asyncio.to_thread(run, "globalws channels list --json", folder)
        assert "launch" not in {each["name"] for each in json.loads(listed.stdout)["channels"]}
        audit = await asyncio.to_thread(run, "globalws audit launch --json", folder)
        records = json.loads(audit.stdout)["records"]
        resets = [each for each in records if each["action"] == "reset"]
        assert {each["region"] for each in resets} == {each.region for each in regions}
        for each in resets:
            assert (each["reason"], each["outcome"]) == ("it is over", "done")
            assert each["steps"]["subscriptions"] == "ended"


@pytest.mark.parametrize("block", [False, True])
async def test_purge_ends_the_subscriptions_everywhere(
    stack: LocalStack, folder: Path, block: bool
) -> None:
    regions = stack.running.regions
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())
        kicked = [
            await exits.enter_async_context(listening(region, "robots")) for region in regions
        ]
        flag = "--block" if block else ""
        await _globalws(folder, f'purge robots {flag} --reason "spam" --yes')
        try:
            for listener in kicked:
                await asyncio.wait_for(listener.ended.wait(), _SECONDS)
            for region in regions:
                assert await _allowed(region, session, "robots") is not block
        finally:
            if block:
                await _globalws(folder, 'channels allow robots --reason "clean"')


async def test_purge_with_delete_history_deletes_it_everywhere(
    stack: LocalStack, folder: Path
) -> None:
    regions = stack.running.regions
    query = '{ history(name: "music", limit: 200) { items { id } } }'
    async with (
        aiohttp.ClientSession() as session,
        listening(regions[1], "music") as listener,
    ):
        await Publisher(regions[0], session).publish("music", "to be forgotten")
        await listener.until(1)
        await _globalws(folder, 'purge music --delete-history --reason "privacy" --yes')

        async def forgotten() -> bool:
            answers = [await Publisher(region, session).execute(query) for region in regions]
            return all(answer["data"]["history"]["items"] == [] for answer in answers)

        await _until(forgotten, "the history of music is empty in every region")


async def test_the_sample_entry_on_any_regions_bus_does_the_same(stack: LocalStack) -> None:
    """`aws events put-events --entries file://events/entries/purge.json`, with the real AWS CLI."""
    running = stack.running
    regions = running.regions
    async with AsyncExitStack() as exits:
        kicked = [await exits.enter_async_context(listening(region, "tech")) for region in regions]
        answer = await asyncio.to_thread(_aws_put_events, running, regions[1])
        assert answer["FailedEntryCount"] == 0
        for listener in kicked:
            await asyncio.wait_for(listener.ended.wait(), _SECONDS)


def _aws_put_events(running: RunningStack, region: RunningRegion) -> dict[str, Any]:
    done = run(
        "aws events put-events --entries file://events/entries/purge.json"
        f" --endpoint-url {region.eventsUrl}",
        ROOT,
        {
            "PATH": f"{ROOT / '.venv-awscli' / 'bin'}:/usr/bin:/bin",
            "AWS_ACCESS_KEY_ID": running.accessKeyId,
            "AWS_SECRET_ACCESS_KEY": running.secretAccessKey,
            "AWS_DEFAULT_REGION": region.region,
        },
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


async def test_a_region_that_was_cut_off_catches_up_with_a_block(
    stack: LocalStack, folder: Path
) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "cars") as listener:
        await set_faults(session, west, {"links": {sydney.region: {"partition": True}}})
        try:
            await _globalws(
                folder,
                'channels block cars --reason "recall" --yes --no-wait --region us-west-2',
            )

            async def blocked_here() -> bool:
                return not await _allowed(west, session, "cars")

            await _until(blocked_here, "us-west-2 blocks cars")
            assert await _allowed(sydney, session, "cars")
            await set_faults(session, west, {})
            await asyncio.wait_for(listener.ended.wait(), _SECONDS)
            assert not await _allowed(sydney, session, "cars")
        finally:
            await set_faults(session, west, {})
            await _globalws(folder, 'channels allow cars --reason "fixed"')
