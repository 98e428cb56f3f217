"""GraphQL over HTTP with an API key: history pages, publishing, round trips."""

import json
from typing import Any

import aiohttp

from .errors import GraphQLError, SubscriberError
from .protocol import FIELDS
from .types import Message, RegionEndpoint

HISTORY = (
    "query History($name: String!, $after: ID, $limit: Int, $nextToken: String) { "
    "history(name: $name, after: $after, limit: $limit, nextToken: $nextToken) "
    f"{{ items {{ {FIELDS} }} nextToken }} }}"
)
PUBLISH = (
    "mutation Publish($name: String!, $message: String!, $id: ID) { "
    f"publish(name: $name, message: $message, id: $id) {{ {FIELDS} }} }}"
)
PING = "query Ping { __typename }"
LONGEST_MS = 1e15  # 30,000 years: as good as no bound


class NoAnswerError(SubscriberError):
    """The API could not be reached, or answered nothing that can be understood."""


async def execute(
    session: aiohttp.ClientSession,
    endpoint: RegionEndpoint,
    query: str,
    variables: dict[str, Any],
    timeout_ms: float,
) -> dict[str, Any]:
    """The `data` of the answer; raises GraphQLError (refused) or NoAnswerError (try again)."""
    body = {"query": query, "variables": variables}
    headers = {"x-api-key": endpoint.api_key}
    # aiohttp cannot count to infinity, nor rounds what no float holds.
    seconds = timeout_ms / 1000 if timeout_ms < LONGEST_MS else None
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with session.post(
            endpoint.graphql_url, json=body, headers=headers, timeout=timeout
        ) as response:
            status = response.status
            document = json.loads(await response.read())
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
        raise NoAnswerError(f"{endpoint.region}: {error or type(error).__name__}") from error
    return _data(document, f"{endpoint.region}: HTTP {status}")


def _data(document: Any, source: str) -> dict[str, Any]:
    errors = document.get("errors") if isinstance(document, dict) else None
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        if isinstance(first, dict) and first.get("errorType"):
            info = first.get("errorInfo")
            now = info.get("now") if isinstance(info, dict) else None
            server_ms = now if isinstance(now, int) else None
            raise GraphQLError(str(first["errorType"]), str(first.get("message")), server_ms)
    data = document.get("data") if isinstance(document, dict) else None
    if errors or not isinstance(data, dict):
        raise NoAnswerError(f"{source}: {json.dumps(document)[:200]}")
    return data


def page_of(data: dict[str, Any]) -> tuple[tuple[Message, ...], str | None]:
    """(messages, next token) of a `history` answer; raises NoAnswerError."""
    try:
        page = data["history"]
        return tuple(Message.parse(item) for item in page["items"]), page["nextToken"]
    except (KeyError, TypeError, ValueError) as error:
        raise NoAnswerError(f"history: {error}") from error


def accepted(data: dict[str, Any], sent: dict[str, str]) -> Message:
    """The message of a `publish` answer; raises NoAnswerError if it is not the one sent."""
    try:
        message = Message.parse(data.get("publish"))
    except ValueError as error:
        raise NoAnswerError(f"publish: {error}") from error
    if {"id": message.id, "name": message.name, "message": message.message} != sent:
        raise NoAnswerError("publish: the answer is not the message that was sent")
    return message
