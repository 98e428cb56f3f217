"""The local issuer hands out tokens to programs and to the web client, and to nobody else."""

from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port
from yarl import URL

from emulator.issuer.issuer import CLIENT_ID, Issuer
from emulator.issuer.server import application

_PAGE = "http://127.0.0.1:4100"


@pytest.fixture
async def client() -> AsyncIterator[TestClient[Any, Any]]:
    port = unused_port()
    app = application(Issuer(f"http://127.0.0.1:{port}/issuer"), port, frozenset({_PAGE}))
    async with TestClient(TestServer(app, port=port)) as client:
        yield client


async def _claims(client: TestClient[Any, Any], token: str) -> dict[str, Any]:
    """The claims of a token, verified as any reader of it would."""
    discovery = await (await client.get("/issuer/.well-known/openid-configuration")).json()
    keys = jwt.PyJWKSet.from_dict(await (await client.get(URL(discovery["jwks_uri"]).path)).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token, key, ["RS256"], issuer=discovery["issuer"], audience=CLIENT_ID
    )
    return claims


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"user": "alice"}, {"sub": "alice"}),
        ({"user": "erin"}, {"sub": "erin", "cognito:groups": ["editors"]}),
        (
            {"user": "bob", "claims": '{"globalws": {"orders:*": ["subscribe"]}}'},
            {"sub": "bob", "globalws": {"orders:*": ["subscribe"]}},
        ),
    ],
)
async def test_a_token_says_who_the_user_is(
    client: TestClient[Any, Any], form: dict[str, str], expected: dict[str, Any]
) -> None:
    response = await client.post("/issuer/token", data=form)
    claims = await _claims(client, (await response.json())["access_token"])
    assert {name: claims[name] for name in expected} == expected
    assert ("cognito:groups" in claims) == ("cognito:groups" in expected)


@pytest.mark.parametrize(
    "form",
    [{}, {"user": "mallory"}, {"user": "bob", "claims": "[]"}, {"user": "bob", "claims": "{"}],
)
async def test_what_is_no_request_for_a_token_is_refused(
    client: TestClient[Any, Any], form: dict[str, str]
) -> None:
    response = await client.post("/issuer/token", data=form)
    assert response.status == 400
    assert (await response.json())["error_description"]


async def test_the_web_client_may_ask_and_other_pages_may_not(
    client: TestClient[Any, Any],
) -> None:
    form = {"user": "alice"}
    page = await client.post("/issuer/token", data=form, headers={"Origin": _PAGE})
    assert (page.status, page.headers["Access-Control-Allow-Origin"]) == (200, _PAGE)
    for headers in ({"Origin": "http://elsewhere.test"}, {"Host": "elsewhere.test"}):
        other = await client.post("/issuer/token", data=form, headers=headers)
        assert other.status == 403
        assert "access_token" not in await other.text()
