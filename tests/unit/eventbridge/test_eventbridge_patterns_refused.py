"""Event patterns that are not understood or not supported: refused when loaded, by name."""

import math
import re
from typing import Any

import pytest

from emulator.eventbridge.patterns import PatternError, compile_pattern, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ({}, "non-empty object"),
        ({"a": {}}, "rule r: a: expected a non-empty"),
        ({"a": []}, "rule r: a: an empty array"),
        ({"a": "x"}, "a: expected an object or an array"),
        ({"a": [["x"]]}, "cannot be in a pattern"),
        ({"detail": {"a": [{"regex": "x"}]}}, "rule r: detail.a: operator 'regex'"),
        ({"a": [{"cidr": "10.0.0.0/24"}]}, "operator 'cidr' is not supported"),
        ({"a": [{"prefix": "x", "suffix": "y"}]}, "one operator"),
        ({"a": [{}]}, "one operator"),
        ({"a": [{"prefix": 1}]}, "a.prefix: expected a string"),
        ({"a": [{"prefix": {"wildcard": "x"}}]}, "equals-ignore-case"),
        ({"a": [{"exists": "true"}]}, "a.exists"),
        ({"a": [{"numeric": [">"]}]}, "numeric"),
        ({"a": [{"numeric": ["!=", 1]}]}, "is not one of"),
        ({"a": [{"numeric": ["<", "5"]}]}, "expected a number"),
        ({"a": [{"numeric": ["<", 5, ">", 1]}]}, "range"),
        ({"a": [{"numeric": [">", 5, "<", 1]}]}, "range"),
        ({"a": [{"anything-but": []}]}, "must not be empty"),
        ({"a": [{"anything-but": ["x", 1]}]}, "all strings or all numbers"),
        ({"a": [{"anything-but": None}]}, "all strings or all numbers"),
        ({"a": [{"anything-but": {"prefix": ""}}]}, "must not be empty"),
        ({"a": [{"anything-but": {"exists": True}}]}, "expected one of"),
        ({"a": [{"wildcard": "a**"}]}, "consecutive"),
        ({"a": [{"wildcard": "a\\b"}]}, "backslash"),
        ({"a.b": ["x"]}, "rule r: a.b: a key with a dot is not supported"),
        ({"detail": {"a.b": {"c": ["x"]}}}, "detail.a.b: a key with a dot"),
        ({"$or": [{"a.b": [1]}, {"c": [1]}]}, "a.b: a key with a dot"),
        ({".": ["x"]}, "a key with a dot"),
        ({"a": [1], "$or": [{"a": [2]}, {"b": [3]}]}, "rule r: a: the same field beside $or"),
        ({"$or": [{"a": [2]}, {"b": [3]}], "a": [1]}, "a: the same field beside $or"),
        ({"x": {"a": [1]}, "$or": [{"x": {"a": [2]}}, {"b": [3]}]}, "x.a: the same field"),
        ({"x": {"a": [1], "$or": [{"b": [1]}, {"a": [2]}]}}, "x.a: the same field"),
        ({"$or": [{"a": [1], "$or": [{"a": [2]}, {"c": [1]}]}, {"b": [3]}]}, "a: the same field"),
        *(
            ({"$or": [{"a": [1]}, {word: ["x"]}]}, f"{word}: {word!r} is reserved")
            for word in (
                "prefix",
                "suffix",
                "exists",
                "numeric",
                "anything-but",
                "wildcard",
                "equals-ignore-case",
                "cidr",
                "exactly",
                "regex",
                "=",
                "<",
                ">=",
                "date-before",
                "ip-address-in-range",
            )
        ),
        (
            {"x": {"$or": [{"a": {"prefix": ["x"]}}, {"b": [1]}]}},
            "x.a.prefix: 'prefix' is reserved",
        ),
        ({"$or": [{"$or": [{"exists": [True]}, {"a": [1]}]}, {"b": [1]}]}, "'exists' is reserved"),
        ({f"k{n}": {"$or": [{"a": [1]}, {"b": [1]}]} for n in range(10)}, "more than 1000"),
        *(
            ({"a": [test]}, f"no double holds the number {number}")
            for number in (
                2**53 + 1,
                -(2**53) - 1,
                12345678901234567891,
                10**400,
                math.inf,
                math.nan,
            )
            for test in (
                number,
                {"numeric": ["=", number]},
                {"numeric": ["<", number]},
                {"anything-but": number},
                {"anything-but": [1, number]},
            )
        ),
        ({"$or": [{"a": [1]}]}, "two or more"),
        ({"$or": {"a": [1]}}, "two or more"),
        (
            {name: {"$or": [{"x": [n]} for n in range(11)]} for name in "abc"},
            "more than 1000 combinations",
        ),
    ],
)
def test_what_is_not_understood_is_refused_by_name(pattern: Any, message: str) -> None:
    with pytest.raises(PatternError, match=re.escape(message)):
        compile_pattern(pattern, name="rule r")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": ["x"], "a": ["y"]}', "rule r: key 'a' is there twice"),
        ('{"a": {"b": [1], "c": [2], "b": [3]}}', "key 'b' is there twice"),
        ('{"a": [{"prefix": "x", "prefix": "y"}]}', "key 'prefix' is there twice"),
        ('{"$or": [{"a": [1]}, {"b": [1]}], "$or": [{"c": [1]}, {"d": [1]}]}', "key '$or'"),
        ('{"a": [1e400]}', "no double holds the number 1e400"),
        ('{"a": [0.1234567890123456789]}', "no double holds the number 0.1234567890123456789"),
        ('{"a": [{"numeric": ["<", -1e999]}]}', "no double holds the number -1e999"),
        ('{"a": [1}', "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_what_a_text_says_and_objects_cannot_is_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(PatternError, match=re.escape(message)):
        parse_pattern(text, name="rule r")


@pytest.mark.parametrize(
    "number", ["300", "3e2", "300.0", "-0.5", "0.1", "1e15", "1E-7", "9007199254740992", "5e9"]
)
def test_a_number_that_a_double_holds_is_taken(number: str) -> None:
    pattern = compile_pattern(parse_pattern(f'{{"a": [{number}]}}'))
    assert pattern.matches({"a": float(number)})
