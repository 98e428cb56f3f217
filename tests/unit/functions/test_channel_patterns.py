"""Names and patterns of channels: what they may be, and what covers what."""

import pytest
from globalws_functions.domain.channel_patterns import (
    covering,
    covers,
    is_name,
    is_old_name,
    is_pattern,
    is_rule_pattern,
)

NAMES = ["a", "0", "cars", "a:b", "a:b:c:d", "a.b-c_d|e@f:-:@", "a" * 128, "a:" + "b" * 126]
WILDCARDS = ["*", "a:*", "a:b:*", "a:b:c:*"]
OF_USERS = ["user:{user}", "user:{user}:*", "a:b:{user}", "a:{user}:c:d", "a:{user}:c:*"]
OLD = ["a::b", "a:", "a:b:c:d:e"]
NOTHING = [
    *("", ":", ":a", "-a", "a b", "ä", "a:ä", "a/b", "a" * 129, "a\n", "a:b\n"),
    *("**", "a*", "a:*:b", "*:a", "a:b:c:d:*", "a:**", "#user:bob"),
    *("{user}", "{user}:a", "{user}:*", "a:{user}:{user}", "a:{User}", "a:x{user}"),
    "a:{user}:b:c:*",
]  # fmt: skip


@pytest.mark.parametrize("text", [*NAMES, *WILDCARDS, *OF_USERS, *OLD, *NOTHING])
def test_what_is_a_name_and_what_a_pattern(text: str) -> None:
    assert is_name(text) == (text in NAMES)
    assert is_pattern(text) == (text in NAMES or text in WILDCARDS)
    assert is_rule_pattern(text) == (text in NAMES or text in WILDCARDS or text in OF_USERS)


@pytest.mark.parametrize("text", [*OLD, "cars", "a:b"])
def test_what_was_a_name_in_older_versions_is_known(text: str) -> None:
    assert is_old_name(text)


def test_what_covers_a_name_comes_in_the_order_of_how_specific_it_is() -> None:
    assert covering("a:b:c") == ("a:b:c", "a:b:*", "a:*", "*")
    assert covering("a:b:c:d") == ("a:b:c:d", "a:b:c:*", "a:b:*", "a:*", "*")
    assert covering("a") == ("a", "*")
    assert covering("orders:*") == ("orders:*", "*")
    assert covering("*") == ("*",)


def test_the_callers_own_id_is_covered_by_user_but_not_as_the_first_segment() -> None:
    assert covering("user:bob:in", "bob") == (
        *("user:bob:in", "user:{user}:in", "user:bob:*", "user:{user}:*", "user:*", "*"),
    )
    assert covering("bob:bob:bob", "bob") == (
        *("bob:bob:bob", "bob:bob:{user}", "bob:{user}:bob", "bob:bob:*", "bob:{user}:*"),
        *("bob:*", "*"),
    )
    for other in ("alice", "Bob", "bob2", "*", "in:x", ""):
        assert "user:{user}:*" not in covering("user:bob:in", other)


def test_any_segment_is_a_user_for_back_ends() -> None:
    assert covering("a:b:c", any_user=True) == (
        *("a:b:c", "a:b:{user}", "a:{user}:c", "a:b:*", "a:{user}:*", "a:*", "*"),
    )


@pytest.mark.parametrize(
    ("pattern", "name", "does"),
    [
        ("a:b", "a:b", True),
        ("a:b", "a:b:c", False),
        ("a:*", "a:b", True),
        ("a:*", "a:b:c", True),
        ("a:*", "a", False),
        ("a:*", "ab:c", False),
        ("a:*", "a:b:*", True),
        ("a:b:*", "a:*", False),
        ("*", "a:*", True),
        ("orders:*", "orders", False),
        ("orders:*", "ordersx", False),
    ],
)
def test_a_wildcard_covers_one_or_more_segments(pattern: str, name: str, does: bool) -> None:
    assert covers(pattern, name) is does
