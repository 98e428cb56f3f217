import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.appsync.errors import AppSyncError
from emulator.appsync.filters import Filter, equality_filter, parse_filter

EVENT = {
    "name": "tech",
    "size": 5,
    "on": True,
    "tags": ["a", "b"],
    "at": {"city": {"name": "Bern"}},
    "gone": None,
}


def rule(field: str, operator: str, value: object) -> dict[str, object]:
    return {"fieldName": field, "operator": operator, "value": value}


def filter_of(*alternatives: list[dict[str, object]]) -> Filter:
    return parse_filter({"filterGroup": [{"filters": list(rules)} for rules in alternatives]})


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("name", "eq", "tech", True),
        ("name", "eq", "Tech", False),
        ("size", "eq", 5.0, True),
        ("size", "eq", "5", False),
        ("on", "eq", True, True),
        ("on", "eq", 1, False),
        ("gone", "eq", "x", False),
        ("at.city.name", "eq", "Bern", True),
        ("at.nothing.name", "eq", "Bern", False),
        ("name.deeper", "eq", "tech", False),
        ("name", "ne", "cars", True),
        ("name", "ne", "tech", False),
        ("size", "le", 5, True),
        ("size", "lt", 5, False),
        ("size", "ge", 5, True),
        ("size", "gt", 5, False),
        ("size", "gt", "4", False),
        ("gone", "lt", 5, False),
        ("name", "gt", "tea", True),
        ("name", "contains", "ec", True),
        ("tags", "contains", "a", True),
        ("tags", "contains", "c", False),
        ("gone", "contains", "a", False),
        ("size", "contains", 5, True),
        ("size", "contains", 5.0, True),
        ("size", "contains", 6, False),
        ("size", "contains", "5", False),
        ("on", "contains", 1, False),
        ("size", "notContains", 5, False),
        ("size", "notContains", 6, True),
        ("size", "containsAny", [4, 5], True),
        ("size", "containsAny", [4, 6], False),
        ("name", "notContains", "ec", False),
        ("tags", "notContains", "c", True),
        ("name", "beginsWith", "te", True),
        ("size", "beginsWith", "5", False),
        ("name", "in", ["cars", "tech"], True),
        ("name", "in", ["cars"], False),
        ("name", "notIn", ["cars"], True),
        ("name", "notIn", ["tech"], False),
        ("size", "between", [5, 6], True),
        ("size", "between", [6, 7], False),
        ("name", "between", [1, 2], False),
        ("tags", "containsAny", ["x", "b"], True),
        ("tags", "containsAny", ["x"], False),
        ("name", "containsAny", ["x", "ch"], True),
    ],
)
def test_operators(field: str, operator: str, value: object, expected: bool) -> None:
    assert filter_of([rule(field, operator, value)]).matches(EVENT) is expected


def test_rules_are_anded_and_filters_ored() -> None:
    both = filter_of([rule("name", "eq", "tech"), rule("size", "gt", 9)])
    assert not both.matches(EVENT)
    either = filter_of([rule("name", "eq", "tech")], [rule("size", "gt", 9)])
    assert either.matches(EVENT)


def test_two_equalities_on_one_field() -> None:
    assert not filter_of([rule("name", "eq", "tech"), rule("name", "eq", "cars")]).matches(EVENT)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"filterGroup": []},
        {"filterGroup": [{}]},
        {"filterGroup": [{"filters": []}]},
        {"filterGroup": [{"filters": [{}]}]},
        {"filterGroup": [{"filters": [7]}]},
        {"filterGroup": [{"filters": [rule("a", "eq", 1)]}] * 11},
        {"filterGroup": [{"filters": [rule(name, "eq", 1) for name in "abcdef"]}]},
        {"filterGroup": [{"filters": [rule("a", "like", 1)]}]},
        {"filterGroup": [{"filters": [{"fieldName": "a", "operator": "eq"}]}]},
        {"filterGroup": [{"filters": [rule("", "eq", 1)]}]},
        {"filterGroup": [{"filters": [rule("a.b.c.d.e.f", "eq", 1)]}]},
        {"filterGroup": [{"filters": [rule("a", "eq", None)]}]},
        {"filterGroup": [{"filters": [rule("a", "eq", [1])]}]},
        {"filterGroup": [{"filters": [rule("a", "lt", True)]}]},
        {"filterGroup": [{"filters": [rule("a", "beginsWith", 1)]}]},
        {"filterGroup": [{"filters": [rule("a", "in", "text")]}]},
        {"filterGroup": [{"filters": [rule("a", "in", [])]}]},
        {"filterGroup": [{"filters": [rule("a", "in", list(range(6)))]}]},
        {"filterGroup": [{"filters": [rule("a", "in", [*"abcde"]), rule("b", "in", [*"abc"])]}]},
        {"filterGroup": [{"filters": [rule(name, "in", [1, 2]) for name in "abcd"]}]},
        {"filterGroup": [{"filters": [rule("a", "notIn", list(range(6)))]}]},
        {"filterGroup": [{"filters": [rule("a", "containsAny", list(range(21)))]}]},
        {"filterGroup": [{"filters": [rule("a", "between", [1])]}]},
        {"filterGroup": [{"filters": [rule("a", "eq", "x" * 257)]}]},
    ],
)
def test_what_breaks_a_limit_is_refused(document: object) -> None:
    with pytest.raises(AppSyncError) as refused:
        parse_filter(document)
    assert refused.value.error_type == "InvalidSubscriptionFilter"


def test_the_limits_themselves_are_accepted() -> None:
    filter_of(*[[rule(name, "eq", "x" * 256) for name in "abcde"]] * 10)
    filter_of([rule("a.b.c.d.e", "in", [1, 2, 3, 4, 5]), rule("a", "containsAny", [*range(20)])])


def test_the_values_of_in_may_make_ten_combinations() -> None:
    filter_of([rule("a", "in", [*"abcde"]), rule("b", "in", [1, 2]), rule("c", "in", [1])])
    filter_of(*[[rule("a", "in", [*"abcde"])]] * 10)
    filter_of([rule("a", "notIn", [*"abcde"]), rule("b", "in", [*"abcde"])])


def test_arguments_filter_by_equality() -> None:
    assert equality_filter({}).matches(EVENT)
    assert equality_filter({"name": "tech", "gone": None}).matches(EVENT)
    assert not equality_filter({"name": None}).matches(EVENT)
    assert equality_filter({"missing": None}).matches(EVENT)
    assert equality_filter({"tags": ["a", "b"]}).matches(EVENT)


scalars = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from(["a", "b"]))


@given(st.dictionaries(st.sampled_from("xyz"), scalars), scalars, st.sampled_from("xyz"))
def test_equality_key_agrees_with_the_rule(
    event: dict[str, object], value: object, field: str
) -> None:
    expected = field in event and event[field] == value and type(event[field]) is type(value)
    assert filter_of([rule(field, "eq", value)]).matches(event) is expected


@given(st.text("ab:", max_size=4), st.none() | st.integers() | st.text("ab:", max_size=6))
def test_a_prefix_is_a_key_that_agrees_with_the_rule(prefix: str, value: object) -> None:
    found = filter_of([rule("name", "beginsWith", prefix)])
    [alternative] = found.alternatives
    assert not alternative.rest  # so that a publish looks at no subscription with another prefix
    expected = isinstance(value, str) and value.startswith(prefix)
    assert found.matches({"name": value}) is expected
