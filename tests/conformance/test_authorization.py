"""Who may do what, where the project's own API shows less.

tests/e2e/test_authorization.py has each field of the project's schema with each credential.
"""

import asyncio
from typing import Any

import pytest
from gql import gql
from gql.transport.exceptions import TransportError

from tests.conformance.clients import (
    CREDENTIALS,
    SECONDS,
    SUBSCRIBE,
    Target,
    frames,
    gql_client,
    headers_for,
    post,
)

# Fields of which a parent or a sibling is open to API keys: (query, the field's type).
NESTED = {
    "audit.reason": ("{ audit { reason } }", "Audit"),
    "auditor": ('{ getChannel(name: "tech") { auditor } }', "Channel"),
}
SUBSCRIBE_FROM_BUS = SUBSCRIBE.replace("subscribe(", "subscribeFromBus(")


@pytest.mark.parametrize("field", NESTED)
async def test_a_field_of_an_object_has_its_own_rule(target: Target, field: str) -> None:
    query, parent = NESTED[field]
    status, answer = await post(target, query, credential="iam")
    assert (status, answer.get("errors")) == (200, None)
    status, answer = await post(target, query, credential="api-key")
    assert status == 200
    [error] = answer["errors"]
    name = field.split(".")[-1]
    assert error["errorType"] == "Unauthorized"
    assert error["message"] == f"Not Authorized to access {name} on type {parent}"
    assert _at(answer["data"], error["path"]) is None


def _at(data: Any, path: list[str]) -> Any:
    for part in path:
        data = data[part]
    return data


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_a_subscription_has_its_own_rule(target: Target, credential: str) -> None:
    async with frames(target) as connection:
        answer = await connection.start("1", SUBSCRIBE_FROM_BUS, credential, name="tech")
        if credential == "iam":
            assert answer == {"type": "start_ack", "id": "1"}
            return
        [error] = answer["payload"]["errors"]
        expected = "Unauthorized" if credential == "api-key" else "UnauthorizedException"
        assert (answer["type"], answer["id"], error["errorType"]) == ("error", "1", expected)
        # The refusal ends neither the connection nor the use of the id.
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"


@pytest.mark.parametrize("carrier", ["query", "subprotocol"])
async def test_a_refused_client_that_says_nothing_is_closed(target: Target, carrier: str) -> None:
    async with frames(target, "expired-key", carrier=carrier, init=False) as connection:
        assert connection.socket.protocol == "graphql-ws"
        refusal = await connection.receive()
        assert refusal["type"] == "connection_error"
        assert refusal["payload"]["errors"][0]["errorType"] == "UnauthorizedException"
        assert (await connection.receive())["type"] == "closed"


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
