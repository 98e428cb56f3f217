"""Subscription filters: AppSync's filter JSON checked, and matched against an event.

A filter is a disjunction of alternatives, an alternative a conjunction of rules. Equality rules
and rules about how a text begins make up an alternative's `key`, by which the registry finds
subscribers without looking at others.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from .errors import AppSyncError, ErrorType

MAX_FILTERS = 10
MAX_FIELDS = 5
MAX_IN_VALUES = 5
MAX_CONTAINS_ANY_VALUES = 20
MAX_STRING = 256
MAX_NESTING = 5
MAX_COMBINATIONS = 10

Event = Mapping[str, Any]
KeyValue = tuple[str, Any]
KeyField = tuple[str, int | None]
"""A field whose value must be equal, or only the first characters of it: as many as said."""
Test = Callable[[Any, Any], bool]


def _comparable(left: Any, right: Any) -> bool:
    return _kind(left) == _kind(right) and _kind(left) in {"number", "string"}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else "other"


def key_value(value: Any) -> KeyValue:
    """A hashable key, equal for two values exactly if `eq` holds between them."""
    kind = _kind(value)
    if kind == "other":
        return kind, json.dumps(value, sort_keys=True, default=str)
    return kind, value


def _equal(value: Any, given: Any) -> bool:
    return key_value(value) == key_value(given)


def _contains(value: Any, given: Any) -> bool:
    if isinstance(value, str):
        return isinstance(given, str) and given in value
    # "In a set or single item": a value that is no list counts as a list of one.
    return any(_equal(item, given) for item in (value if isinstance(value, list) else [value]))


def _any_of(value: Any, given: list[Any]) -> bool:
    return any(_equal(value, item) for item in given)


_TESTS: dict[str, Test] = {
    "eq": _equal,
    "ne": lambda value, given: not _equal(value, given),
    "le": lambda value, given: _comparable(value, given) and value <= given,
    "lt": lambda value, given: _comparable(value, given) and value < given,
    "ge": lambda value, given: _comparable(value, given) and value >= given,
    "gt": lambda value, given: _comparable(value, given) and value > given,
    "contains": _contains,
    "notContains": lambda value, given: not _contains(value, given),
    "beginsWith": lambda value, given: isinstance(value, str) and value.startswith(given),
    "in": _any_of,
    "notIn": lambda value, given: not _any_of(value, given),
    "between": lambda value, given: (
        _comparable(value, given[0])
        and _comparable(value, given[1])
        and given[0] <= value <= given[1]
    ),
    "containsAny": lambda value, given: any(_contains(value, item) for item in given),
}
_LISTS = {"in", "notIn", "containsAny", "between"}
_LIST_BOUNDS = {
    "in": MAX_IN_VALUES,
    "notIn": MAX_IN_VALUES,
    "containsAny": MAX_CONTAINS_ANY_VALUES,
}
_KINDS: dict[str, set[str]] = {
    "eq": {"number", "string", "boolean"},
    "ne": {"number", "string", "boolean"},
    "beginsWith": {"string"},
}
_OTHER_KINDS = {"number", "string"}


def read(event: Event, field: str) -> Any:
    """The value at a dotted field name; None where anything on the way is missing."""
    if "." not in field:
        return event.get(field)
    value: Any = event
    for part in field.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


@dataclass(frozen=True)
class Rule:
    """One comparison of an event's field with a constant."""

    field: str
    operator: str
    value: Any

    def matches(self, event: Event) -> bool:
        return _TESTS[self.operator](read(event, self.field), self.value)


@dataclass(frozen=True)
class Alternative:
    """A conjunction: `fields` must have exactly the values of `key`, and `rest` must hold."""

    fields: tuple[KeyField, ...]
    key: tuple[KeyValue, ...]
    rest: tuple[Rule, ...] = ()

    def matches(self, event: Event) -> bool:
        return event_key(event, self.fields) == self.key and self.rest_matches(event)

    def rest_matches(self, event: Event) -> bool:
        return all(rule.matches(event) for rule in self.rest)


@dataclass(frozen=True)
class Filter:
    """A disjunction of alternatives; an empty one matches nothing."""

    alternatives: tuple[Alternative, ...]

    def matches(self, event: Event) -> bool:
        return any(alternative.matches(event) for alternative in self.alternatives)


def event_key(event: Event, fields: tuple[KeyField, ...]) -> tuple[KeyValue, ...]:
    """What an alternative over `fields` must have as its `key` to match `event`."""
    return tuple([_key_at(read(event, field), length) for field, length in fields])


def _key_at(value: Any, length: int | None) -> KeyValue:
    if length is None:
        return key_value(value)
    return ("string", value[:length]) if isinstance(value, str) else ("no string", None)


def equality_filter(arguments: Mapping[str, Any]) -> Filter:
    """Argument filtering: every argument given, null included, equals the field of its name."""
    names = sorted(arguments)
    fields = tuple((name, None) for name in names)
    return Filter((Alternative(fields, tuple(key_value(arguments[name]) for name in names)),))


def parse_filter(document: Any) -> Filter:
    """A filter from `{"filterGroup": [{"filters": [{fieldName, operator, value}]}]}`.

    Raises:
        AppSyncError: `InvalidSubscriptionFilter`, if the shape or a documented limit is broken.
    """
    group = _list_in(document, "filterGroup")
    _require(len(group) <= MAX_FILTERS, f"a filter group has at most {MAX_FILTERS} filters")
    return Filter(tuple(_parse_alternative(entry) for entry in group))


def _list_in(document: Any, key: str) -> list[Any]:
    found = document.get(key) if isinstance(document, dict) else None
    if not isinstance(found, list) or not found:
        raise _invalid(f"{key} must be a non-empty list")
    return found


def _parse_alternative(entry: Any) -> Alternative:
    rules = [_parse_rule(document) for document in _list_in(entry, "filters")]
    names = {rule.field for rule in rules}
    _require(len(names) <= MAX_FIELDS, f"a filter has at most {MAX_FIELDS} field names")
    combinations = prod(len(rule.value) for rule in rules if rule.operator == "in")
    _require(
        combinations <= MAX_COMBINATIONS,
        f"the values of 'in' in one filter make {combinations} combinations"
        f" of at most {MAX_COMBINATIONS}",
    )
    keyed: dict[str, tuple[int | None, KeyValue]] = {}
    rest = []
    for rule in rules:
        if rule.operator == "eq" and rule.field not in keyed:
            keyed[rule.field] = None, key_value(rule.value)
        elif rule.operator == "beginsWith" and rule.field not in keyed:
            keyed[rule.field] = len(rule.value), key_value(rule.value)
        else:
            rest.append(rule)
    found = [(name, *keyed[name]) for name in sorted(keyed)]
    fields = tuple((name, length) for name, length, _ in found)
    return Alternative(fields, tuple(value for *_, value in found), tuple(rest))


def _parse_rule(document: Any) -> Rule:
    _require(isinstance(document, dict), "a rule must be an object")
    name, operator = document.get("fieldName"), document.get("operator")
    _require(isinstance(name, str) and name != "", "fieldName must be a non-empty string")
    _require(len(name.split(".")) <= MAX_NESTING, f"'{name}' is nested deeper than {MAX_NESTING}")
    _require(isinstance(operator, str) and operator in _TESTS, f"unknown operator {operator!r}")
    _require("value" in document, f"the rule for '{name}' has no value")
    value = document["value"]
    if operator in _LISTS:
        _require(isinstance(value, list), f"operator '{operator}' needs a list")
        bound = _LIST_BOUNDS.get(operator)
        if bound is None:
            _require(len(value) == 2, "operator 'between' needs two values")
        else:
            _require(0 < len(value) <= bound, f"operator '{operator}' takes 1 to {bound} values")
    for item in value if operator in _LISTS else (value,):
        allowed = _KINDS.get(operator, _OTHER_KINDS)
        _require(
            _kind(item) in allowed,
            f"operator '{operator}' on '{name}' does not take a {_kind(item)} value",
        )
        _require(
            not isinstance(item, str) or len(item) <= MAX_STRING,
            f"a value for '{name}' is longer than {MAX_STRING} characters",
        )
    return Rule(name, operator, tuple(value) if operator in _LISTS else value)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise _invalid(message)


def _invalid(message: str) -> AppSyncError:
    return AppSyncError(ErrorType.INVALID_FILTER, f"Invalid subscription filter: {message}.")
