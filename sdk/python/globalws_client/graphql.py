"""GraphQL over HTTP: one call, and what its answers mean."""

import json
from typing import Any

import aiohttp

from .auth import Auth
from .errors import GraphQLError, NoAnswerError, RefusedError, is_final
from .protocol import FIELDS
from .types import Message, RegionEndpoint

PUBLISH = (
    "mutation Publish($name: String!, $message: String!, $id: ID) { "
    f"publish(name: $name, message: $message, id: $id) {{ {FIELDS} }} }}"
)
PRESENCE = (
    "query Presence($name: String!, $nextToken: String) "
    "{ presence(name: $name, nextToken: $nextToken) "
    "{ items { user connection data enteredAt seq region } nextToken } }"
)
PING = "query Ping { __typename }"
LONGEST_MS = 1e15  # 30,000 years: as good as no bound

Json = dict[str, Any]
_UNAUTHORIZED = "UnauthorizedException"


async def execute(
    session: aiohttp.ClientSession,
    region: RegionEndpoint,
    auth: Auth,
    query: str,
    variables: Json,
    timeout_ms: float,
) -> Json:
    """The `data` of the answer.

    Raises:
        RefusedError: the API refuses it for good.
        GraphQLError: it failed for another reason.
        NoAnswerError: there was no answer.
        TokenError: there is no token.
    """
    return data_of(await request(session, region, auth, query, variables, timeout_ms))


async def request(
    session: aiohttp.ClientSession,
    region: RegionEndpoint,
    auth: Auth,
    query: str,
    variables: Json,
    timeout_ms: float,
) -> Json:
    """The whole answer, a JSON object; a refused token is renewed once. Raises like `execute`."""
    body = json.dumps({"query": query, "variables": variables})
    for last in (False, True):
        headers = await auth.headers(region, region.graphql_url, body)
        document = await _post(session, region, headers, body, timeout_ms)
        error = _first_error(document)
        if last or error is None or error.error_type != _UNAUTHORIZED or not auth.refused(headers):
            break
    return document


async def _post(
    session: aiohttp.ClientSession,
    region: RegionEndpoint,
    headers: dict[str, str],
    body: str,
    timeout_ms: float,
) -> Json:
    if session.closed:
        raise NoAnswerError(f"{region.region}: the client is closed")
    # aiohttp cannot count to infinity, nor rounds what no float holds.
    seconds = timeout_ms / 1000 if timeout_ms < LONGEST_MS else None
    try:
        async with session.post(
            region.graphql_url,
            data=body.encode(),
            headers={"content-type": "application/json; charset=UTF-8", **headers},
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            status = response.status
            document = json.loads(await response.read())
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
        raise NoAnswerError(f"{region.region}: {str(error) or type(error).__name__}") from error
    if not isinstance(document, dict) or not (
        _first_error(document) or (isinstance(document.get("data"), dict) and status < 500)
    ):
        raise NoAnswerError(f"{region.region}: HTTP {status}: {json.dumps(document)[:200]}")
    return document


def error_of(error: Any) -> GraphQLError | None:
    """One entry of an answer's `errors`; None if it has no type."""
    if not isinstance(error, dict) or not error.get("errorType"):
        return None
    info = error.get("errorInfo")
    now = info.get("now") if isinstance(info, dict) else None
    error_type = str(error["errorType"])
    kind = RefusedError if is_final(error_type) else GraphQLError
    return kind(error_type, str(error.get("message")), now if isinstance(now, int) else None)


def _first_error(document: Any) -> GraphQLError | None:
    errors = document.get("errors") if isinstance(document, dict) else None
    return error_of(errors[0] if isinstance(errors, list) and errors else errors)


def data_of(document: Json) -> Json:
    """An answer's `data`. Raises GraphQLError or NoAnswerError."""
    if error := _first_error(document):
        raise error
    data = document.get("data")
    if document.get("errors") or not isinstance(data, dict):
        raise NoAnswerError(json.dumps(document)[:200])
    return data


def accepted(data: Json, sent: Json) -> Message:
    """The message of a `publish` answer; raises NoAnswerError if it is not the one sent."""
    try:
        message = Message.parse(data.get("publish"))
    except ValueError as error:
        raise NoAnswerError(f"publish: {error}") from error
    if {"id": message.id, "name": message.name, "message": message.message} != sent:
        raise NoAnswerError("publish: the answer is not the message that was sent")
    return message
