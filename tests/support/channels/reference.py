"""Who may do what on a channel: a second, slow reading of the rules, for tests.

It goes through all rules there are and asks each whether it covers the channel. The resolvers ask
for the patterns that could cover it, and the command's `explain` has a third way.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from globalws_functions.domain.channel_rules import Caller, Kind

_ALPHANUMERIC = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_CHARACTERS = _ALPHANUMERIC | set("._-|@")
_OPERATIONS = {"publish", "subscribe", "presence"}
_FIXED_LEVELS = {"anyone", "signed-in", "granted"}

Item = Mapping[str, Any]


@dataclass(frozen=True)
class World:
    """What rules there are: the text of AllowedChannels, and the table's items by their key."""

    allowed_channels: str
    items: Mapping[str, Item] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rule:
    pattern: str
    allowed: bool
    levels: Mapping[str, str | None]


def is_name(text: str) -> bool:
    """Whether a channel can be called so."""
    segments = text.split(":")
    return (
        1 <= len(text) <= 128
        and text[0] in _ALPHANUMERIC
        and len(segments) <= 4
        and all(segment and set(segment) <= _CHARACTERS for segment in segments)
    )


def is_subscribable(text: str) -> bool:
    """Whether a subscription can be for it: a name, or 1 to 3 segments and a `*`."""
    if is_name(text):
        return True
    head, _, last = text.rpartition(":")
    return last == "*" and len(text) <= 128 and is_name(head) and head.count(":") <= 2


def caller_of(world: World, identity: Mapping[str, Any] | None) -> Caller | None:
    """The caller behind an identity; None for a token that is refused."""
    if identity is None:
        return Caller(Kind.ANYONE)
    if "userArn" in identity:
        if identity["cognitoIdentityId"] is None:
            return Caller(Kind.BACK_END)
        signed_in = identity["cognitoIdentityAuthType"] == "authenticated"
        return Caller(Kind.SIGNED_IN if signed_in else Kind.ANYONE)
    claims = identity["claims"]
    user = claims.get("sub")
    if not isinstance(user, str) or not 1 <= len(user) <= 128:
        return None
    if user.startswith(("iam:", "anon:")):
        return None
    item = world.items.get(f"#user:{user}", {})
    given = {p: grant.get("operations", ()) for p, grant in item.get("grants", {}).items()}
    return Caller(
        Kind.SIGNED_IN,
        user,
        frozenset(_groups(claims.get("cognito:groups"))),
        [*_claimed_grants(claims.get("globalws")), *given.items()],
        str(item.get("reason", "")) if item.get("allowed") is False else None,
    )


def _groups(claim: object) -> Sequence[str]:
    if isinstance(claim, str):
        return [claim]
    return claim if isinstance(claim, list) and all(isinstance(g, str) for g in claim) else []


def _claimed_grants(claim: object) -> list[tuple[str, Sequence[str]]]:
    if isinstance(claim, str):
        try:
            claim = json.loads(claim)
        except ValueError:
            return []
    if not isinstance(claim, dict):
        return []
    for pattern, operations in claim.items():
        readable = pattern == "*" or is_subscribable(pattern)
        if not readable or not isinstance(operations, list):
            return []
        if not all(isinstance(each, str) and each in _OPERATIONS for each in operations):
            return []
    return list(claim.items())


def verdict(
    world: World, identity: Mapping[str, Any] | None, operation: str, name: str, *, wild: bool
) -> str:
    """The error type of a call, or "". `wild`: the field takes patterns, as `subscribe` does."""
    if not (is_subscribable(name) if wild else is_name(name)):
        return "InvalidChannelName"
    caller = caller_of(world, identity)
    if caller is None:
        return "AccessDenied"
    if caller.blocked_because is not None:
        return "UserBlocked"
    rules = [rule for rule in _rules(world) if _covers(rule.pattern, name, caller)]
    if any(not rule.allowed for rule in rules):
        return "ChannelBlocked"
    is_pattern = name.endswith("*")
    if not rules and not is_pattern:
        return "ChannelNotAllowed"
    rules.sort(key=lambda rule: _breadth(rule.pattern))  # a stable sort: operators' rules first
    stated = [rule.levels[operation] for rule in rules if rule.levels[operation] is not None]
    level = "granted" if is_pattern else (stated or ["anyone"])[0]
    return "" if _passes(caller, level) or _is_granted(caller, operation, name) else "AccessDenied"


def _rules(world: World) -> list[_Rule]:
    """The operators' rules, then the deployment's, in the order of the text."""
    decided = [
        _Rule(
            pattern,
            item["allowed"],
            {"publish": item.get("publish"), "subscribe": item.get("subscribe")},
        )
        for pattern, item in world.items.items()
        if not pattern.startswith("#") and isinstance(item.get("allowed"), bool)
    ]
    return decided + [
        _deployed(entry) for entry in (*world.allowed_channels.split(","), "globalws.probe=anyone")
    ]


def _deployed(entry: str) -> _Rule:
    pattern, has_levels, text = entry.partition("=")
    levels = [each.strip() for each in text.split("/")] if has_levels else []
    readable = len(levels) <= 2 and all(
        each in _FIXED_LEVELS or (each[:6] == "group:" and each[6:] and "=" not in each)
        for each in levels
    )
    publish = levels[0] if levels and readable else None
    subscribe = levels[-1] if levels and readable else None
    return _Rule(pattern.strip(), readable, {"publish": publish, "subscribe": subscribe})


def _covers(pattern: str, name: str, caller: Caller) -> bool:
    wanted, found = pattern.split(":"), name.split(":")
    if wanted[-1] == "*":
        wanted = wanted[:-1]
        if len(found) <= len(wanted):
            return False
        found = found[: len(wanted)]
    if len(wanted) != len(found):
        return False
    return all(
        w == f
        or (
            w == "{user}"
            and at > 0
            and wanted.count("{user}") == 1
            and f != "*"
            and (caller.kind is Kind.BACK_END or f == caller.user)
        )
        for at, (w, f) in enumerate(zip(wanted, found, strict=True))
    )


def _breadth(pattern: str) -> tuple[bool, int, bool, int]:
    """Small for the specific: names before patterns, the longer first, literal before {user}."""
    segments = pattern.split(":")
    at = segments.index("{user}") if "{user}" in segments else -1
    return segments[-1] == "*", -len(segments), at >= 0, -at


def _passes(caller: Caller, level: str) -> bool:
    if caller.kind is Kind.BACK_END or level == "anyone":
        return True
    if level == "signed-in":
        return caller.kind is Kind.SIGNED_IN
    return level[:6] == "group:" and level[6:] in caller.groups


def _is_granted(caller: Caller, operation: str, name: str) -> bool:
    for pattern, operations in caller.grants:
        prefix = pattern.removesuffix("*")
        covers = name == pattern or (pattern != prefix and name.startswith(prefix))
        if covers and operation in operations:
            return True
    return False
