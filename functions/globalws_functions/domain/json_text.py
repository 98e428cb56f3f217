"""Reads JSON that others wrote; refuses text that is not JSON, or that would break its reader."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

MOST_NESTED = 100
"""Levels of lists and objects; what this project writes has fewer than ten."""


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is not JSON (which has no NaN and no Infinity), holds a number that no
            double holds, or is nested deeper than MOST_NESTED levels.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    check_nesting(value)
    return value


def check_nesting(value: object) -> None:
    """Raises ValueError if a value is nested deeper than MOST_NESTED levels.

    Code that reads a deeper value by recursion, as `json.dumps` does, may raise RecursionError.
    """
    level: list[object] = [value]
    for _ in range(MOST_NESTED + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


_TOO_DEEP = f"nested deeper than {MOST_NESTED} levels"


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"no double holds {text[:20]}")
    return number
