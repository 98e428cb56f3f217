"""AWS_IAM: verification of Signature Version 4 (header form), as AppSync's front does it."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from .auth import Caller, Clock, Evidence
from .definition import AuthMode
from .errors import UnauthorizedError

CLOCK_SKEW = 300.0
_ALGORITHM = "AWS4-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM}\s+"
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>\S+)"
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided."
    " Check your AWS Secret Access Key and signing method."
)


@dataclass(frozen=True)
class IamCredential:
    """A secret and the principal it belongs to; `session_token` if it is temporary."""

    secret: str
    account_id: str = "000000000000"
    user_name: str = "local"
    user_arn: str = ""
    session_token: str | None = None

    @property
    def arn(self) -> str:
        """The principal's ARN: as given, else that of an IAM user of the account."""
        return self.user_arn or f"arn:aws:iam::{self.account_id}:user/{self.user_name}"


class IamAuthenticator:
    """Verifies signatures for one region with `credentials` (access key id → credential)."""

    mode: AuthMode = "AWS_IAM"

    def __init__(
        self,
        credentials: Mapping[str, IamCredential],
        region: str,
        clock: Clock = time.time,
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._clock = clock

    def recognizes(self, evidence: Evidence) -> bool:
        return evidence.headers.get("authorization", "").startswith(_ALGORITHM)

    async def authenticate(self, evidence: Evidence) -> Caller:
        match = _AUTHORIZATION.fullmatch(evidence.headers["authorization"].strip())
        if match is None:
            raise UnauthorizedError("The Authorization header is not a valid SigV4 signature.")
        credential = self._credentials.get(match["key"])
        if credential is None:
            raise UnauthorizedError("The security token included in the request is invalid.")
        self._check_scope(match, evidence)
        expected = _signature(credential.secret, match, evidence)
        if not hmac.compare_digest(expected.encode(), match["signature"].encode()):
            raise UnauthorizedError(_MISMATCH)
        _check_token(credential, evidence)
        return Caller(self.mode, _identity(credential, evidence))

    def _check_scope(self, match: re.Match[str], evidence: Evidence) -> None:
        if match["region"] != self._region or match["service"] != "appsync":
            raise UnauthorizedError(
                f"Credential should be scoped to '{self._region}/appsync',"
                f" not '{match['region']}/{match['service']}'."
            )
        stamp = evidence.headers.get("x-amz-date", "")
        try:
            signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise UnauthorizedError("X-Amz-Date is missing or not YYYYMMDDTHHMMSSZ.") from None
        if stamp[:8] != match["date"]:
            raise UnauthorizedError("The credential's date differs from X-Amz-Date.")
        if abs(self._clock() - signed_at.timestamp()) > CLOCK_SKEW:
            raise UnauthorizedError("Signature expired or not yet current.")
        signed = set(match["headers"].split(";"))
        # Without these in the signature it would fit any host or, for ever, any time.
        if not {"host", "x-amz-date"} <= signed:
            raise UnauthorizedError("The signature must cover the headers host and x-amz-date.")


def _check_token(credential: IamCredential, evidence: Evidence) -> None:
    given = evidence.headers.get("x-amz-security-token")
    if credential.session_token is not None and not hmac.compare_digest(
        credential.session_token.encode(), (given or "").encode()
    ):
        raise UnauthorizedError("The security token included in the request is invalid.")


def _signature(secret: str, match: re.Match[str], evidence: Evidence) -> str:
    scope = f"{match['date']}/{match['region']}/{match['service']}/aws4_request"
    canonical = _canonical_request(match["headers"], evidence)
    text = "\n".join(
        (
            _ALGORITHM,
            evidence.headers["x-amz-date"],
            scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    key = _signing_key(secret, match["date"], match["region"], match["service"])
    return hmac.digest(key, text.encode(), "sha256").hex()


@lru_cache(maxsize=16)  # one key is good for a day
def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_request(signed_headers: str, evidence: Evidence) -> str:
    lines = []
    for name in signed_headers.split(";"):
        if name not in evidence.headers:
            raise UnauthorizedError(f"The signed header '{name}' is missing.")
        lines.append(f"{name}:{' '.join(evidence.headers[name].split())}")
    body_hash = hashlib.sha256(evidence.body).hexdigest()
    declared = evidence.headers.get("x-amz-content-sha256", body_hash)
    if not hmac.compare_digest(declared.encode(), body_hash.encode()):
        raise UnauthorizedError("X-Amz-Content-SHA256 does not match the body.")
    return "\n".join(
        (
            evidence.method,
            quote(evidence.path, safe="/~"),
            _canonical_query(evidence.query),
            *lines,
            "",
            signed_headers,
            body_hash,
        )
    )


def _canonical_query(query: str) -> str:
    """The query sorted by name, then value, as it was sent; a name alone has an empty value."""
    pairs = sorted(pair.partition("=")[::2] for pair in query.split("&")) if query else []
    return "&".join(f"{name}={value}" for name, value in pairs)


def _identity(credential: IamCredential, evidence: Evidence) -> dict[str, Any]:
    return {
        "accountId": credential.account_id,
        "cognitoIdentityAuthProvider": None,
        "cognitoIdentityAuthType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "sourceIp": list(evidence.source_ips),
        "userArn": credential.arn,
        "username": credential.user_name,
    }
