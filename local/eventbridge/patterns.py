"""Event patterns: compiled once when a rule is loaded, then a pure yes or no for each event.

Semantics are those of EventBridge: fields are ANDed, values of a list ORed; an array in the event
matches if one element does, and fields below an array of objects must match in the same element.
As in its published matcher, fields are looked at in the order of their dotted names: each one that
matches binds the elements of the arrays above it, and is looked for only in elements bound before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from local.eventbridge.operators import PatternError, Scalar, Test, comparison, literal

__all__ = ["Pattern", "PatternError", "compile_pattern"]

MAX_COMBINATIONS = 1_000
"""EventBridge's bound for what the `$or`s of a pattern multiply to."""

_Path = tuple[str, ...]
_Bound = frozenset[tuple[tuple[_Path, tuple[int, ...]], tuple[int, ...]]]
"""Array (its path, and the elements bound above it) → its element, for each array bound so far."""


@dataclass(frozen=True)
class _Leaf:
    """The values that a pattern allows for one field."""

    path: _Path
    tests: tuple[Test, ...]
    present: bool
    absent: bool

    def matches(self, value: Scalar) -> bool:
        return self.present or any(test(value) for test in self.tests)


@dataclass(frozen=True)
class Pattern:
    """A compiled event pattern: one list of fields for each combination of its `$or`s."""

    combinations: tuple[tuple[_Leaf, ...], ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether a full event envelope matches."""
        return any(_matches(leaves, event) for leaves in self.combinations)


def _matches(leaves: tuple[_Leaf, ...], event: Mapping[str, Any]) -> bool:
    states: set[_Bound] = {frozenset()}
    for number, leaf in enumerate(leaves):
        # What no later field lies below needs no remembering: the states stay few.
        later = [other.path for other in leaves[number + 1 :]]
        found: set[_Bound] = set()
        for bound in states:
            is_there = False
            for value, where in _at(event, leaf.path, dict(bound)):
                is_there = True
                if leaf.matches(value):
                    found.add(_kept(bound | where, later))
            if leaf.absent and not is_there:
                found.add(_kept(bound, later))
        if not found:
            return False
        states = found
    return True


def _kept(bound: _Bound, later: list[_Path]) -> _Bound:
    if not bound:
        return bound
    return frozenset(
        (array, element)
        for array, element in bound
        if any(path[: len(array[0])] == array[0] for path in later)
    )


def _at(
    value: Any, path: _Path, bound: Mapping[tuple[_Path, tuple[int, ...]], tuple[int, ...]]
) -> Iterator[tuple[Scalar, _Bound]]:
    """Every leaf value at a path, in the elements that are bound, with the elements it is in."""
    # (rest of the value, names gone through, elements gone through, arrays on the way)
    places: list[tuple[Any, int, tuple[int, ...], _Bound]] = [(value, 0, (), frozenset())]
    while places:
        value, depth, elements, where = places.pop()
        if isinstance(value, list):
            array = (path[:depth], elements)
            only = bound.get(array)
            for index, element in _flat(value) if only is None else [(only, _element(value, only))]:
                if depth == len(path):
                    places.append((element, depth, elements, where))
                elif isinstance(element, Mapping):
                    places.append((element, depth, (*elements, *index), where | {(array, index)}))
        elif depth == len(path):
            # Objects are no leaves: operators work on leaves only.
            if not isinstance(value, Mapping):
                yield value, where
        elif isinstance(value, Mapping) and path[depth] in value:
            places.append((value[path[depth]], depth + 1, elements, where))


def _flat(array: list[Any], outer: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Any]]:
    """The elements of arrays within arrays, with their indices."""
    for index, element in enumerate(array):
        if isinstance(element, list):
            yield from _flat(element, (*outer, index))
        else:
            yield (*outer, index), element


def _element(array: Any, index: tuple[int, ...]) -> Any:
    for number in index:
        array = array[number]
    return array


def compile_pattern(pattern: Mapping[str, Any], *, name: str = "pattern") -> Pattern:
    """Compile a parsed event pattern.

    Args:
        pattern: the pattern as JSON objects and arrays.
        name: what errors call it, normally the rule's name.

    Raises:
        PatternError: anything that is not known or not well formed, with its path.
    """
    return Pattern(
        tuple(
            tuple(sorted(leaves, key=lambda leaf: ".".join(leaf.path)))
            for leaves in _fields(pattern, (), name)
        )
    )


def _place(name: str, path: _Path) -> str:
    return f"{name}: {'.'.join(path)}" if path else name


def _fields(pattern: Any, path: _Path, name: str) -> list[tuple[_Leaf, ...]]:
    """The combinations of an object of a pattern."""
    where = _place(name, path)
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(f"{where}: expected a non-empty object, got {pattern!r}")
    parts: list[list[tuple[_Leaf, ...]]] = []
    for field, below in pattern.items():
        if field == "$or":
            parts.append(_alternatives(below, path, name))
        elif isinstance(below, Mapping):
            parts.append(_fields(below, (*path, field), name))
        elif isinstance(below, list):
            parts.append([(_leaf(below, (*path, field), name),)])
        else:
            raise PatternError(f"{_place(name, (*path, field))}: expected an object or an array")
    combinations = 1
    for part in parts:
        combinations *= len(part)
    if combinations > MAX_COMBINATIONS:
        raise PatternError(
            f"{where}: {combinations} combinations of $or, of at most {MAX_COMBINATIONS}"
        )
    return [tuple(leaf for part in chosen for leaf in part) for chosen in product(*parts)]


def _alternatives(options: Any, path: _Path, name: str) -> list[tuple[_Leaf, ...]]:
    if not isinstance(options, list) or len(options) < 2:
        raise PatternError(f"{_place(name, (*path, '$or'))}: expected two or more patterns")
    return [leaves for option in options for leaves in _fields(option, path, name)]


def _leaf(values: list[Any], path: _Path, name: str) -> _Leaf:
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
    return _Leaf(path, tuple(tests), present, absent)
