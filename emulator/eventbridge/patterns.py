"""Event patterns: compiled once when a rule is loaded, then a pure yes or no for each event.

Semantics are those of EventBridge's own library (event-ruler): `$or` makes alternatives, each of
them a set of fields with their values; fields are compared in the order of their names. A field
below an array binds the element that it was found in, and later fields must be found, or be absent,
in elements that are bound already. What is not supported is refused by name.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from emulator.eventbridge.operators import (
    OPERATORS,
    PatternError,
    Scalar,
    Test,
    comparison,
    literal,
)

__all__ = ["Pattern", "PatternError", "compile_pattern", "parse_pattern"]

_OR = "$or"
# Below $or these would look like a comparison, so EventBridge has them for itself.
_RESERVED = frozenset(
    {
        *OPERATORS, "exactly", "exists", "cidr", "=", "<", "<=", ">", ">=", "regex", "not-wildcard",
        "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before",
        "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
    }
)  # fmt: skip
_MOST_ALTERNATIVES = 1_000  # EventBridge's own bound

_Path = tuple[str, ...]
_Bound = Mapping[int, int]
"""Array → the element of it that is bound; arrays by their identity within the event."""


@dataclass(frozen=True)
class _Leaf:
    """What one field must be: any of the tests, there at all, or absent."""

    tests: tuple[Test, ...]
    present: bool
    absent: bool

    def takes(self, value: Scalar) -> bool:
        return self.present or any(test(value) for test in self.tests)


_Alternative = dict[_Path, _Leaf]


@dataclass(frozen=True)
class Pattern:
    """A compiled event pattern: the fields of each alternative, by name.

    `texts` are the fields of the envelope itself that must have one of some texts: they tell most
    events that do not match.
    """

    alternatives: tuple["_Fields", ...]
    texts: tuple[tuple[str, frozenset[str]], ...]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether a full event envelope matches."""
        for field, wanted in self.texts:
            value = event.get(field)
            if isinstance(value, str) and value not in wanted:
                return False
        return any(_holds(fields, event) for fields in self.alternatives)


def parse_pattern(text: str, *, name: str = "pattern") -> Any:
    """The pattern in a JSON text, for `compile_pattern`.

    Raises:
        PatternError: it is not JSON, an object has a key twice, or no double holds a number.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise PatternError(f"{name}: key {twice!r} is there twice")
        return found

    def number(digits: str) -> float:
        value = float(digits)
        # The shortest text of a double is the number that people mean by it.
        if Decimal(repr(value)) != Decimal(digits):
            raise PatternError(f"{name}: no double holds the number {digits}")
        return value

    try:
        return json.loads(text, object_pairs_hook=once, parse_float=number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise PatternError(f"{name}: is not JSON: {error}") from error


def compile_pattern(pattern: Mapping[str, Any], *, name: str = "pattern") -> Pattern:
    """Compile a parsed event pattern.

    Args:
        pattern: the pattern as JSON objects and arrays.
        name: what errors call it, normally the rule's name.

    Raises:
        PatternError: anything that is not known or not well formed, with its path.
    """
    compiled = _Compiler(name).fields([{}], pattern, (), below_or=False)
    return Pattern(
        tuple(tuple(sorted(each.items(), key=_by_name)) for each in compiled),
        tuple(
            (field, frozenset(values))
            for field, values in pattern.items()
            if field != _OR
            and isinstance(values, list)
            and all(isinstance(value, str) for value in values)
        ),
    )


def _by_name(field: tuple[_Path, _Leaf]) -> str:
    return ".".join(field[0])


@dataclass(frozen=True)
class _Compiler:
    """`name` is what errors call the pattern."""

    name: str

    def fields(
        self, alternatives: list[_Alternative], pattern: Any, path: _Path, *, below_or: bool
    ) -> list[_Alternative]:
        """The alternatives, each with the fields of this object too."""
        if not isinstance(pattern, Mapping) or not pattern:
            raise self._error(path, f"expected a non-empty object, got {pattern!r}")
        for field, below in pattern.items():
            here = (*path, field)
            if field == _OR:
                alternatives = self._either(alternatives, below, path)
            elif "." in field:
                raise self._error(here, "a key with a dot is not supported: nest the fields")
            elif below_or and field in _RESERVED:
                raise self._error(here, f"{field!r} is reserved and cannot be a field below $or")
            elif isinstance(below, Mapping):
                alternatives = self.fields(alternatives, below, here, below_or=below_or)
            elif isinstance(below, list):
                leaf = self._leaf(below, here)
                alternatives = [self._with(each, here, leaf) for each in alternatives]
            else:
                raise self._error(here, "expected an object or an array")
        return alternatives

    def _either(
        self, alternatives: list[_Alternative], options: Any, path: _Path
    ) -> list[_Alternative]:
        if not isinstance(options, list) or len(options) < 2:
            raise self._error((*path, _OR), "expected two or more patterns")
        made: list[_Alternative] = []
        for option in options:
            made += self.fields(alternatives, option, path, below_or=True)
            if len(made) > _MOST_ALTERNATIVES:
                raise self._error((*path, _OR), f"more than {_MOST_ALTERNATIVES} combinations")
        return made

    def _with(self, alternative: _Alternative, path: _Path, leaf: _Leaf) -> _Alternative:
        if path in alternative:
            raise self._error(path, "the same field beside $or and in it is not supported")
        return {**alternative, path: leaf}

    def _leaf(self, values: list[Any], path: _Path) -> _Leaf:
        where = self._place(path)
        if not values:
            raise self._error(path, "an empty array matches nothing")
        tests: list[Test] = []
        present = absent = False
        for value in values:
            if not isinstance(value, Mapping):
                tests.append(literal(value, where))
                continue
            if len(value) != 1:
                raise self._error(path, f"expected one operator in {dict(value)!r}")
            operator, argument = next(iter(value.items()))
            if operator != "exists":
                tests.append(comparison(operator, argument, where))
            elif not isinstance(argument, bool):
                raise PatternError(f"{where}.exists: expected true or false, got {argument!r}")
            elif argument:
                present = True
            else:
                absent = True
        return _Leaf(tuple(tests), present, absent)

    def _place(self, path: _Path) -> str:
        return f"{self.name}: {'.'.join(path)}" if path else self.name

    def _error(self, path: _Path, problem: str) -> PatternError:
        return PatternError(f"{self._place(path)}: {problem}")


_Fields = tuple[tuple[_Path, _Leaf], ...]
_Found = tuple[list[_Bound], list[_Bound]]
"""Where a field was found, and where with a value that it may have."""


def _holds(fields: _Fields, event: Mapping[str, Any]) -> bool:
    """Whether one element of each array can be chosen so that all fields are as wanted."""
    met: list[_Found] = []
    for path, leaf in fields:
        found = list(_occurrences(event, path, {}))
        good = [bound for value, bound in found if leaf.takes(value)]
        if not good and not leaf.absent:
            return False
        met.append(([bound for _, bound in found], good))
    if any(bound for found, _ in met for bound in found):
        return _Search(fields, met).succeeds()
    return all(good or not found for found, good in met)  # no array, no choice


class _Search:
    """Tries elements field by field; what failed once is not tried again."""

    def __init__(self, fields: _Fields, met: list[_Found]) -> None:
        self._fields = fields
        self._found = met
        # Which arrays a field or a later one meets: others make no difference to them.
        self._arrays: list[set[int]] = [set() for _ in fields]
        arrays: set[int] = set()
        for place in range(len(fields) - 1, -1, -1):
            arrays |= {array for bound in met[place][0] for array in bound}
            self._arrays[place] = set(arrays)
        self._failed: set[tuple[int, frozenset[tuple[int, int]]]] = set()

    def succeeds(self) -> bool:
        return self._from(0, {})

    def _from(self, place: int, bound: _Bound) -> bool:
        if place == len(self._fields):
            return True
        arrays = self._arrays[place]
        state = place, frozenset((array, at) for array, at in bound.items() if array in arrays)
        if state in self._failed:
            return False
        found, good = self._found[place]
        for each in good:
            if _agree(bound, each) and self._from(place + 1, {**bound, **each}):
                return True
        _, leaf = self._fields[place]
        is_absent = leaf.absent and not any(_agree(bound, each) for each in found)
        if is_absent and self._from(place + 1, bound):
            return True
        self._failed.add(state)
        return False


def _agree(one: _Bound, other: _Bound) -> bool:
    return all(one.get(array, at) == at for array, at in other.items())


def _occurrences(value: Any, path: _Path, bound: _Bound) -> Iterator[tuple[Scalar, _Bound]]:
    """The leaf values at a path, through all arrays on the way, and the elements that they are in.

    A scalar that is an array's element binds nothing: the values of a list are alternatives.
    """
    for depth, step in enumerate(path):
        if isinstance(value, list):
            path = path[depth:]
            break
        if not isinstance(value, dict) or step not in value:
            return
        value = value[step]
    else:
        path = ()
    if isinstance(value, list):
        for at, element in enumerate(value):
            inside = isinstance(element, list | dict)
            yield from _occurrences(element, path, {**bound, id(value): at} if inside else bound)
    elif not isinstance(value, dict):
        yield value, bound
