"""The public keys of a token issuer, fetched when needed and kept for a while."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import jwt

from .definition import TokenIssuer

FetchJson = Callable[[str], Awaitable[Any]]
"""The JSON document at a URL. Raises KeysUnavailableError."""

_KEEP_SECONDS = 300.0
_PAUSE_SECONDS = 5.0  # unknown key ids must not make us ask the issuer each time


class KeysUnavailableError(Exception):
    """The issuer does not answer, or not with keys."""


async def fetch_json(url: str) -> Any:
    """Over HTTP. Raises KeysUnavailableError."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(url) as response,
        ):
            response.raise_for_status()
            return await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise KeysUnavailableError(f"{url}: {type(error).__name__}") from error


class TokenKeys:
    """The keys of one issuer, by key id."""

    def __init__(
        self, issuer: TokenIssuer, fetch: FetchJson, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")

    async def key(self, key_id: str) -> jwt.PyJWK:
        """The key; fetched again if it is unknown (issuers rotate) or known for long.

        Raises:
            KeysUnavailableError: the issuer gives no keys.
            jwt.InvalidKeyError: the issuer has no such key.
        """
        age = self._clock() - self._fetched_at
        if age > _KEEP_SECONDS or (key_id not in self._keys and age > _PAUSE_SECONDS):
            await self._refresh()
        if key_id not in self._keys:
            raise jwt.InvalidKeyError("the issuer has no key of that id")
        return self._keys[key_id]

    async def _refresh(self) -> None:
        url = self._issuer.keys_url
        if not url:
            place = f"{self._issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
            document = await self._fetch(place)
            found = document.get("jwks_uri") if isinstance(document, dict) else None
            if not isinstance(found, str):
                raise KeysUnavailableError(f"{place} names no jwks_uri")
            url = found
        try:
            keys = jwt.PyJWKSet.from_dict(await self._fetch(url)).keys
        except (jwt.PyJWTError, AttributeError, TypeError, KeyError) as error:
            raise KeysUnavailableError(f"{url} holds no keys") from error
        self._keys = {key.key_id: key for key in keys if key.key_id}
        self._fetched_at = self._clock()
