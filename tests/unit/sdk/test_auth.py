"""Tokens are kept, shared, renewed once; keys and signatures go where AppSync looks for them."""

import asyncio
import base64
import json
from collections.abc import Callable

import pytest
from botocore.credentials import Credentials
from globalws_client import ApiKey, Client, ConfigError, Iam, RegionEndpoint, Token, TokenError
from globalws_client.auth import expiry_ms

REGION = RegionEndpoint("us-west-2", "https://api.test/graphql", "wss://api.test/graphql/realtime")
NOW = 1_795_000_000.0


def jwt(expires: float, number: int = 0) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": expires, "n": number}).encode())
    return f"e30.{claims.decode().rstrip('=')}.sig"


class Source:
    """Gives a token of this lifetime at each call."""

    def __init__(self, clock: Callable[[], float], seconds: float = 3600) -> None:
        self.calls = 0
        self.failure: Exception | None = None
        self._clock = clock
        self._seconds = seconds

    async def __call__(self) -> str:
        self.calls += 1
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return jwt(self._clock() + self._seconds, self.calls)


async def _header(token: Token) -> str:
    return (await token.headers(REGION, REGION.graphql_url, "{}"))["Authorization"]


async def test_a_token_is_kept_until_shortly_before_it_expires() -> None:
    now = NOW
    source = Source(lambda: now, 3600)
    token = Token(source, wall=lambda: now)
    first = await _header(token)
    now += 3600 - 61
    assert await _header(token) == first
    now += 2
    assert await _header(token) != first
    assert source.calls == 2


async def test_who_waits_at_the_same_time_shares_one_call() -> None:
    source = Source(lambda: NOW)
    token = Token(source, wall=lambda: NOW)
    waiting = [asyncio.create_task(_header(token)) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # takes nothing away from the others
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert len(set(found[1:])) == 1
    assert source.calls == 1


async def test_a_refused_token_is_asked_for_again_once_however_many_say_so() -> None:
    source = Source(lambda: NOW)
    token = Token(source, wall=lambda: NOW)
    old = {"Authorization": await _header(token)}
    assert token.refused(old)
    new = await _header(token)
    assert token.refused(old)  # another one that had the old token
    assert await _header(token) == new != old["Authorization"]
    assert source.calls == 2


async def test_a_source_that_fails_says_so_to_all_and_is_asked_again() -> None:
    source = Source(lambda: NOW)
    source.failure = OSError("no network")
    token = Token(source, wall=lambda: NOW)
    found = await asyncio.gather(*(_header(token) for _ in range(3)), return_exceptions=True)
    assert all(isinstance(each, TokenError) and "no network" in str(each) for each in found)
    assert source.calls == 1
    source.failure = None
    assert await _header(token)


async def test_a_source_that_hangs_is_given_up_and_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("globalws_client.auth.FETCH_SECONDS", 0.01)
    calls = 0

    async def source() -> str:
        nonlocal calls
        calls += 1
        await asyncio.sleep(60 if calls == 1 else 0)
        return "opaque"

    token = Token(source)
    with pytest.raises(TokenError, match="TimeoutError"):
        await _header(token)
    assert await _header(token) == "opaque"


@pytest.mark.parametrize("bad", ["", None, 5])
async def test_what_is_no_token_is_refused(bad: object) -> None:
    async def source() -> str:
        return bad  # type: ignore[return-value]

    with pytest.raises(TokenError, match="text that is not empty"):
        await _header(Token(source))


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "a.e30.c", "a.W10.c", "..", "a.ImkiCg.c"])
def test_a_token_without_an_expiry_has_none(text: str) -> None:
    assert expiry_ms(text) is None


def test_a_tokens_expiry() -> None:
    assert expiry_ms("Bearer " + jwt(NOW)) == expiry_ms(jwt(NOW)) == NOW * 1000


async def test_an_api_key_is_the_regions_own_or_one_for_all() -> None:
    region = RegionEndpoint("us", "https://a/graphql", "wss://a/graphql", "da2-own")
    assert await ApiKey().headers(region, "", "") == {"x-api-key": "da2-own"}
    assert await ApiKey("da2-all").headers(region, "", "") == {"x-api-key": "da2-all"}
    with pytest.raises(ConfigError, match="us-west-2 has no API key"):
        async with Client([REGION]):
            pass


async def test_iam_signs_method_url_and_body() -> None:
    iam = Iam(Credentials("AKID", "secret", "session"))
    url = REGION.graphql_url + "/connect"
    headers = await iam.headers(REGION, url, "{}")
    assert "Credential=AKID/" in headers["Authorization"]
    assert "/us-west-2/appsync/aws4_request" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "session"
    other = await iam.headers(REGION, url, '{"a":1}')
    assert headers["Authorization"] != other["Authorization"]
