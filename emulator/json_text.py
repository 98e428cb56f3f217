"""JSON on the path of a message: fast where it can be, and right where the fast way refuses.

orjson refuses half surrogate pairs and whole numbers beyond 64 bits, which JSON can carry.
"""

import json
from typing import Any

import orjson


def encode(value: Any) -> str:
    """Compact JSON."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def decode(text: str) -> Any:
    """The value of a JSON text."""
    try:
        return orjson.loads(text)
    except ValueError:
        return json.loads(text)
