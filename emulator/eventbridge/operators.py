"""The comparisons that a leaf of an event pattern may have: pure tests on one JSON scalar.

Follows "Comparison operators for use in event patterns" of the EventBridge user guide; what is not
known here is refused when the pattern is loaded, never ignored.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

Scalar = str | int | float | bool | None
Test = Callable[[Scalar], bool]


class PatternError(ValueError):
    """An event pattern that cannot be used; the message names the place (`detail.region`)."""


def literal(value: Any, where: str) -> Test:
    """A test for equality with one string, number, boolean or null.

    Strings and booleans never equal numbers; numbers compare by value (300 is 3e2).

    Raises:
        PatternError: `value` is an array or an object.
    """
    if value is None or isinstance(value, bool):
        return lambda actual: actual is value
    if isinstance(value, str):
        return lambda actual: isinstance(actual, str) and actual == value
    if is_number(value):
        check_double(value, where)
        return lambda actual: is_number(actual) and actual == value
    raise PatternError(f"{where}: {value!r} cannot be in a pattern's list of values")


def is_number(value: object) -> bool:
    """Whether this is a JSON number (Python counts booleans as integers, JSON does not)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_double(value: Any, where: str) -> None:
    """Raises PatternError for a number that no double holds: EventBridge would compare another."""
    try:
        held = math.isfinite(value) and float(value) == value
    except OverflowError:
        held = False
    if not held:
        raise PatternError(f"{where}: no double holds the number {value}")


def comparison(operator: str, argument: Any, where: str) -> Test:
    """The test for `{operator: argument}`, all of them but `exists` (which sees the whole event).

    Raises:
        PatternError: unknown operator, or an argument that it does not take.
    """
    factory = OPERATORS.get(operator)
    if factory is None:
        known = ", ".join(sorted([*OPERATORS, "exists"]))
        raise PatternError(f"{where}: operator {operator!r} is not supported (known: {known})")
    return factory(argument, f"{where}.{operator}")


def _text(argument: Any, where: str) -> str:
    if not isinstance(argument, str):
        raise PatternError(f"{where}: expected a string, got {argument!r}")
    return argument


def _maybe_ignoring_case(argument: Any, where: str) -> tuple[str, bool]:
    """`"x"` or `{"equals-ignore-case": "x"}`, which prefix and suffix take."""
    if isinstance(argument, dict):
        if set(argument) != {"equals-ignore-case"}:
            raise PatternError(f"{where}: expected a string or equals-ignore-case: {argument!r}")
        return _text(argument["equals-ignore-case"], f"{where}.equals-ignore-case").lower(), True
    return _text(argument, where), False


def _prefix(argument: Any, where: str) -> Test:
    start, fold = _maybe_ignoring_case(argument, where)
    return lambda actual: (
        isinstance(actual, str) and (actual.lower() if fold else actual).startswith(start)
    )


def _suffix(argument: Any, where: str) -> Test:
    end, fold = _maybe_ignoring_case(argument, where)
    return lambda actual: (
        isinstance(actual, str) and (actual.lower() if fold else actual).endswith(end)
    )


def _equals_ignore_case(argument: Any, where: str) -> Test:
    wanted = _text(argument, where).lower()
    return lambda actual: isinstance(actual, str) and actual.lower() == wanted


def _wildcard(argument: Any, where: str) -> Test:
    parts = _wildcard_parts(_text(argument, where), where)
    return lambda actual: isinstance(actual, str) and _matches_parts(actual, parts)


def _wildcard_parts(text: str, where: str) -> tuple[str, ...]:
    r"""The literal stretches between the stars; `\*` is a star, `\\` a backslash."""
    parts, current, previous_star = [], "", False
    characters = iter(text)
    for character in characters:
        if character == "*":
            if previous_star:
                raise PatternError(f"{where}: consecutive wildcards in {text!r}")
            parts.append(current)
            current, previous_star = "", True
            continue
        if character == "\\":
            character = next(characters, "")
            if character not in ("*", "\\"):
                raise PatternError(f"{where}: a backslash escapes only * and \\ in {text!r}")
        current += character
        previous_star = False
    return (*parts, current)


def _matches_parts(text: str, parts: Sequence[str]) -> bool:
    """Greedy from the left, so linear in the text whatever the pattern."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, max(end, 0))
        if found < 0:
            return False
        position = found + len(part)
    return position <= end


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda actual, limit: actual == limit,
    "<": lambda actual, limit: actual < limit,
    "<=": lambda actual, limit: actual <= limit,
    ">": lambda actual, limit: actual > limit,
    ">=": lambda actual, limit: actual >= limit,
}


def _numeric(argument: Any, where: str) -> Test:
    """`["=", 5]`, `[">", 0]` or a range, lower bound first: `[">", 0, "<=", 5]`."""
    if not isinstance(argument, list) or len(argument) not in (2, 4):
        raise PatternError(f"{where}: expected [operator, number] or a range, got {argument!r}")
    pairs = list(zip(argument[::2], argument[1::2], strict=True))
    for operator, limit in pairs:
        if not isinstance(operator, str) or operator not in _COMPARE:
            raise PatternError(f"{where}: {operator!r} is not one of {', '.join(_COMPARE)}")
        if not is_number(limit):
            raise PatternError(f"{where}: expected a number after {operator!r}, got {limit!r}")
        check_double(limit, where)
    if len(pairs) == 2:
        (lower, bottom), (upper, top) = pairs
        if not lower.startswith(">") or not upper.startswith("<") or bottom >= top:
            raise PatternError(f"{where}: a range is a lower bound, then a higher upper one")
    return lambda actual: (
        isinstance(actual, int | float)
        and not isinstance(actual, bool)
        and all(_COMPARE[operator](actual, limit) for operator, limit in pairs)
    )


_NEGATABLE: dict[str, Callable[[Any, str], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "wildcard": _wildcard,
}


def _anything_but(argument: Any, where: str) -> Test:
    """True for every value that is there and is none of those named (numbers and null included)."""
    if isinstance(argument, dict):
        if len(argument) != 1 or next(iter(argument)) not in _NEGATABLE:
            raise PatternError(f"{where}: expected one of {', '.join(_NEGATABLE)}: {argument!r}")
        operator, named = next(iter(argument.items()))
        here = f"{where}.{operator}"
        values = named if isinstance(named, list) else [named]
        if not values or "" in values:
            raise PatternError(f"{here}: must not be empty")
        for value in values:
            _text(value, here)
        excluded = [_NEGATABLE[operator](value, here) for value in values]
    else:
        values = argument if isinstance(argument, list) else [argument]
        if not values:
            raise PatternError(f"{where}: must not be empty")
        strings = sum(isinstance(value, str) for value in values)
        numbers = sum(is_number(value) for value in values)
        if len(values) not in (strings, numbers):
            raise PatternError(f"{where}: takes all strings or all numbers, got {argument!r}")
        excluded = [literal(value, where) for value in values]
    return lambda actual: not any(test(actual) for test in excluded)


OPERATORS: dict[str, Callable[[Any, str], Test]] = {
    **_NEGATABLE,
    "anything-but": _anything_but,
    "numeric": _numeric,
}
