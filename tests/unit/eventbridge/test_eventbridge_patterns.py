"""Event patterns: AWS's semantics by example, properties by hypothesis, refusals by message."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.eventbridge.patterns import PatternError, compile_pattern


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return compile_pattern(pattern).matches(event)


def leaf(test: Any, value: Any) -> bool:
    """Whether `{"a": [test]}` matches `{"a": value}`."""
    return matches({"a": [test]}, {"a": value})


@pytest.mark.parametrize(
    ("test", "yes", "no"),
    [
        ("x", ["x", ["y", "x"], [["x"]]], ["X", "", None, 1, [], {}, {"x": "x"}]),
        (300, [300, 300.0, 3e2, [1, 300]], ["300", 301, True, None]),
        (1, [1, 1.0], [True, "1"]),
        (True, [True], [1, "true", False]),
        (None, [None, [None]], ["", 0, False, [], "null"]),
        ("", [""], [None, " "]),
        ({"prefix": "eu-"}, ["eu-west-1", "eu-"], ["us-", "EU-west", None, 5]),
        ({"prefix": {"equals-ignore-case": "EU-"}}, ["eu-west-1", "Eu-"], ["us-", None]),
        ({"suffix": ".png"}, [".png", "a.png"], ["a.PNG", "png", 1]),
        ({"suffix": {"equals-ignore-case": ".PNG"}}, ["a.png", "a.Png"], ["apng"]),
        ({"equals-ignore-case": "Tech"}, ["tech", "TECH"], ["techs", None, 1]),
        ({"anything-but": "x"}, ["y", 1, None, True, ["x", "y"]], ["x", ["x"], [], {}]),
        ({"anything-but": ["x", "y"]}, ["z", "X"], ["x", "y"]),
        ({"anything-but": 5}, [6, "5"], [5, 5.0]),
        ({"anything-but": [5, 6]}, [7], [5, 6.0]),
        ({"anything-but": {"prefix": "us-"}}, ["eu-", 1], ["us-west-2"]),
        ({"anything-but": {"prefix": ["us-", "eu-"]}}, ["ap-"], ["us-1", "eu-1"]),
        ({"anything-but": {"suffix": ".png"}}, ["a.jpg"], ["a.png"]),
        ({"anything-but": {"equals-ignore-case": "Tech"}}, ["cars"], ["tech", "TECH"]),
        ({"anything-but": {"wildcard": "*/lib/*"}}, ["/a"], ["/a/lib/b"]),
        ({"exists": True}, ["", None, 0, False, ["x"]], [[], {}, {"b": 1}]),
        ({"exists": False}, [[], {"b": 1}], ["", None, 0, ["x"]]),
        ({"numeric": ["=", 5]}, [5, 5.0], [6, "5", True, None]),
        ({"numeric": [">", 0, "<=", 5]}, [0.1, 5], [0, 5.1, -1]),
        ({"numeric": [">=", -1.5]}, [-1.5, 0], [-2]),
        ({"wildcard": "dir/*.png"}, ["dir/.png", "dir/a/b.png"], ["dir/a.jpg", "xdir/a.png"]),
        ({"wildcard": "*a*b*"}, ["ab", "xaxbx", "aab"], ["ba", "a", ""]),
        ({"wildcard": r"a\*b\\*"}, ["a*b\\", "a*b\\x"], ["axb\\", "a*b"]),
        ({"wildcard": "*"}, ["", "x\ny"], [1, None]),
        ({"wildcard": "ab*ba"}, ["abba", "abxba"], ["aba"]),
    ],
)
def test_one_comparison(test: Any, yes: list[Any], no: list[Any]) -> None:
    for value in yes:
        assert leaf(test, value), f"{test} should match {value!r}"
    for value in no:
        assert not leaf(test, value), f"{test} should not match {value!r}"


def test_anything_but_needs_the_field() -> None:
    pattern = {"detail": {"region": [{"anything-but": "us-west-2"}]}}
    assert matches(pattern, {"detail": {"region": "eu-west-1"}})
    assert not matches(pattern, {"detail": {}})
    assert not matches(pattern, {})


def test_values_are_alternatives_and_fields_must_all_match() -> None:
    pattern = {"source": ["a", {"prefix": "b"}], "detail": {"x": [1], "y": {"z": [2]}}}
    assert matches(pattern, {"source": "bb", "detail": {"x": 1, "y": {"z": 2}}})
    assert not matches(pattern, {"source": "bb", "detail": {"x": 1, "y": {"z": 3}}})
    assert not matches(pattern, {"source": "c", "detail": {"x": 1, "y": {"z": 2}}})
    assert not matches(pattern, {"source": "a", "detail": "x"})


def test_absence() -> None:
    pattern = {"detail": {"code": [{"exists": False}]}}
    assert matches(pattern, {"detail": {}})
    assert matches(pattern, {})
    assert not matches(pattern, {"detail": {"code": None}})
    either = {"detail": {"code": [{"exists": False}, 0]}}
    assert matches(either, {"detail": {}})
    assert matches(either, {"detail": {"code": 0}})
    assert not matches(either, {"detail": {"code": 1}})


_ABSENT = {"exists": False}


def test_fields_of_one_array_element_belong_together() -> None:
    pattern = {"items": {"name": ["a"], "size": [1]}}
    assert matches(pattern, {"items": [{"name": "b", "size": 2}, {"name": "a", "size": 1}]})
    assert not matches(pattern, {"items": [{"name": "a", "size": 2}, {"name": "b", "size": 1}]})


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        # Nothing is bound: an absent field is absent everywhere.
        ({"a": {"k": [_ABSENT]}}, {"a": [{"k": "x"}, {"z": 1}]}, False),
        # Bound already: it is absent there.
        ({"a": {"k": ["x"], "z": [_ABSENT]}}, {"a": [{"k": "x"}, {"k": "y", "z": 1}]}, True),
        ({"a": {"k": ["x"], "z": [_ABSENT]}}, {"a": [{"k": "x", "z": 1}, {"k": "y"}]}, False),
        ({"a": {"k": ["x"], "z": [_ABSENT]}}, {"a": [{"k": "x", "z": 1}, {"k": "x"}]}, True),
        # Names in their order: the absent one comes first, and nothing is bound yet.
        ({"a": {"z": ["x"], "k": [_ABSENT]}}, {"a": [{"z": "x"}, {"z": "y", "k": 1}]}, False),
        ({"a": {"z": ["x"], "k": [_ABSENT]}}, {"a": [{"z": "x"}, {"z": "y"}]}, True),
        # An array elsewhere binds nothing here.
        ({"a": {"k": ["x"]}, "b": {"z": [_ABSENT]}}, {"a": [{"k": "x"}], "b": [{"z": 1}]}, False),
        # Arrays below arrays, through an object between them.
        (
            {"a": {"b": {"c": [1], "d": [_ABSENT]}, "e": [2]}},
            {"a": [{"b": [{"c": 1}, {"d": 1}], "e": 2}, {"b": [{"c": 1, "d": 1}], "e": 2}]},
            True,
        ),
        (
            {"a": {"b": {"c": [1], "d": [_ABSENT]}, "e": [2]}},
            {"a": [{"b": [{"c": 1}, {"d": 1}], "e": 3}, {"b": [{"c": 1, "d": 1}], "e": 2}]},
            False,
        ),
        ({"a": {"k": [1], "l": [2]}}, {"a": [[{"k": 1}], [{"l": 2}, {"k": 1, "l": 2}]]}, True),
        ({"a": {"k": [1], "l": [2]}}, {"a": [[{"k": 1}], [{"l": 2}]]}, False),
        # Either the value, or nothing in the bound element.
        ({"a": {"k": ["x"], "z": [_ABSENT, 1]}}, {"a": [{"k": "x", "z": 1}]}, True),
        ({"a": {"k": ["x"], "z": [_ABSENT, 1]}}, {"a": [{"k": "x", "z": 2}, {"z": 1}]}, False),
        # Alternatives are patterns of their own.
        ({"a": {"k": ["x"], "$or": [{"z": [_ABSENT]}, {"y": [1]}]}},
         {"a": [{"k": "x", "z": 0, "y": 1}, {"k": "w"}]}, True),
        ({"a": {"k": ["x"], "$or": [{"z": [_ABSENT]}, {"y": [1]}]}},
         {"a": [{"k": "x", "z": 0}, {"k": "w", "y": 1}]}, False),
    ],
)  # fmt: skip
def test_absence_is_looked_for_in_the_elements_bound_before(
    pattern: Any, event: Any, expected: bool
) -> None:
    assert matches(pattern, event) is expected


def test_large_arrays_are_matched_soon() -> None:
    event = {name: [{"k": 1, "l": index} for index in range(1_000)] for name in "abcd"}
    pattern = {name: {"k": [1], "l": [999]} for name in "abcd"}
    assert matches(pattern, event)
    assert not matches({**pattern, "d": {"k": [1], "l": [1_000]}}, event)


def absent(key: str = "z") -> dict[str, Any]:
    return {key: [{"exists": False}]}


@pytest.mark.parametrize(
    ("pattern", "event", "expected"),
    [
        # Absence within the element that is bound already …
        ({"a": {"k": ["x"], **absent()}}, {"a": [{"k": "x"}, {"k": "y", "z": 1}]}, True),
        ({"a": {"k": ["x"], **absent()}}, {"a": [{"k": "x", "z": 1}, {"k": "y"}]}, False),
        ({"a": {"k": ["x"], **absent()}}, {"a": [{"k": "x", "z": 1}, {"k": "x"}]}, True),
        ({"a": {"k": ["x"], **absent()}}, {"a": {"k": "x"}}, True),
        ({"a": {"k": ["x"], **absent()}}, {"a": [{"k": "y"}]}, False),
        # … deeper, and in an array within it …
        ({"a": {"k": ["x"], "m": absent()}}, {"a": [{"k": "x"}, {"k": "y", "m": {"z": 1}}]}, True),
        ({"a": {"b": {"k": ["x"], **absent()}}},
         {"a": [{"b": [{"k": "x"}, {"z": 1}]}, {"b": [{"k": "y", "z": 1}]}]}, True),
        ({"a": {"b": {"k": ["x"]}, **absent()}}, {"a": [{"b": [{"k": "x"}]}, {"z": 1}]}, True),
        ({"a": {"b": {"k": ["x"]}, **absent()}}, {"a": [{"b": [{"k": "x"}], "z": 1}]}, False),
        # … but of the whole event as long as nothing is bound: fields go by their names.
        ({"a": absent()}, {"a": [{"k": "x"}, {"z": 1}]}, False),
        ({"a": {"k": ["x"], **absent("b")}}, {"a": [{"k": "x"}, {"b": 1, "k": "y"}]}, False),
        ({"a": {"k": ["x"], **absent("b")}}, {"a": [{"k": "x"}, {"k": "y"}]}, True),
        ({"a": {"k": ["x"]}, "b": absent()}, {"a": [{"k": "x"}], "b": [{"z": 1}, {"y": 1}]}, False),
        # A present value may stand in for an absent one.
        ({"a": {"k": ["x"], "z": [{"exists": False}, 0]}},
         {"a": [{"k": "x", "z": 0}, {"k": "y", "z": 1}]}, True),
        ({"a": {"k": ["x"], "z": [{"exists": False}, 0]}},
         {"a": [{"k": "x", "z": 1}, {"k": "y", "z": 0}]}, False),
        # Values of one list bind nothing, objects and lists in it do.
        ({"a": {"k": ["x"], "m": [1]}}, {"a": [{"k": ["y", "x"], "m": [0, 1]}]}, True),
        ({"a": {"k": ["x"], "m": [1]}}, {"a": [[{"k": "x"}, {"m": 1}]]}, False),
        ({"a": {"k": ["x"], "m": [1]}}, {"a": [[{"k": "x", "m": 1}], [{"k": "y"}]]}, True),
        ({"a": {"k": ["x"]}, "b": {"m": [1]}}, {"a": [{}, {"k": "x"}], "b": [{"m": 1}]}, True),
        # An alternative binds for itself.
        ({"a": {"k": ["x"], "$or": [{"m": [1]}, absent()]}},
         {"a": [{"k": "x"}, {"k": "y", "z": 1}]}, True),
        ({"$or": [{"a": {"k": ["x"], **absent()}}, {"b": [1]}]},
         {"a": [{"k": "x", "z": 1}], "b": 2}, False),
    ],
)  # fmt: skip
def test_absence_within_what_is_bound(
    pattern: dict[str, Any], event: dict[str, Any], expected: bool
) -> None:
    assert matches(pattern, event) is expected


def test_large_arrays_are_searched_without_trying_all_combinations() -> None:
    many = [{"x": 1, "y": place} for place in range(400)]
    names = ("a", "b", "c", "d")
    pattern = {name: {"x": [1], "y": [{"numeric": [">=", 0]}]} for name in names}
    event = dict.fromkeys(names, None) | {name: list(map(dict, many)) for name in names}
    assert matches(pattern, event)
    assert not matches({**pattern, "e": {"x": [1], "y": [-1]}}, {**event, "e": many})


def test_or() -> None:
    pattern = {"source": ["s"], "detail": {"$or": [{"a": [1]}, {"b": [2]}], "c": [3]}}
    assert matches(pattern, {"source": "s", "detail": {"a": 1, "c": 3}})
    assert matches(pattern, {"source": "s", "detail": {"b": 2, "c": 3}})
    assert not matches(pattern, {"source": "s", "detail": {"a": 2, "b": 1, "c": 3}})
    assert not matches(pattern, {"source": "s", "detail": {"a": 1, "c": 4}})
    assert not matches(pattern, {"source": "t", "detail": {"a": 1, "c": 3}})


def test_reserved_words_are_fields_like_others_outside_of_or() -> None:
    assert matches({"prefix": ["x"], "a": {"numeric": [1]}}, {"prefix": "x", "a": {"numeric": 1}})


numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
objects = st.dictionaries(st.text(), values)
tests = st.one_of(
    scalars,
    st.builds(lambda text: {"prefix": text}, st.text()),
    st.builds(lambda text: {"anything-but": text}, st.text()),
    st.builds(lambda flag: {"exists": flag}, st.booleans()),
    st.builds(lambda limit: {"numeric": ["<", limit]}, numbers),
)
literal_text = st.text(alphabet="ab", max_size=4)


@given(objects)
def test_no_event_breaks_a_pattern(event: dict[str, Any]) -> None:
    pattern = compile_pattern(
        {"a": ["x", {"exists": False}], "$or": [{"b": [1]}, {"c": {"d": [{"anything-but": "x"}]}}]}
    )
    assert pattern.matches(event) in (True, False)


@given(values, values)
def test_no_pattern_breaks_the_loader(below: Any, value: Any) -> None:
    try:
        pattern = compile_pattern({"a": below})
    except PatternError:
        return
    assert pattern.matches({"a": value}) in (True, False)


@given(scalars)
def test_a_value_matches_itself(value: Any) -> None:
    assert leaf(value, value)
    assert leaf({"exists": True}, value)
    assert not leaf({"exists": False}, value)


@given(tests, values, values)
def test_an_array_matches_if_one_of_its_elements_does(test: Any, one: Any, two: Any) -> None:
    if test == {"exists": False}:
        assert leaf(test, [one, two]) == (leaf(test, one) and leaf(test, two))
    else:
        assert leaf(test, [one, two]) == (leaf(test, one) or leaf(test, two))


@given(st.text(), scalars)
def test_anything_but_is_the_opposite_on_a_scalar(text: str, value: Any) -> None:
    assert leaf({"anything-but": text}, value) != leaf(text, value)
    assert leaf({"anything-but": {"prefix": "x" + text}}, value) != leaf(
        {"prefix": "x" + text}, value
    )


@given(st.lists(literal_text, min_size=1, max_size=4), st.text(alphabet="ab", max_size=12))
def test_wildcards_agree_with_regular_expressions(parts: list[str], text: str) -> None:
    parts = [parts[0], *(part or "a" for part in parts[1:-1]), *parts[1:][-1:]]
    pattern = "*".join(parts)
    if "**" in pattern:
        return
    expected = re.fullmatch(".*".join(map(re.escape, parts)), text, re.DOTALL) is not None
    assert leaf({"wildcard": pattern}, text) == expected


@given(st.floats(allow_nan=False), st.integers(-100, 100), st.integers(1, 50))
def test_a_numeric_range_is_the_range(value: float, bottom: int, width: int) -> None:
    test = {"numeric": [">=", bottom, "<", bottom + width]}
    assert leaf(test, value) == (bottom <= value < bottom + width)
