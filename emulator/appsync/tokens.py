"""OPENID_CONNECT and AMAZON_COGNITO_USER_POOLS: verification of tokens (JWT), as in AppSync."""

import re
import time
from collections.abc import Mapping
from typing import Any

import jwt

from .auth import Caller, Clock, Evidence
from .definition import AuthMode, TokenIssuer
from .errors import UnauthorizedError
from .token_keys import FetchJson, KeysUnavailableError, TokenKeys

# The token's own choice counts only within this list: `none` and shared secrets prove nothing.
_ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512")
_REQUIRED = ("exp", "iat", "iss", "sub")
_BEARER = re.compile(r"bearer\s+", re.IGNORECASE)


class TokenAuthenticator:
    """Verifies the tokens of one issuer.

    Args:
        fetch: gets a JSON document from a URL.
    """

    def __init__(self, issuer: TokenIssuer, fetch: FetchJson, clock: Clock = time.time) -> None:
        self.mode: AuthMode = issuer.mode
        self._issuer = issuer
        self._keys = TokenKeys(issuer, fetch)
        self._client = re.compile(issuer.client_id) if issuer.client_id else None
        self._clock = clock

    def recognizes(self, evidence: Evidence) -> bool:
        """By the issuer that the token names; `authenticate` verifies that it is true."""
        token = _token(evidence)
        return token is not None and _unverified(token).get("iss") == self._issuer.issuer

    async def authenticate(self, evidence: Evidence) -> Caller:
        token = _token(evidence) or ""
        try:
            header = jwt.get_unverified_header(token)
            key = await self._keys.key(str(header.get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=self._issuer.issuer,
                # Audiences are compared below: the setting is a pattern, and may be absent.
                options={"require": list(_REQUIRED), "verify_aud": False},
            )
        except KeysUnavailableError as error:
            raise UnauthorizedError(f"The issuer's keys cannot be fetched: {error}") from error
        except jwt.ExpiredSignatureError as error:
            raise UnauthorizedError("Token has expired.") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise UnauthorizedError(f"Unable to verify the token: {error}") from error
        self._check_client(claims)
        self._check_age(claims)
        return Caller(self.mode, self._identity(claims, evidence))

    def _check_client(self, claims: Mapping[str, Any]) -> None:
        if self._client is None:
            return
        audience = claims.get("aud", [])
        named = [audience] if isinstance(audience, str) else list(audience)
        named += [claims[name] for name in ("azp", "client_id") if name in claims]
        if not any(isinstance(each, str) and self._client.fullmatch(each) for each in named):
            raise UnauthorizedError("The token is for another client.")

    def _check_age(self, claims: Mapping[str, Any]) -> None:
        for claim, limit_ms in (
            ("iat", self._issuer.iat_ttl_ms),
            ("auth_time", self._issuer.auth_ttl_ms),
        ):
            begun = claims.get(claim, 0)
            if limit_ms and (
                not isinstance(begun, int | float) or begun + limit_ms / 1000 <= self._clock()
            ):
                raise UnauthorizedError(f"The token is too old ({claim}).")

    def _identity(self, claims: dict[str, Any], evidence: Evidence) -> dict[str, Any]:
        common = {"claims": claims, "issuer": claims["iss"], "sub": claims["sub"]}
        if self.mode == "OPENID_CONNECT":
            return common
        return {
            **common,
            "defaultAuthStrategy": "ALLOW",
            "groups": claims.get("cognito:groups"),
            "sourceIp": list(evidence.source_ips),
            "username": claims.get("cognito:username") or claims.get("username"),
        }


def _token(evidence: Evidence) -> str | None:
    """The token in `Authorization`, with or without `Bearer`; None if that is no token."""
    text = _BEARER.sub("", evidence.headers.get("authorization", "").strip(), count=1)
    return text if text.count(".") == 2 and " " not in text else None


def _unverified(token: str) -> Mapping[str, Any]:
    try:
        claims: Mapping[str, Any] = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        return {}
    return claims
