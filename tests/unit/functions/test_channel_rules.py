"""What the rules of channels say about callers, and what becomes stricter."""

import itertools

import pytest
from globalws_functions.domain.channel_rules import (
    PROBE,
    Caller,
    Kind,
    Rule,
    Source,
    Verdict,
    decide,
    deployed_rules,
    may_exclude,
)

ANYONE, BACK_END = Caller(Kind.ANYONE), Caller(Kind.BACK_END)
ALICE = Caller(Kind.SIGNED_IN, "alice")
EDITOR = Caller(Kind.SIGNED_IN, "ed", frozenset({"editors"}))
DEPLOYED = deployed_rules(
    "cars, chat:*=signed-in ,news:*=group:editors/anyone,user:{user}:*=granted"
)


def _error(name: str, caller: Caller, operation: str = "publish", *rules: Rule) -> str:
    return decide(name, operation, caller, (*rules, *DEPLOYED)).error_type


def test_entries_state_levels() -> None:
    assert [(r.pattern, r.publish, r.subscribe) for r in DEPLOYED[:-1]] == [
        ("cars", None, None),
        ("chat:*", "signed-in", "signed-in"),
        ("news:*", "group:editors", "anyone"),
        ("user:{user}:*", "granted", "granted"),
    ]
    assert DEPLOYED[-1].pattern == PROBE
    assert {rule.source for rule in DEPLOYED} == {Source.DEPLOYMENT}


@pytest.mark.parametrize(
    "levels", ["", "signedin", "anyone/", "/anyone", "anyone/granted/anyone", "group:", "group:a=b"]
)
def test_an_entry_that_cannot_be_read_refuses_its_pattern(levels: str) -> None:
    rules = deployed_rules(f"*,chat:*={levels}")
    verdict = decide("chat:1", "publish", BACK_END, rules)
    assert verdict.error_type == "ChannelBlocked"
    assert verdict.rule is not None
    assert levels in verdict.rule.reason
    assert decide("cars", "publish", ANYONE, rules).error_type == ""


def test_an_entry_without_a_readable_pattern_opens_nothing() -> None:
    assert deployed_rules("a*,,#user:bob,{user}:*") == (DEPLOYED[-1],)


def test_levels() -> None:
    assert _error("cars", ANYONE) == ""
    assert _error("planes", BACK_END) == "ChannelNotAllowed"
    assert _error("chat:1", ANYONE) == "AccessDenied"
    assert _error("chat:1", ALICE) == ""
    assert _error("news:1", ALICE) == "AccessDenied"
    assert _error("news:1", EDITOR) == ""
    assert _error("news:1", ANYONE, "subscribe") == ""
    assert _error("news:1", BACK_END) == ""
    assert _error("user:alice:in", ALICE) == "AccessDenied"
    assert _error("user:bob:in", ALICE) == "ChannelNotAllowed"
    assert _error("user:bob:in", BACK_END) == ""


def test_a_grant_passes_levels_but_no_block() -> None:
    bob = Caller(Kind.SIGNED_IN, "bob", grants=[("news:*", ["publish"])])
    verdict = decide("news:1", "publish", bob, DEPLOYED)
    assert (verdict.error_type, verdict.grant) == ("", "news:*")
    assert _error("news:1", bob, "publish", Rule("news:*", allowed=False)) == "ChannelBlocked"
    assert _error("planes", bob) == "ChannelNotAllowed"


def test_a_block_of_a_wider_rule_or_of_the_user_refuses() -> None:
    assert _error("cars", BACK_END, "publish", Rule("*", allowed=False)) == "ChannelBlocked"
    blocked = Caller(Kind.SIGNED_IN, "bob", blocked_because="spam")
    assert decide("cars", "publish", blocked, DEPLOYED) == Verdict("UserBlocked")


def test_a_rule_without_levels_takes_those_of_the_next_that_has_them() -> None:
    allow = Rule("chat:42", allowed=True)
    verdict = decide("chat:42", "publish", ANYONE, (allow, *DEPLOYED))
    assert (verdict.error_type, verdict.rule, verdict.level) == ("AccessDenied", allow, "signed-in")
    assert verdict.level_rule == DEPLOYED[1]
    # At one pattern the operator's decision comes first, and what it leaves open is as deployed.
    half = Rule("chat:*", allowed=True, subscribe="anyone")
    assert _error("chat:42", ANYONE, "subscribe", half) == ""
    assert _error("chat:42", ANYONE, "publish", half) == "AccessDenied"


def test_a_pattern_is_subscribed_to_with_a_grant_only() -> None:
    granted = Caller(Kind.SIGNED_IN, "bob", grants=[("orders:*", ["subscribe"])])
    assert _error("orders:*", granted, "subscribe") == ""
    assert _error("orders:*", BACK_END, "subscribe") == ""
    assert _error("chat:*", ALICE, "subscribe") == "AccessDenied"
    blocked = Rule("orders:*", allowed=False)
    assert _error("orders:eu:*", granted, "subscribe", blocked) == "ChannelBlocked"


LEVELS = [None, "anyone", "signed-in", "group:a", "group:b", "granted"]
CALLERS = [
    Caller(Kind.ANYONE),
    *(Caller(Kind.SIGNED_IN, "u", frozenset(g)) for g in ([], ["a"], ["b"], ["a", "b"])),
    Caller(Kind.SIGNED_IN, "u", grants=[("chat:1", ["subscribe"])]),
    Caller(Kind.BACK_END),
]


@pytest.mark.parametrize(("before", "after"), list(itertools.product(LEVELS, LEVELS)))
def test_what_excludes_nobody_is_not_called_stricter(before: str | None, after: str | None) -> None:
    """With any level of the wider rule, a caller that got in before gets in after."""

    def gets_in(caller: Caller, level: str | None, wider: str) -> bool:
        rules = [Rule("chat:1", True, subscribe=level), Rule("chat:*", True, subscribe=wider)]
        return not decide("chat:1", "subscribe", caller, rules).error_type

    is_excluded = any(
        gets_in(caller, before, wider) and not gets_in(caller, after, wider)
        for caller in CALLERS
        for wider in LEVELS
        if wider is not None
    )
    assert may_exclude(before, after) is is_excluded
