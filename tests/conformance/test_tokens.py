"""Tokens instead of API keys, on the project's own API: real clients get in, forgers do not."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import jwt
import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from gql import Client, gql
from gql.transport.appsync_auth import AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportError

from emulator.appsync.definition import TokenIssuer
from emulator.appsync.server import add_routes
from emulator.issuer import server as issuer_server
from emulator.issuer.issuer import Issuer
from tests.conformance.amplify_client import AmplifyClient
from tests.conformance.clients import SECONDS, Target
from tests.support.project_api import KEY, REGION, project_api, project_engine

_FIELDS = "id name message publishedAt region publisher"
_PUBLISH = f'mutation {{ publish(name: "tech", message: "hi") {{ {_FIELDS} }} }}'
_SUBSCRIBE = gql(f'subscription {{ subscribe(name: "tech") {{ {_FIELDS} }} }}')
_MODES = {"oidc": "OPENID_CONNECT", "userPool": "AMAZON_COGNITO_USER_POOLS"}


@dataclass(frozen=True)
class Served:
    """The API with an issuer beside it."""

    target: Target
    issuer: Issuer
    amplify_mode: str
    asked: list[str]

    async def post(self, query: str, token: str) -> tuple[int, Any]:
        """Status and document."""
        async with (
            ClientSession() as session,
            session.post(
                self.target.graphql_url, json={"query": query}, headers={"Authorization": token}
            ) as response,
        ):
            return response.status, await response.json()

    def gql(self, token: str) -> Client:
        """A `gql` subscriber with this token."""
        auth = AppSyncJWTAuthentication(self.target.host, token)
        return Client(transport=AppSyncWebsocketsTransport(self.target.realtime_url, auth=auth))


@pytest.fixture(params=sorted(_MODES))
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    app = web.Application()
    issuer = Issuer("")
    issuer_server.add_routes(app, issuer)
    asked: list[str] = []

    async def note(request: web.Request, _: web.StreamResponse) -> None:
        asked.append(request.path)

    app.on_response_prepare.append(note)
    engine = project_engine()
    add_routes(app, engine)
    async with TestServer(app) as server:
        base = f"http://127.0.0.1:{server.port}"
        issuer.url = f"{base}/issuer"
        mode: Any = _MODES[request.param]
        trusted = TokenIssuer(mode, issuer.url, "globalws-local|client-2")
        if request.param == "userPool":
            trusted = replace(trusted, keys_url=f"{issuer.url}/keys")
        api = replace(project_api(mode), token_issuers=(trusted,))
        engine.replace(api)
        target = Target(f"{base}/graphql", f"ws{base[4:]}/graphql", KEY, "test", "test", REGION)
        yield Served(target, issuer, request.param, asked)


async def test_gql_publishes_and_subscribes_with_a_token(served: Served) -> None:
    token = served.issuer.token("alice")
    async with served.gql(token) as session:
        messages = session.subscribe(_SUBSCRIBE)
        first = asyncio.ensure_future(anext(messages))
        sent = None
        while not first.done():  # published again until the subscription has started
            status, answer = await served.post(_PUBLISH, f"Bearer {token}")
            assert (status, answer.get("errors")) == (200, None)
            sent = sent or answer["data"]["publish"]
            await asyncio.wait([first], timeout=0.1)
        assert (await first)["subscribe"]["message"] == "hi"
        with suppress(StopAsyncIteration):
            await messages.aclose()


async def test_amplify_publishes_and_subscribes_with_a_token(served: Served) -> None:
    token = served.issuer.token("alice", aud=None, client_id="client-2")
    async with AmplifyClient(served.target, served.amplify_mode, token) as amplify:
        await amplify.subscribe("s", "tech")
        sent = await amplify.publish("tech", "from a person with a name")
        assert await amplify.next_message("s") == sent


def _bad_tokens(issuer: Issuer) -> dict[str, str]:
    forger = Issuer(issuer.url)
    head, claims, signature = issuer.token("alice").split(".")
    _, other_claims, _ = issuer.token("somebody-else").split(".")
    now = int(time.time())
    unsigned = jwt.encode({"iss": issuer.url, "sub": "x", "iat": now, "exp": now + 60}, "", "none")
    return {
        "forged: another key of that id": forger.token("alice", key_id=issuer.key_id),
        "forged: other claims": f"{head}.{other_claims}.{signature}",
        "unsigned": unsigned,
        "signed with what is public": jwt.encode(
            {"iss": issuer.url, "sub": "x", "iat": now, "exp": now + 60},
            str(issuer.keys()).ljust(64),
            "HS256",
            headers={"kid": issuer.key_id},
        ),
        "expired": issuer.token("alice", exp=now - 1),
        "never expires": issuer.token("alice", exp=None),
        "of another client": issuer.token("alice", aud="client-3"),
        "of no client": issuer.token("alice", aud=None),
        "of another issuer": issuer.token("alice", iss="https://elsewhere.test"),
        "with an unknown key": issuer.token("alice", key_id="key-9"),
        "not yet valid": issuer.token("alice", nbf=now + 600),
        "no token": "a.b.c",
        "nothing": "",
        "cut": f"{head}.{claims}.",
    }


async def test_forged_expired_and_foreign_tokens_are_refused(served: Served) -> None:
    for what, token in _bad_tokens(served.issuer).items():
        status, answer = await served.post(_PUBLISH, token)
        assert status == 401, what
        assert answer["errors"][0]["errorType"] == "UnauthorizedException", what
        assert "data" not in answer, what


async def test_a_forged_token_opens_no_connection(served: Served) -> None:
    token = _bad_tokens(served.issuer)["forged: another key of that id"]
    with pytest.raises(TransportError, match="Unauthorized"):
        async with asyncio.timeout(SECONDS), served.gql(token) as session:
            await anext(session.subscribe(_SUBSCRIBE))


async def test_a_token_may_do_no_more_than_an_api_key(served: Served) -> None:
    status, answer = await served.post(
        'mutation { unsubscribe(name: "tech") { name } }', served.issuer.token("alice")
    )
    assert status == 200
    assert answer["errors"][0]["errorType"] == "Unauthorized"
    status, answer = await served.post(
        'mutation { publishFromBus(id: "01KB4YXW0G8Q2M7R3T5V9XZABC", name: "tech", message: "m", '
        f'publishedAt: "2026-01-01T00:00:00Z", region: "x") {{ {_FIELDS} }} }}',
        served.issuer.token("alice"),
    )
    assert answer["errors"][0]["errorType"] == "Unauthorized"


async def test_unknown_key_ids_do_not_make_us_ask_the_issuer_each_time(served: Served) -> None:
    await served.post(_PUBLISH, served.issuer.token("alice"))
    for number in range(20):
        status, _ = await served.post(
            _PUBLISH, served.issuer.token("alice", key_id=f"key-{number}")
        )
        assert status == 401
    assert served.asked.count("/issuer/keys") == 1
