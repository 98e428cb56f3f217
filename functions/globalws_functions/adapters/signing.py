"""Signed HTTP to AWS over one kept connection.

Without boto3, whose import alone costs more than a replay does.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests_aws4auth import AWS4Auth

from globalws_functions.domain.errors import TransientError

_CONNECT_AND_READ_SECONDS = (2.0, 10.0)


@dataclass(frozen=True)
class Credentials:
    """A role's temporary credentials."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Credentials":
        """What Lambda puts into the environment; read at each call, because they rotate."""
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN") or None,
        )


@lru_cache(maxsize=4)
def _signer(credentials: Credentials, region: str, service: str) -> AWS4Auth:
    return AWS4Auth(
        credentials.access_key_id,
        credentials.secret_access_key,
        region,
        service,
        session_token=credentials.session_token,
    )


def new_session() -> requests.Session:
    """A session that keeps its connections; no proxy or netrc of the environment applies."""
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=2)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def post(
    session: requests.Session,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    region: str,
    service: str,
) -> requests.Response:
    """POSTs a signed request.

    It goes to the session's adapter as it is: what a session adds (cookies, redirects, hooks,
    proxies) is not wanted here, and takes as long as all the rest.

    Raises:
        TransientError: no answer (network, time-out).
    """
    request = requests.PreparedRequest()
    request.method, request.url, request.body = "POST", url, body
    request.headers = CaseInsensitiveDict(headers)
    request.headers["Content-Length"] = str(len(body))
    _signer(Credentials.from_environment(), region, service)(request)
    adapter = session.get_adapter(url)
    try:
        response = _send(adapter, request)
        _ = response.content  # once it is read, the connection is free for the next request
    except requests.RequestException as error:
        raise TransientError(f"{service} at {url} did not answer: {error}") from error
    return response


def _send(adapter: BaseAdapter, request: requests.PreparedRequest) -> requests.Response:
    """Sends a request, again at once if the connection breaks.

    Lambda freezes a function between two events. Meanwhile the other end may close the kept
    connection, which shows at the next request only; Lambda would try again after a minute.
    """
    try:
        return adapter.send(request, timeout=_CONNECT_AND_READ_SECONDS)
    except requests.ConnectionError as error:
        if isinstance(error, requests.Timeout):
            raise
        return adapter.send(request, timeout=_CONNECT_AND_READ_SECONDS)
