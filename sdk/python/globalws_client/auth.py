"""Who is calling: an API key, a token, or (iam.py) AWS credentials."""

import asyncio
import base64
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping

from .errors import ConfigError, TokenError
from .types import RegionEndpoint

FETCH_SECONDS = 30.0  # a source of tokens that takes longer has failed


class Auth(ABC):
    """Makes the headers that authorize a request."""

    renewable = False
    """Whether other headers can be had after a refusal."""

    @abstractmethod
    async def headers(self, region: RegionEndpoint, url: str, body: str) -> dict[str, str]:
        """The headers for a POST of `body` to `url`. Raises ClientError."""

    def refused(self, headers: Mapping[str, str]) -> bool:
        """The API refused these headers. Returns whether it makes sense to ask for others."""
        return False

    def check(self, region: RegionEndpoint) -> None:  # noqa: B027 most need no check
        """Raises ConfigError if the region cannot be called."""


class ApiKey(Auth):
    """An API key; without an argument, each region's own from the configuration."""

    def __init__(self, key: str | None = None) -> None:
        self._key = key

    async def headers(self, region: RegionEndpoint, url: str, body: str) -> dict[str, str]:
        """See Auth."""
        return {"x-api-key": self._key or region.api_key}

    def check(self, region: RegionEndpoint) -> None:
        """See Auth."""
        if not (self._key or region.api_key):
            raise ConfigError(f"{region.region} has no API key: give auth=Token(…) or auth=Iam()")


class Token(Auth):
    """A token of OIDC or Cognito.

    Args:
        source: an async function that returns a token. It is called when a token is needed (for a
            connection, a subscription or a request) and the last one is about to expire, or was
            refused. Callers that wait at the same time share one call. One that takes longer
            than 30 seconds has failed.
        early_ms: how long before its `exp` a JWT counts as expired. A token without `exp` is kept
            until it is refused.
        wall: this machine's clock, seconds since 1970.
    """

    renewable = True

    def __init__(
        self,
        source: Callable[[], Awaitable[str]],
        *,
        early_ms: float = 60_000,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._early_ms = early_ms
        self._wall = wall
        self._token: str | None = None
        self._expires_ms: float | None = None
        self._asking: asyncio.Task[str] | None = None

    async def headers(self, region: RegionEndpoint, url: str, body: str) -> dict[str, str]:
        """See Auth. Raises TokenError."""
        return {"Authorization": await self._current()}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """See Auth."""
        if headers.get("Authorization") == self._token:
            self._token = None
        return True

    async def _current(self) -> str:
        if self._token is not None and not self._is_old():
            return self._token
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="token source")
            self._asking.add_done_callback(self._asked)
        # A caller that is cancelled must not take the token away from the others.
        return await asyncio.shield(self._asking)

    def _asked(self, task: asyncio.Task[str]) -> None:
        self._asking = None
        if not task.cancelled():
            # Callers that wait get the error. If none waits, this keeps asyncio from logging it.
            task.exception()

    async def _ask(self) -> str:
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                token = await self._source()
        except Exception as error:
            raise TokenError(
                f"the token source failed: {str(error) or type(error).__name__}"
            ) from error
        if not isinstance(token, str) or not token:
            raise TokenError("the token source must return a text that is not empty")
        self._token, self._expires_ms = token, expiry_ms(token)
        return token

    def _is_old(self) -> bool:
        if self._expires_ms is None:
            return False
        return self._wall() * 1000 >= self._expires_ms - self._early_ms


def expiry_ms(token: str) -> float | None:
    """A JWT's `exp` in milliseconds since 1970; None if it has none or is no JWT."""
    try:
        payload = token.removeprefix("Bearer ").split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        expires = claims["exp"]
    except (IndexError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return expires * 1000 if isinstance(expires, int | float) else None
