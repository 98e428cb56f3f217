"""The data plane through unchanged clients: boto3 and HTTP, two regions on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.eventbridge.entries import entry_bytes
from tests.integration.eventbridge.eventbridge_region import (
    SOUTH,
    WEST,
    Region,
    bus_arn,
    entry,
    region,
)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Region, Region]]:
    peers: dict[str, str] = {}
    async with (
        region(WEST, tmp_path / "west", peers) as west,
        region(SOUTH, tmp_path / "south", peers) as south,
    ):
        yield west, south


def events(url: str) -> Any:
    return boto3.client(
        "events", WEST, endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x"
    )


async def call(function: Callable[..., Any], **arguments: Any) -> Any:
    return await asyncio.to_thread(lambda: function(**arguments))


async def idle(*regions: Region) -> None:
    """Wait until neither region has work; a hop moves work from one to the other."""
    for one in (*regions, *regions):
        await one.service.idle()


async def test_a_call_of_one_megabyte_reaches_the_other_region_whatever_its_characters(two) -> None:
    west, south = two
    large = entry(1)
    detail = json.loads(large["Detail"])
    room = 1024 * 1024 - entry_bytes(large) - len(', "text": ""')
    # A quote is two bytes in the detail and four in the request.
    large["Detail"] = json.dumps(detail | {"text": '"' * (room // 2)})
    answer = await call(events(west.url).put_events, Entries=[large])
    assert answer["FailedEntryCount"] == 0
    await idle(west, south)
    assert south.recorder.numbers == [1]
    with pytest.raises(ClientError, match="over the limit"):
        await call(events(west.url).put_events, Entries=[large, large])


async def test_boto3_puts_events_that_reach_the_other_region(two) -> None:
    west, south = two
    client = events(west.url)
    entries = [entry(1), entry(2, bus=bus_arn(WEST)), entry(3) | {"Time": datetime.now(UTC)}]
    answer = await call(client.put_events, Entries=entries)
    assert answer["FailedEntryCount"] == 0
    assert answer["ResponseMetadata"]["RequestId"]
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "application/x-amz-json-1.1"
    await idle(west, south)
    assert sorted(south.recorder.numbers) == [1, 2, 3]
    assert west.recorder.numbers == []


async def test_boto3_sees_errors_as_aws_shapes_them(two) -> None:
    client = events(two[0].url)
    with pytest.raises(ClientError) as refused:
        await call(client.put_events, Entries=[entry(n) for n in range(11)])
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as unknown:
        await call(client.list_rules)
    assert unknown.value.response["Error"]["Code"] == "UnknownOperationException"
    assert "ListRules" in unknown.value.response["Error"]["Message"]
    partial = await call(client.put_events, Entries=[entry(1), entry(2, bus="nope")])
    assert partial["FailedEntryCount"] == 1
    assert partial["Entries"][1]["ErrorCode"] == "ResourceNotFoundException"


async def test_big_entries_pass(two) -> None:
    west, south = two
    detail = '{"number": 9, "region": "us-west-2", "m": "' + "🎉" * 60_000 + '"}'
    await call(events(west.url).put_events, Entries=[entry(9) | {"Detail": detail}])
    await idle(west, south)
    assert south.recorder.numbers == [9]


async def test_garbage_is_refused(two) -> None:
    url = two[0].url
    target = {"X-Amz-Target": "AWSEvents.PutEvents"}
    async with aiohttp.ClientSession() as session:
        for body in (
            b"{",
            b"[]",
            b"\xff",
            b'{"Entries": 5}',
            b'{"Entries": [], "X": 1}',
            b"[" * 9999,
        ):
            async with session.post(url, data=body, headers=target) as response:
                assert response.status == 400
                assert (await response.json(content_type=None))["__type"].endswith("Exception")
        async with session.post(url, json={}) as response:
            assert response.status == 400


async def test_faults_over_http(two) -> None:
    west, south = two
    async with aiohttp.ClientSession(west.url) as session:
        plan = {"links": {SOUTH: {"partition": True}}}
        async with session.put("/_local/faults", json=plan) as response:
            assert await response.json() == plan
        await west.service.put_events("globalws", [entry(1, bus=None)])
        async with session.get("/_local/eventbridge") as response:
            assert (await response.json())["pending"] == 1
        assert south.recorder.numbers == []
        async with session.delete("/_local/faults") as response:
            assert await response.json() == {}
        await idle(west, south)
        assert south.recorder.numbers == [1]
        for bad, status in ((b"{", 400), (b'{"x":1}', 400), (b'{"seed":"x"}', 400)):
            headers = {"Content-Type": "application/json"}
            async with session.put("/_local/faults", data=bad, headers=headers) as response:
                assert response.status == status
                assert (await response.json())["error"]["type"].startswith("Invalid")
        async with session.put("/_local/faults", data=b"{}") as response:
            assert response.status == 415


async def test_deliver_is_checked(two) -> None:
    south = two[1]
    path = "/_local/eventbridge/deliver"
    async with aiohttp.ClientSession(south.url) as session:
        for body, status in (
            ({"busArn": bus_arn(WEST), "events": [{}]}, 404),
            ({"busArn": bus_arn(SOUTH), "events": [1]}, 400),
            ([], 400),
        ):
            async with session.post(path, json=body) as response:
                assert response.status == status
                assert (await response.json())["error"]["message"]


async def test_a_peer_that_is_away_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    peers: dict[str, str] = {}
    async with region(WEST, tmp_path / "west", peers) as west:
        for start in range(0, 100, 10):
            batch = [entry(start + n, bus=None) for n in range(10)]
            assert (await west.service.put_events("globalws", batch))["FailedEntryCount"] == 0
        peers[SOUTH] = "http://127.0.0.1:9"
        assert west.service.pending == 100
        async with region(SOUTH, tmp_path / "south", peers) as south:
            await idle(west, south)
            assert sorted(south.recorder.numbers) == list(range(100))
