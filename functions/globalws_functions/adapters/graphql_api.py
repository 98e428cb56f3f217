"""This region's AppSync API, called with the function's role."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import requests

from globalws_functions.adapters.signing import new_session, post
from globalws_functions.domain.error_types import DUPLICATE, PERMANENT, THROTTLED, WITHHELD
from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    PermanentError,
    ThrottledError,
    TransientError,
)
from globalws_functions.domain.fields import instant
from globalws_functions.domain.message import Message

if TYPE_CHECKING:  # Replay does not need it
    from globalws_functions.domain.publish_request import PublishRequest

_TYPES = {
    "id": "ID!",
    "name": "String!",
    "message": "String!",
    "publishedAt": "AWSDateTime!",
    "region": "String!",
    "publisher": "String",
}

_DISCONNECT = "mutation Disconnect($user: ID!) { disconnect(user: $user) { user } }"

_PUBLISH_REQUESTED = (
    "mutation PublishRequested($id: ID!, $name: String!, $message: String!) { "
    "publishRequested(id: $id, name: $name, message: $message) "
    "{ id name message publishedAt region publisher } }"
)

_UNSUBSCRIBE = "mutation Unsubscribe($name: String!) { unsubscribe(name: $name) { name } }"

_HTTP_CONTENT_TOO_LARGE = 413
_HTTP_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class GraphqlApi:
    """The API at `url` (…/graphql); signs for `region` and keeps one connection."""

    url: str
    region: str
    session: requests.Session

    @classmethod
    def connect(cls, url: str, region: str) -> Self:
        """An API with a session of its own; no I/O yet."""
        return cls(url, region, new_session())

    def publish_from_bus(self, message: Message) -> None:
        """See `domain.replay.Api`."""
        sent = message.variables()
        self._expect("publishFromBus", sent, self.execute(_publish_from_bus(tuple(sent)), sent))

    def publish_requested(self, request: "PublishRequest") -> None:
        """See `domain.publish_request.Api`."""
        sent = request.variables()
        self._expect("publishRequested", sent, self.execute(_PUBLISH_REQUESTED, sent))

    def unsubscribe(self, name: str) -> None:
        """Ends this region's subscriptions of a channel; see `domain.apply.Api`."""
        sent = {"name": name}
        self._expect("unsubscribe", sent, self.execute(_UNSUBSCRIBE, sent))

    def disconnect(self, user: str) -> None:
        """Ends this region's subscriptions of a user; see `domain.apply.Api`."""
        sent = {"user": user}
        self._expect("disconnect", sent, self.execute(_DISCONNECT, sent))

    def execute(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Runs a GraphQL operation and returns its `data`.

        Raises:
            DuplicateMessageError, PermanentError, TransientError: by the answer's first error.
        """
        response = post(
            self.session,
            self.url,
            # Not escaped to ASCII: that would treble the size of most of the world's text.
            json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode(),
            {"content-type": "application/json; charset=utf-8"},
            region=self.region,
            service="appsync",
        )
        return _data(response)

    def _expect(self, field: str, sent: Mapping[str, str], data: Mapping[str, Any]) -> None:
        """Our API answers with what was sent. Anything else comes from another server.

        A deployment mends that, so it is transient: Lambda retries, then keeps the event.
        """
        found = data.get(field)
        answered = found if isinstance(found, Mapping) else {}
        wrong = [name for name, value in sent.items() if not _is_same(name, value, answered)]
        if wrong:
            raise TransientError(
                f"{self.url} answered {field} without doing it ({', '.join(wrong)} not as sent): "
                "is it the URL of this region's API?"
            )


@cache
def _publish_from_bus(fields: tuple[str, ...]) -> str:
    """The mutation for a message with these fields.

    Subscribers receive what it selects, so it selects all of them. An API older than this function
    does not know `publisher`, and then has no message that has one.
    """
    declared = ", ".join(f"${name}: {_TYPES[name]}" for name in fields)
    passed = ", ".join(f"{name}: ${name}" for name in fields)
    selected = " ".join(fields)
    return f"mutation PublishFromBus({declared}) {{ publishFromBus({passed}) {{ {selected} }} }}"


def _is_same(name: str, sent: str, answered: Mapping[str, Any]) -> bool:
    value = answered.get(name)
    if name != "publishedAt" or not isinstance(value, str):
        return bool(value == sent)
    try:
        return instant(value) == instant(sent)  # AppSync may write an instant differently
    except (TypeError, ValueError):  # not an instant, or one without an offset
        return False


def _data(response: requests.Response) -> dict[str, Any]:
    status = response.status_code
    if status == _HTTP_TOO_MANY_REQUESTS:
        raise ThrottledError(f"the API answered HTTP {status}: {response.text[:200]}")
    if status >= 500:
        raise TransientError(f"the API answered HTTP {status}: {response.text[:200]}")
    if status == _HTTP_CONTENT_TOO_LARGE:
        raise PermanentError(f"HTTP {status}", response.text[:200])
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    errors = answer.get("errors") if isinstance(answer, dict) else None
    if errors:
        # AppSync's own errors are a list; some services behind other URLs answer one object.
        first = errors[0] if isinstance(errors, list) else errors
        _raise(first if isinstance(first, dict) else {"message": first})
    if (
        status != requests.codes.ok
        or not isinstance(answer, dict)
        or not isinstance(answer.get("data"), dict)
    ):
        raise TransientError(f"the API answered HTTP {status}, no result: {response.text[:200]}")
    data: dict[str, Any] = answer["data"]
    return data


def _raise(error: dict[str, Any]) -> None:
    # An error type that is in none of the sets is transient: Lambda retries, then the dead-letter
    # queue keeps the event. Among them are 401 and 403, which a firewall or a change of IAM may
    # cause for a while, and what a deployment mends (404, a schema older than the function).
    error_type = str(error.get("errorType") or "")
    text = str(error.get("message") or "no message")[:500]
    if error_type in DUPLICATE:
        raise DuplicateMessageError(text)
    if error_type in WITHHELD:
        raise BlockedChannelError(text)
    if error_type in THROTTLED:
        raise ThrottledError(f"{error_type}: {text}")
    if error_type in PERMANENT:
        raise PermanentError(error_type, text)
    raise TransientError(f"{error_type or 'GraphQL error'}: {text}")
