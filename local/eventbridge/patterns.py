"""Event patterns: compiled once when a rule is loaded, then a pure yes or no for each event.

Semantics are those of EventBridge: fields are ANDed, values of a list ORed; an array in the event
matches if one element does, and fields below an array of objects must match in the same element.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.eventbridge.operators import PatternError, Scalar, Test, comparison, literal

__all__ = ["Pattern", "PatternError", "compile_pattern"]

_MISSING = object()
_Check = Callable[[Any, Any], bool]
"""(value at this place, whole event) → does this part of the pattern match."""


@dataclass(frozen=True)
class Pattern:
    """A compiled event pattern."""

    check: _Check

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether a full event envelope matches."""
        return self.check(event, event)


def compile_pattern(pattern: Mapping[str, Any], *, name: str = "pattern") -> Pattern:
    """Compile a parsed event pattern.

    Args:
        pattern: the pattern as JSON objects and arrays.
        name: what errors call it, normally the rule's name.

    Raises:
        PatternError: anything that is not known or not well formed, with its path.
    """
    return Pattern(_fields(pattern, (), name))


def _place(name: str, path: tuple[str, ...]) -> str:
    return f"{name}: {'.'.join(path)}" if path else name


def _fields(pattern: Any, path: tuple[str, ...], name: str) -> _Check:
    where = _place(name, path)
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(f"{where}: expected a non-empty object, got {pattern!r}")
    alternatives: list[_Check] | None = None
    children: list[tuple[str, _Check]] = []
    for field, below in pattern.items():
        if field == "$or":
            alternatives = _alternatives(below, path, name)
        elif isinstance(below, Mapping):
            children.append((field, _fields(below, (*path, field), name)))
        elif isinstance(below, list):
            children.append((field, _leaf(below, (*path, field), name)))
        else:
            raise PatternError(f"{_place(name, (*path, field))}: expected an object or an array")

    def in_one(value: Any, event: Any) -> bool:
        found = value if isinstance(value, Mapping) else {}
        return all(check(found.get(field, _MISSING), event) for field, check in children) and (
            alternatives is None or any(check(value, event) for check in alternatives)
        )

    def check(value: Any, event: Any) -> bool:
        if isinstance(value, list):
            objects = [element for element in _flat(value) if isinstance(element, Mapping)]
            if objects:
                return any(in_one(element, event) for element in objects)
        return in_one(value, event)

    return check


def _alternatives(options: Any, path: tuple[str, ...], name: str) -> list[_Check]:
    if not isinstance(options, list) or len(options) < 2:
        raise PatternError(f"{_place(name, (*path, '$or'))}: expected two or more patterns")
    return [_fields(option, path, name) for option in options]


def _leaf(values: list[Any], path: tuple[str, ...], name: str) -> _Check:
    where = _place(name, path)
    if not values:
        raise PatternError(f"{where}: an empty array matches nothing")
    tests: list[Test] = []
    present = absent = False
    for value in values:
        if not isinstance(value, Mapping):
            tests.append(literal(value, where))
            continue
        if len(value) != 1:
            raise PatternError(f"{where}: expected one operator in {dict(value)!r}")
        operator, argument = next(iter(value.items()))
        if operator != "exists":
            tests.append(comparison(operator, argument, where))
        elif not isinstance(argument, bool):
            raise PatternError(f"{where}.exists: expected true or false, got {argument!r}")
        elif argument:
            present = True
        else:
            absent = True

    def check(value: Any, event: Any) -> bool:
        for scalar in _scalars(value):
            if present or any(test(scalar) for test in tests):
                return True
        # Absence is a fact about the event, not about one element of an array in it.
        return absent and not any(True for _ in _at(event, path))

    return check


def _flat(value: Any) -> Iterator[Any]:
    """The elements of arrays within arrays; anything else is itself."""
    if isinstance(value, list):
        for element in value:
            yield from _flat(element)
    else:
        yield value


def _scalars(value: Any) -> Iterator[Scalar]:
    """The leaf values of one field; objects are no leaves (operators work on leaves only)."""
    for element in _flat(value):
        if element is not _MISSING and not isinstance(element, Mapping):
            yield element


def _at(value: Any, path: tuple[str, ...]) -> Iterator[Scalar]:
    """Every leaf value at a path, through all arrays on the way."""
    if not path:
        yield from _scalars(value)
        return
    for element in _flat(value):
        if isinstance(element, Mapping) and path[0] in element:
            yield from _at(element[path[0]], path[1:])
