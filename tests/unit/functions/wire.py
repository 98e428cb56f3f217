"""HTTP of the adapters, without a socket."""

from dataclasses import dataclass, field
from typing import Any

import requests
from globalws_functions.adapters.signing import new_session
from requests.adapters import BaseAdapter


@dataclass
class Wire(BaseAdapter):
    """Answers requests without a socket."""

    status: int = 200
    body: bytes = b'{"data": {}}'
    error: Exception | None = None
    is_broken_once: bool = False
    sent: list[requests.PreparedRequest] = field(default_factory=list)

    def __hash__(self) -> int:
        return id(self)

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(request)
        if self.is_broken_once:
            self.is_broken_once = False
            raise requests.ConnectionError("Remote end closed connection without response")
        if self.error:
            raise self.error
        response = requests.Response()
        response.status_code = self.status
        response._content = self.body
        response.url = request.url or ""
        return response

    def close(self) -> None:
        pass


def session(wire: Wire) -> requests.Session:
    """A session that only the wire answers."""
    made = new_session()
    made.mount("https://", wire)
    return made
