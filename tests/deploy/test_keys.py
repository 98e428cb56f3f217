"""API keys on stacks of their own: a rotation with clients on it, and a deployment without."""

import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from cli.stack_file import RunningRegion
from tests.support.aws import aws_client
from tests.support.clients import PUBLISH, Publisher, listening
from tests.support.prepared import local_stack
from tests.support.stack import ROOT, LocalStack
from tests.support.waiting import until

pytestmark = [pytest.mark.deploys, pytest.mark.timeout(400)]

_REGIONS = ("us-west-2", "ap-southeast-2")


@pytest.fixture(scope="module")
def own() -> Iterator[LocalStack]:
    with local_stack("keys", _REGIONS) as running:
        yield running


@pytest.fixture(scope="module")
def keyless() -> Iterator[LocalStack]:
    with local_stack("no-keys", _REGIONS, "ApiKeys=none") as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


def _globalws(stack: LocalStack, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(ROOT / ".venv" / "bin" / "globalws"), *arguments, "--stack-file", stack.stack_file],
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _rotate(stack: LocalStack, *arguments: str) -> str:
    code, _, err = _globalws(stack, "keys", "rotate", *arguments)
    assert code == 0, err
    return err


def _with_handed_out_keys(stack: LocalStack) -> list[RunningRegion]:
    """The regions with the keys that `globalws config` tells now."""
    code, out, err = _globalws(stack, "config")
    assert code == 0, err
    keys = {each["region"]: each["apiKey"] for each in json.loads(out)["regions"]}
    return [replace(region, apiKey=keys[region.region]) for region in stack.running.regions]


async def _status(region: RunningRegion, session: aiohttp.ClientSession) -> int:
    """The HTTP status that a client with the region's key gets."""
    body = {"query": '{ getChannel(name: "tech") { name } }'}
    headers = {"x-api-key": region.apiKey}
    async with session.post(region.graphqlUrl, json=body, headers=headers) as response:
        return response.status


async def _until_all(regions: list[RunningRegion], status: int, session: Any) -> None:
    async def is_so() -> bool:
        return {await _status(region, session) for region in regions} == {status}

    await until(is_so, 30.0, f"a region does not answer {status}")


def _days_left(stack: LocalStack, region: RunningRegion) -> list[float]:
    """After a run of the janitor."""
    running = stack.running
    functions = aws_client(running, region.region, "lambda")
    (janitor,) = [
        each["FunctionName"]
        for each in functions.list_functions()["Functions"]
        if "Janitor" in each["FunctionName"]
    ]
    event = (ROOT / "events" / "janitor.json").read_bytes()
    assert "FunctionError" not in functions.invoke(FunctionName=janitor, Payload=event)
    appsync = aws_client(running, region.region, "appsync")
    (api,) = appsync.list_graphql_apis()["graphqlApis"]
    now = datetime.now(UTC)
    return [
        (datetime.fromtimestamp(key["expires"], UTC) - now) / timedelta(days=1)
        for key in appsync.list_api_keys(apiId=api["apiId"])["apiKeys"]
    ]


async def test_no_client_is_refused_while_it_changes_over(
    own: LocalStack, session: aiohttp.ClientSession
) -> None:
    old = _with_handed_out_keys(own)
    async with listening(old[1], "tech") as opened_with_the_old_key:
        told = _rotate(own)
        assert "globalws keys rotate --retire" in told
        new = _with_handed_out_keys(own)
        assert {each.apiKey for each in old}.isdisjoint(each.apiKey for each in new)
        await _until_all([*old, *new], 200, session)

        for region in old:
            both = _days_left(own, region)
            assert len(both) == 2
            assert all(days > 364 for days in both)

        _rotate(own)  # repeated, it changes nothing
        assert _with_handed_out_keys(own) == new

        _rotate(own, "--retire", "--yes")
        await _until_all(old, 401, session)
        await _until_all(new, 200, session)
        assert _with_handed_out_keys(own) == new
        assert all(days > 364 for days in _days_left(own, new[0]))

        sent = await Publisher(new[0], session).publish("tech", "after the rotation")
        assert (await opened_with_the_old_key.until(1))[0]["id"] == sent["id"]


async def test_the_web_client_gets_the_key_that_is_handed_out(
    own: LocalStack, session: aiohttp.ClientSession
) -> None:
    _rotate(own)
    handed_out = _with_handed_out_keys(own)
    async with session.get(f"{own.running.clientUrl}/config.json") as response:
        config = await response.json()
    assert [each["apiKey"] for each in config["regions"]] == [each.apiKey for each in handed_out]
    assert list(own.running.regions) == handed_out


async def test_without_a_key_iam_alone_comes_in(
    keyless: LocalStack, session: aiohttp.ClientSession
) -> None:
    for region in keyless.running.regions:
        assert region.apiKey == ""
        for headers in ({}, {"x-api-key": ""}, {"x-api-key": "da2-guessed0000000000000000"}):
            body = {"query": PUBLISH, "variables": {"name": "tech", "message": "no"}}
            async with session.post(region.graphqlUrl, json=body, headers=headers) as response:
                assert response.status == 401
    for command in (["publish", "tech", "signed"], ["channels", "list"], ["status"], ["config"]):
        code, _, err = _globalws(keyless, *command)
        assert code == 0, err
    code, _, err = _globalws(keyless, "keys", "rotate")
    assert (code, "there is none to rotate" in err) == (1, True)
    assert _days_left(keyless, keyless.running.regions[0]) == []
