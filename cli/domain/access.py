"""Who may use which channel: operators' rules and users as tables keep them, and their explanation.

The rules themselves are those of globalws_functions/domain/channel_rules.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from globalws_functions.domain.channel import user_of
from globalws_functions.domain.channel_patterns import is_pattern, is_wildcard
from globalws_functions.domain.channel_rules import (
    GRANTED,
    OPERATIONS,
    Caller,
    Kind,
    Rule,
    Source,
    Verdict,
    is_level,
)
from globalws_functions.domain.json_text import read_json

Grants = Mapping[str, Sequence[str]]
"""Patterns, and the operations that they allow."""


def operators_rule(item: Mapping[str, Any]) -> Rule | None:
    """The rule in an item of the Channels table; None if it has none, or was reset."""
    allowed, pattern = item.get("allowed"), str(item.get("name", ""))
    if pattern.startswith("#") or not isinstance(allowed, bool):
        return None
    publish, subscribe = item.get("publish"), item.get("subscribe")
    for level in (publish, subscribe):
        if level is not None and not is_level(str(level)):
            return Rule(pattern, allowed=False, reason=f"its level is {level!r}")
    return Rule(pattern, allowed, publish, subscribe, str(item.get("reason", "")))


@dataclass(frozen=True)
class User:
    """A user as operators have decided; `updated_at` is of the last block or allow."""

    id: str
    is_blocked: bool = False
    reason: str = ""
    updated_at: str | None = None
    grants: Grants = field(default_factory=dict)

    @classmethod
    def parse(cls, item: Mapping[str, Any]) -> "User | None":
        """The user in an item of the Channels table; None if it is of no user."""
        user = user_of(str(item.get("name", "")))
        if user is None:
            return None
        return cls(
            user,
            item.get("allowed") is False,
            str(item.get("reason", "")),
            item.get("updatedAt"),
            {
                pattern: in_order(grant.get("operations", ()))
                for pattern, grant in sorted(dict(item.get("grants", {})).items())
                if grant.get("operations")
            },
        )


def in_order(operations: Iterable[str]) -> list[str]:
    """Operations without repetitions, in the order of `OPERATIONS`."""
    given = set(operations)
    return [each for each in OPERATIONS if each in given]


def token_grants(claim: str) -> dict[str, list[str]]:
    """The grants in a token's claim, a text of JSON.

    Raises:
        ValueError: saying which part is malformed, and so would grant nothing.
    """
    try:
        found = read_json(claim.encode())
    except ValueError:
        raise ValueError("the claim is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError("the claim is not an object")
    for pattern, operations in found.items():
        if not is_pattern(pattern):
            raise ValueError(f"{pattern!r} is not a pattern")
        if not isinstance(operations, list) or not set(map(str, operations)) <= set(OPERATIONS):
            known = ", ".join(OPERATIONS)
            raise ValueError(f"{pattern!r} has {operations!r}, not a list of {known}")
    return found


def explanation(name: str, operation: str, caller: Caller, verdict: Verdict) -> str:
    """Why the rules decide so, in one sentence."""
    rule, level = verdict.rule, verdict.level
    if caller.blocked_because is not None:
        return f"user {caller.user} is blocked: {caller.blocked_because}"
    if rule is not None and not rule.allowed:
        return f"{_named(rule)} blocks it{f': {rule.reason}' if rule.reason else ''}"
    if rule is None and not is_wildcard(name):
        return "no rule allows it"
    if level == GRANTED and is_wildcard(name):
        asked = "a subscription to a pattern takes a grant"
    elif verdict.level_rule is None:
        asked = f"{_named(rule)} allows it, and no rule says to whom: {operation} is for {level}"
    else:
        asked = f"{_named(verdict.level_rule)} says {operation} is for {level}"
    if verdict.grant is not None:
        return f"{asked}, and the caller has a grant on {verdict.grant}"
    if verdict.error_type:
        return f"{asked}, and the caller is {_described(caller)} without a grant that covers it"
    if caller.kind is Kind.BACK_END:
        return f"{asked}, and a caller with IAM passes every level"
    return asked


def _named(rule: Rule | None) -> str:
    if rule is None:
        return "no rule"
    by = "AllowedChannels" if rule.source is Source.DEPLOYMENT else "an operator"
    return f"rule {rule.pattern} of {by}"


def _described(caller: Caller) -> str:
    if caller.kind is Kind.ANYONE:
        return "somebody with an API key,"
    groups = f"in {', '.join(sorted(caller.groups))}" if caller.groups else "in no group"
    return f"signed in, {groups},"
