"""Field × credential, over HTTP and over WebSocket: who may do what."""

import asyncio
from typing import Any

import pytest
from gql import gql
from gql.transport.exceptions import TransportError

from tests.conformance.clients import (
    CREDENTIALS,
    MESSAGE,
    SECONDS,
    SUBSCRIBE,
    Target,
    frames,
    gql_client,
    headers_for,
    post,
)

BUS_MESSAGE = (
    '(id: "1", name: "tech", message: "m", publishedAt: "2026-01-01T00:00:00Z", region: "x")'
)
# field → (query, credentials that may)
OPERATIONS = {
    "getChannel": ('{ getChannel(name: "tech") { name } }', {"api-key", "iam"}),
    "channels": ("{ channels { name allowed } }", {"api-key", "iam"}),
    "whoami": ("{ whoami }", {"api-key", "iam"}),
    "audit.reason": ("{ audit { reason } }", {"iam"}),
    "Channel.auditor": ('{ getChannel(name: "tech") { auditor } }', {"iam"}),
    "publish": (
        f'mutation {{ publish(name: "tech", message: "m") {{ {MESSAGE} }} }}',
        {"api-key", "iam"},
    ),
    "publishFromBus": (f"mutation {{ publishFromBus{BUS_MESSAGE} {{ {MESSAGE} }} }}", {"iam"}),
    "unsubscribe": ('mutation { unsubscribe(name: "media") { name } }', {"iam"}),
}
SUBSCRIPTIONS = {
    "subscribe": (SUBSCRIBE, {"api-key", "iam"}),
    "subscribeFromBus": (
        SUBSCRIBE.replace("subscribe(", "subscribeFromBus("),
        {"iam"},
    ),
}
KNOWN = {"api-key", "iam"}


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("field", OPERATIONS)
async def test_http(target: Target, field: str, credential: str) -> None:
    query, allowed = OPERATIONS[field]
    status, answer = await post(target, query, credential=credential)
    if credential not in KNOWN:
        assert status == 401
        assert answer["errors"][0]["errorType"] == "UnauthorizedException"
        assert "data" not in answer
    elif credential in allowed:
        assert (status, answer.get("errors")) == (200, None)
    else:
        assert status == 200
        [error] = answer["errors"]
        type_name, _, name = field.rpartition(".")
        parent = {"audit": "Audit", "": "Mutation"}.get(type_name, type_name)
        assert error["errorType"] == "Unauthorized"
        assert error["message"] == f"Not Authorized to access {name} on type {parent}"
        assert _at(answer["data"], error["path"]) is None


def _at(data: Any, path: list[str]) -> Any:
    for part in path:
        data = data[part]
    return data


@pytest.mark.parametrize("carrier", ["query", "subprotocol"])
@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_connect(target: Target, credential: str, carrier: str) -> None:
    async with frames(target, credential, carrier=carrier, init=False) as connection:
        assert connection.socket.protocol == "graphql-ws"
        if credential in KNOWN:
            await connection.init()
        else:
            refusal = await connection.receive()
            assert refusal["type"] == "connection_error"
            assert refusal["payload"]["errors"][0]["errorType"] == "UnauthorizedException"
            assert (await connection.receive())["type"] == "closed"


@pytest.mark.parametrize("credential", CREDENTIALS)
@pytest.mark.parametrize("field", SUBSCRIPTIONS)
async def test_start(target: Target, field: str, credential: str) -> None:
    query, allowed = SUBSCRIPTIONS[field]
    async with frames(target) as connection:
        answer = await connection.start("1", query, credential, name="tech")
        if credential in allowed:
            assert answer == {"type": "start_ack", "id": "1"}
            return
        [error] = answer["payload"]["errors"]
        expected = "Unauthorized" if credential in KNOWN else "UnauthorizedException"
        assert (answer["type"], answer["id"], error["errorType"]) == ("error", "1", expected)
        # The refusal ends neither the connection nor the use of the id.
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"


@pytest.mark.parametrize("credential", ["wrong-key", "wrong-signature"])
async def test_gql_is_told(target: Target, credential: str) -> None:
    with pytest.raises(TransportError, match="Unauthorized"):
        async with asyncio.timeout(SECONDS), gql_client(target, credential):
            pytest.fail("connected")


async def test_iam_identity(target: Target) -> None:
    _, answer = await post(target, "{ whoami }", credential="iam")
    assert "conformance" in answer["data"]["whoami"]
    _, answer = await post(target, "{ whoami }", credential="api-key")
    assert answer["data"]["whoami"] is None


async def test_a_signature_fits_its_body_only(target: Target) -> None:
    import aiohttp

    headers = headers_for(target, "iam", target.graphql_url, '{"query": "{ whoami }"}')
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            target.graphql_url, data='{"query": "{ channels { name } }"}', headers=headers
        ) as response,
    ):
        assert response.status == 401


async def test_requests_aws4auth(target: Target) -> None:
    import requests
    from requests_aws4auth import AWS4Auth

    auth = AWS4Auth(target.access_key, target.secret_key, target.region, "appsync")
    response = await asyncio.to_thread(
        requests.post, target.graphql_url, json={"query": "{ whoami }"}, auth=auth, timeout=SECONDS
    )
    assert response.status_code == 200, response.text


async def test_gql_over_http(target: Target) -> None:
    from gql import Client
    from gql.transport.aiohttp import AIOHTTPTransport

    transport = AIOHTTPTransport(target.graphql_url, headers={"x-api-key": target.api_key})
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        answer = await session.execute(gql("{ channels { name } }"))
    assert {"name": "tech"} in answer["channels"]
