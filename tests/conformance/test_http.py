"""POST /graphql: bodies, bounds, scalars, and what browsers need."""

import asyncio
import json

import aiohttp
import pytest

from tests.conformance.clients import SECONDS, SUBSCRIBE, Target, post

BAD_BODIES = {
    "not json": b"{",
    "a batch": b'[{"query": "{ whoami }"}]',
    "no query": b"{}",
    "query is no string": b'{"query": 7}',
    "variables are no object": b'{"query": "{ whoami }", "variables": []}',
    "not utf-8": b'{"query": "\xff\xfe"}',
    "syntax": b'{"query": "{"}',
    "a subscription": json.dumps(
        {"query": SUBSCRIBE.replace("$name: String!", '$name: String! = "tech"')}
    ).encode(),
}


@pytest.mark.parametrize("case", BAD_BODIES)
async def test_bad_bodies(target: Target, case: str) -> None:
    async with (
        aiohttp.ClientSession(headers={"x-api-key": target.api_key}) as session,
        session.post(target.graphql_url, data=BAD_BODIES[case]) as response,
    ):
        assert response.status == 400
        assert (await response.json())["errors"][0]["errorType"]


async def test_body_of_over_1_mb(target: Target) -> None:
    async with (
        aiohttp.ClientSession(headers={"x-api-key": target.api_key}) as session,
        session.post(target.graphql_url, data=b"x" * 1_000_001) as response,
    ):
        assert response.status == 413


async def test_scalars_are_validated(target: Target) -> None:
    status, answer = await post(target, '{ at(time: "yesterday") }')
    assert (status, answer["data"]) == (200, None)
    assert "AWSDateTime" in answer["errors"][0]["message"]
    query = "query($t: AWSDateTime!) { at(time: $t) }"
    _, answer = await post(target, query, {"t": "2026-02-30T00:00:00Z"})
    assert "AWSDateTime" in answer["errors"][0]["message"]
    _, answer = await post(target, query, {"t": "2026-02-28T00:00:00.123Z"})
    assert answer == {"data": {"at": "2026-02-28T00:00:00.123Z"}}


async def test_browsers_may_call(target: Target) -> None:
    asked = {"Origin": "https://a.example", "Access-Control-Request-Headers": "x-api-key"}
    async with aiohttp.ClientSession() as session:
        async with session.options(target.graphql_url, headers=asked) as response:
            assert response.status == 200
            assert response.headers["Access-Control-Allow-Origin"] == "*"
            assert response.headers["Access-Control-Allow-Headers"] == "x-api-key"
        async with session.post(target.graphql_url, data=b"") as response:
            assert response.status == 401
            assert response.headers["Access-Control-Allow-Origin"] == "*"


async def test_a_query_of_many_aliases_is_answered_soon(target: Target) -> None:
    many = " ".join(f"a{i}: whoami" for i in range(1_001))
    async with asyncio.timeout(SECONDS):
        status, answer = await post(target, f"{{ {many} }}")
    assert status == 400
    assert answer["errors"][0]["errorType"] == "LimitExceededError"
    same = "whoami " * 1_000
    async with asyncio.timeout(SECONDS):
        status, answer = await post(target, f"{{ {same} }}")
    assert status == 200
