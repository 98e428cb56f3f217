"""DynamoDB's typed values in, plain values out, and opaque page tokens."""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

from .base import refuse

MAX_TOKEN = 4_096
_TYPES = {"S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"}


def typed_map(what: str, value: Any) -> dict[str, Any]:
    """A map of attribute names to typed values, checked; numbers become DynamoDB's strings."""
    if not isinstance(value, dict):
        refuse(f"{what} must be a map of typed values.")
    return {name: _typed(f"{what}.{name}", item) for name, item in value.items()}


def _typed(what: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or len(value) != 1 or not _TYPES.issuperset(value):
        refuse(f'{what} must be a typed value such as {{"S": "text"}}.')
    [(kind, inner)] = value.items()
    match kind:
        case "N":
            # AppSync takes {"N": 8} as well as {"N": "8"}; DynamoDB only the latter.
            return {"N": _number_text(inner)}
        case "NS":
            return {"NS": [_number_text(item) for item in inner]}
        case "M":
            return {"M": typed_map(what, inner)}
        case "L" if isinstance(inner, list):
            return {"L": [_typed(what, item) for item in inner]}
        case "NULL":
            return {"NULL": True}
    return {kind: inner}


def _number_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return str(value)


def plain(value: Mapping[str, Any]) -> Any:
    """The plain value of a typed one, as `ctx.result` shows it (sets become lists)."""
    [(kind, inner)] = value.items()
    match kind:
        case "N":
            return _number(inner)
        case "NULL":
            return None
        case "M":
            return plain_map(inner)
        case "L":
            return [plain(item) for item in inner]
        case "NS":
            return [_number(item) for item in inner]
    return inner


def plain_map(item: Mapping[str, Any]) -> dict[str, Any]:
    """A whole item as plain values."""
    return {name: plain(value) for name, value in item.items()}


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def encode_token(scope: str, key: Mapping[str, Any]) -> str:
    """An opaque token for the next page after `key`; only good for the same `scope`."""
    raw = json.dumps([scope, key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(zlib.compress(raw)).decode().rstrip("=")


def decode_token(scope: str, token: Any) -> dict[str, Any]:
    """The key in `token`; refused if it is not one of `encode_token` for `scope`."""
    try:
        if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
            raise ValueError
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        # Bounded, because a small token may unpack to gigabytes.
        raw = zlib.decompressobj().decompress(packed, 16 * MAX_TOKEN)
        token_scope, key = json.loads(raw)
        if token_scope != scope or not isinstance(key, dict):
            raise ValueError
        return key
    except (ValueError, TypeError, zlib.error, RecursionError):
        refuse("Invalid pagination token given.")
