"""Signature Version 4 for requests without a query, and with a path that needs no escapes."""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    """An access key; `session_token` is empty unless the key is temporary."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Credentials":
        """Raises KeyError if AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is missing."""
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )


class Signer:
    """Signs for one region and service.

    Args:
        clock: epoch seconds.
    """

    def __init__(
        self,
        credentials: Credentials,
        region: str,
        service: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._clock = clock
        self._day = ""
        self._key = b""

    def headers(
        self,
        host: str,
        body: bytes = b"",
        *,
        target: str = "",
        method: str = "POST",
        path: str = "/",
    ) -> dict[str, str]:
        """The headers X-Amz-Date and Authorization, X-Amz-Target if there is a target, and
        X-Amz-Security-Token if the key is temporary.

        Args:
            host: as in the request's Host header.
            body: the whole body.
            target: the operation of a JSON protocol, as `DynamoDB_20120810.GetItem`.
        """
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._clock()))
        headers = {"X-Amz-Date": stamp}
        if target:
            headers["X-Amz-Target"] = target
        if self._credentials.session_token:
            headers["X-Amz-Security-Token"] = self._credentials.session_token
        signed = {"host": host} | {name.lower(): value for name, value in headers.items()}
        names = ";".join(sorted(signed))
        lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        canonical = f"{method}\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        signature = hmac.digest(self._signing_key(stamp[:8]), text.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._credentials.access_key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _signing_key(self, day: str) -> bytes:
        """It is good for one day, so it is made once a day."""
        if day != self._day:
            key = ("AWS4" + self._credentials.secret_access_key).encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key
