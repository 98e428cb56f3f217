"""Who calls: one authenticator per authorization mode, tried by what the headers carry."""

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .definition import ApiKey, AuthMode
from .errors import UnauthorizedError

Clock = Callable[[], float]


@dataclass(frozen=True)
class Caller:
    """An authenticated caller. `identity` is `ctx.identity`, None for API keys."""

    mode: AuthMode
    identity: dict[str, Any] | None = None


@dataclass(frozen=True)
class Evidence:
    """What a caller presents: a request as it was signed.

    For a WebSocket, `headers` come from the header JSON or the authorization extension, and
    `path` and `body` are what AppSync's protocol says was signed. Header names are lower case.
    """

    headers: Mapping[str, str]
    path: str = "/graphql"
    body: bytes = b""
    method: str = "POST"
    query: str = ""
    source_ips: tuple[str, ...] = field(default=())


class Authenticator(Protocol):
    """One authorization mode."""

    mode: AuthMode

    def recognizes(self, evidence: Evidence) -> bool:
        """Whether the evidence carries this mode's kind of credential, valid or not."""
        ...

    async def authenticate(self, evidence: Evidence) -> Caller:
        """The caller; raises UnauthorizedError."""
        ...


class ApiKeyAuthenticator:
    """API_KEY: header `x-api-key`, refused from its expiry on."""

    mode: AuthMode = "API_KEY"

    def __init__(self, keys: Sequence[ApiKey], clock: Clock = time.time) -> None:
        self._keys = tuple(keys)
        self._clock = clock

    def recognizes(self, evidence: Evidence) -> bool:
        return "x-api-key" in evidence.headers

    async def authenticate(self, evidence: Evidence) -> Caller:
        given = evidence.headers["x-api-key"].encode()
        found: ApiKey | None = None
        for key in self._keys:
            # Every key is compared, in constant time, so that timing tells nothing.
            if hmac.compare_digest(key.value.encode(), given):
                found = key
        if found is None or found.expires <= self._clock():
            raise UnauthorizedError
        return Caller(self.mode)


class Authentication:
    """All modes of one API."""

    def __init__(self, authenticators: Sequence[Authenticator]) -> None:
        self._authenticators = tuple(authenticators)

    async def authenticate(self, evidence: Evidence) -> Caller:
        """The caller by the first mode whose credential is there; raises UnauthorizedError."""
        if not _is_unicode(evidence):
            raise UnauthorizedError
        for authenticator in self._authenticators:
            if authenticator.recognizes(evidence):
                return await authenticator.authenticate(evidence)
        raise UnauthorizedError("Valid authorization header not provided.")


def _is_unicode(evidence: Evidence) -> bool:
    """Whether the evidence can be hashed at all: half surrogate pairs, as JSON's escapes and raw
    bytes in HTTP headers make them, have no UTF-8 form."""
    texts = (evidence.path, evidence.query, *evidence.headers, *evidence.headers.values())
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return False
    return True
