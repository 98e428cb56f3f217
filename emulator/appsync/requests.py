"""GraphQL requests as they arrive: the JSON of an HTTP body or of a subscription's `data`."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import ErrorType, RequestError

HEADER_SUBPROTOCOL = "header-"


@dataclass(frozen=True)
class GraphQLRequest:
    """A query text with its variables."""

    query: str
    variables: dict[str, Any]
    operation_name: str | None


def parse_request(body: bytes | str) -> GraphQLRequest:
    """A request from its JSON; raises RequestError (400), for batches too."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise _malformed("Request body is not valid JSON.") from None
    if isinstance(document, list):
        raise _malformed("Batched requests are not supported: send one request a body.")
    if not isinstance(document, dict):
        raise _malformed("Request body must be a JSON object.")
    query, variables = document.get("query"), document.get("variables")
    operation_name = document.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise _malformed("No GraphQL query found: 'query' must be a non-empty string.")
    if variables is not None and not isinstance(variables, dict):
        raise _malformed("'variables' must be an object.")
    if operation_name is not None and not isinstance(operation_name, str):
        raise _malformed("'operationName' must be a string.")
    return GraphQLRequest(query, variables or {}, operation_name or None)


@dataclass(frozen=True)
class ConnectRequest:
    """What a WebSocket handshake authorizes itself with. Header names are lower case."""

    headers: dict[str, str]
    payload: bytes


def parse_connect(
    query: Mapping[str, str], subprotocols: Sequence[str], http_headers: Mapping[str, str]
) -> ConnectRequest:
    """The authorization of a handshake: from the query, a subprotocol, or plain HTTP headers.

    Raises:
        RequestError: what is there cannot be read.
    """
    encoded = query.get("header")
    if encoded is None:
        encoded = next(
            (p.removeprefix(HEADER_SUBPROTOCOL) for p in subprotocols if _is_header(p)), None
        )
    payload = _decode(query["payload"]) if query.get("payload") else b"{}"
    if encoded is None:
        return ConnectRequest(dict(http_headers), payload)
    try:
        document = json.loads(_decode(encoded))
    except (ValueError, RecursionError):
        raise _bad_header() from None
    if not isinstance(document, dict):
        raise _bad_header()
    headers = {k.lower(): v for k, v in document.items() if isinstance(v, str)}
    return ConnectRequest(headers, payload)


def _is_header(subprotocol: str) -> bool:
    return subprotocol.startswith(HEADER_SUBPROTOCOL)


def _decode(text: str) -> bytes:
    """Base64 in either alphabet, padded or not; a space stands for the `+` of an unescaped URL."""
    normal = text.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(normal + "=" * (-len(normal) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise _bad_header() from None


def _malformed(message: str) -> RequestError:
    return RequestError(ErrorType.MALFORMED_REQUEST, message)


def _bad_header() -> RequestError:
    return RequestError(ErrorType.BAD_REQUEST, "The authorization header must be JSON in base64.")
