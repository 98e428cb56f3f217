"""GraphQL answers in AppSync's shape."""

import json
import re
from collections.abc import Sequence
from typing import Any

from graphql.type import GraphQLInterfaceType, GraphQLObjectType

from graphql import GraphQLError, GraphQLSchema

from .errors import AppSyncError, RequestError

_NULL_FIELD = re.compile(r"Cannot return null for non-nullable field (\w+)\.(\w+)\.")

ErrorDocument = dict[str, Any]


def request_error(error: RequestError) -> dict[str, Any]:
    """The body of a request refused as a whole."""
    return {"errors": [{"errorType": error.error_type, "message": error.message}]}


def app_error(
    error: AppSyncError,
    path: Sequence[str | int] | None,
    locations: list[dict[str, Any]] | None,
) -> ErrorDocument:
    """One entry of `errors` for an error with a type."""
    return {
        "path": list(path) if path is not None else None,
        "data": error.data,
        "errorType": error.error_type,
        "errorInfo": error.info,
        "locations": locations,
        "message": error.message,
    }


def graphql_error(error: GraphQLError, schema: GraphQLSchema | None = None) -> ErrorDocument:
    """One entry of `errors` for whatever GraphQL execution or validation raised."""
    locations = [
        {"line": at.line, "column": at.column, "sourceName": None} for at in error.locations or ()
    ] or None
    original = error.original_error
    if isinstance(original, AppSyncError):
        return app_error(original, error.path, locations)
    message = error.message
    if schema is not None and (match := _NULL_FIELD.match(message)) is not None:
        parent = schema.type_map.get(match[1])
        if isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)):
            type_name = str(parent.fields[match[2]].type).rstrip("!")
            message = null_message(type_name, match[1], error.path or ())
    return {
        "path": list(error.path) if error.path is not None else None,
        "data": None,
        "errorType": None,
        "errorInfo": None,
        "locations": locations,
        "message": message,
    }


def null_message(type_name: str, parent: str, path: Sequence[str | int]) -> str:
    """AppSync's words for a null where the schema says non-null."""
    shown = "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in path)
    where = f"within parent '{parent}' ({shown})"
    return f"Cannot return null for non-nullable type: '{type_name}' {where}"


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair cannot be UTF-8, but JSON can escape it.
        return json.dumps(value, separators=(",", ":")).encode()
