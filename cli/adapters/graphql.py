"""A region's GraphQL API over HTTP, called with its API key as any client does, or signed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from globalws_functions.domain.json_text import read_json

from cli.errors import RefusedError, UnreachableError

if TYPE_CHECKING:
    import requests
    from botocore.credentials import Credentials

_CONNECT_AND_READ_SECONDS = (3.0, 35.0)  # AppSync itself gives up after 30 s
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_HTTP_TOO_MANY_REQUESTS = 429
_HTTP_SERVER_ERROR = 500
_JSON = "application/json"


Authorize = Callable[[str, bytes], Mapping[str, str]]
"""(URL, body) → the headers with which a request comes in."""


def with_api_key(key: str) -> Authorize:
    """Comes in with an API key."""
    return lambda url, body: {"x-api-key": key}


def signed(credentials: "Credentials", region: str) -> Authorize:
    """Comes in with IAM: Signature Version 4 by these credentials."""

    def sign(url: str, body: bytes) -> Mapping[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request = AWSRequest("POST", url, {"content-type": _JSON}, data=body)
        SigV4Auth(credentials, "appsync", region).add_auth(request)
        return dict(request.headers.items())

    return sign


@dataclass(frozen=True)
class GraphqlApi:
    """The API at `url`; `region` names it in errors."""

    region: str
    url: str
    authorize: Authorize

    def execute(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Runs an operation and returns its `data`.

        Raises:
            RefusedError: the API refuses it, now and later.
            UnreachableError: no answer, an error that may pass, or no GraphQL.
        """
        response = self._post({"query": query, "variables": dict(variables or {})})
        status = response.status_code
        if status == _HTTP_TOO_MANY_REQUESTS or status >= _HTTP_SERVER_ERROR:
            raise UnreachableError(f"the API in {self.region} answered HTTP {status}: try again")
        try:
            answer = read_json(response.content)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise UnreachableError(f"no GraphQL API answers at {self.url} (HTTP {status})")
        if errors := answer.get("errors"):
            first = errors[0] if isinstance(errors, list) else errors
            self._refuse(first if isinstance(first, dict) else {"message": first})
        data = answer.get("data")
        if not isinstance(data, dict):
            raise UnreachableError(f"no GraphQL API answers at {self.url} (HTTP {status})")
        return data

    def _refuse(self, error: Mapping[str, Any]) -> None:
        kind = str(error.get("errorType") or "GraphQL error")
        text = " ".join(str(error.get("message") or "no message").split())
        from globalws_client.errors import is_final

        # Every other error may pass: the same call may succeed later, or in another region.
        if is_final(kind):
            raise RefusedError(kind, text)
        raise UnreachableError(f"{kind} in {self.region}: {text}")

    def _post(self, body: Mapping[str, Any]) -> "requests.Response":
        import requests  # here: it takes longer than all else that `--help` does

        data = json.dumps(body).encode()
        headers = {"content-type": _JSON, **self.authorize(self.url, data)}
        with requests.Session() as session:
            # A proxy is for the way out, never for this machine.
            session.trust_env = urlsplit(self.url).hostname not in _LOOPBACK
            try:
                return session.post(
                    self.url,
                    data=data,
                    headers=headers,
                    timeout=_CONNECT_AND_READ_SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                cause = type(error).__name__
                raise UnreachableError(
                    f"the API in {self.region} does not answer at {self.url} ({cause})"
                ) from error
