"""What the rules of channels say: who may use which channel, and which rule decides it.

A rule is an entry of the parameter AllowedChannels, or an operator's decision about a pattern. The
resolvers in `graphql/functions` apply the same rules to each call; this module explains them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from globalws_functions.domain.channel_patterns import (
    RULE_PATTERN_FORM,
    covering,
    covers,
    is_rule_pattern,
    is_wildcard,
)

# The channel of `globalws status --probe`: open unless an operator decides otherwise.
PROBE = "globalws.probe"

# An environment variable of AppSync holds no more, and the API has the parameter in one.
MOST_ALLOWED_CHANNELS = 512

ANYONE = "anyone"
SIGNED_IN = "signed-in"
GRANTED = "granted"
GROUP = "group:"
LEVEL_FORM = "anyone, signed-in, granted, or group:NAME"
_RANKS = {ANYONE: 0, SIGNED_IN: 1, GROUP: 2, GRANTED: 3}

OPERATIONS = ("publish", "subscribe", "presence")


def is_level(text: str) -> bool:
    """Whether this is a level: who may publish to a channel, or subscribe to it."""
    return text in (ANYONE, SIGNED_IN, GRANTED) or (text.startswith(GROUP) and text != GROUP)


def may_exclude(before: str | None, after: str | None) -> bool:
    """Whether some callers who met a level may not meet the one that replaces it.

    None is a level that the rule does not state: a wider rule states it, and it may be any level.
    Callers with a grant meet every level.
    """
    if after in (ANYONE, before) or before == GRANTED:
        return False
    if before is None or after is None:
        return True
    return _rank(after) >= _rank(before)


def _rank(level: str) -> int:
    return _RANKS[GROUP if level.startswith(GROUP) else level]


class Source(StrEnum):
    """Where a rule is written."""

    DEPLOYMENT = "AllowedChannels"
    OPERATOR = "operator"


@dataclass(frozen=True)
class Rule:
    """A rule. `publish` and `subscribe` are levels; None: a less specific rule says it."""

    pattern: str
    allowed: bool
    publish: str | None = None
    subscribe: str | None = None
    reason: str = ""
    source: Source = Source.OPERATOR

    def level(self, operation: str) -> str | None:
        """The level for an operation; presence is part of subscribing."""
        return self.publish if operation == "publish" else self.subscribe


def deployed_rules(allowed_channels: str) -> tuple[Rule, ...]:
    """The rules in the text of the parameter AllowedChannels.

    Entries are `PATTERN[=PUBLISH[/SUBSCRIBE]]` with commas between; with one level it is the level
    of both. An entry whose levels cannot be read blocks its pattern. One without a readable pattern
    covers no channel and is left out.
    """
    rules = (_deployed_rule(entry) for entry in allowed_channels.split(","))
    return (*(rule for rule in rules if is_rule_pattern(rule.pattern)), _PROBE_RULE)


def deployed_by_pattern(allowed_channels: str) -> dict[str, Rule]:
    """The rules of AllowedChannels by their patterns; of two of one pattern a block."""
    rules = sorted(deployed_rules(allowed_channels), key=lambda rule: not rule.allowed)
    return {rule.pattern: rule for rule in rules}


def allowed_channels_problem(allowed_channels: str) -> str | None:
    """Why no region can be deployed with this parameter AllowedChannels, None if one can."""
    if len(allowed_channels) > MOST_ALLOWED_CHANNELS:
        return (
            f"AllowedChannels has {len(allowed_channels)} characters, at most "
            f"{MOST_ALLOWED_CHANNELS} fit: let one pattern stand for many channels, as chat:*, or "
            "allow some with `globalws channels allow` after the deploy"
        )
    seen: set[str] = set()
    for entry in allowed_channels.split(",") if allowed_channels else ():
        rule = _deployed_rule(entry)
        if not is_rule_pattern(rule.pattern):
            return f'AllowedChannels: "{rule.pattern}" is not a pattern: {RULE_PATTERN_FORM}'
        if not rule.allowed:
            return f'AllowedChannels: "{entry}" has no readable level: {LEVEL_FORM}'
        if rule.pattern in seen:
            return f'AllowedChannels: "{rule.pattern}" is there twice'
        seen.add(rule.pattern)
    return None


def _deployed_rule(entry: str) -> Rule:
    pattern, equals, text = (part.strip() for part in entry.partition("="))
    levels = [level.strip() for level in text.split("/")] if equals else []
    if len(levels) > 2 or not all(is_level(level) and "=" not in level for level in levels):
        reason = f'AllowedChannels has for it "{text}"'
        return Rule(pattern, allowed=False, reason=reason, source=Source.DEPLOYMENT)
    publish = levels[0] if levels else None
    subscribe = levels[-1] if levels else None
    return Rule(pattern, True, publish, subscribe, source=Source.DEPLOYMENT)


_PROBE_RULE = Rule(PROBE, True, ANYONE, ANYONE, source=Source.DEPLOYMENT)


class Kind(StrEnum):
    """How a caller is known to the API."""

    BACK_END = "back-end"  # signs with IAM
    SIGNED_IN = "signed-in"  # a verified token, or an identity pool's authenticated identity
    ANYONE = "anyone"  # an API key, or an identity pool's guest


@dataclass(frozen=True)
class Caller:
    """A caller. `grants` has patterns and their operations, of the token and of the user's item."""

    kind: Kind
    user: str | None = None
    groups: frozenset[str] = frozenset()
    grants: Sequence[tuple[str, Sequence[str]]] = ()
    blocked_because: str | None = None  # the reason, if an operator blocked the user

    def covering(self, name: str) -> tuple[str, ...]:
        """The patterns of rules that cover a name for this caller, the most specific first."""
        return covering(name, self.user, any_user=self.kind is Kind.BACK_END)

    def meets(self, level: str) -> bool:
        """Whether the caller meets a level without a grant."""
        if self.kind is Kind.BACK_END or level == ANYONE:
            return True
        if level == SIGNED_IN:
            return self.kind is Kind.SIGNED_IN
        return level.startswith(GROUP) and level.removeprefix(GROUP) in self.groups

    def grant_for(self, name: str, operation: str) -> str | None:
        """The pattern of a grant that allows the operation on the channel, None without one."""
        fitting = (
            p for p, operations in self.grants if operation in operations and covers(p, name)
        )
        return next(fitting, None)


@dataclass(frozen=True)
class Verdict:
    """What the rules say about one operation of one caller.

    Attributes:
        error_type: what the API refuses it with; empty if it is allowed.
        rule: the block that refuses, or the most specific rule that allows; None if there is none.
        level: who may do this: a level; empty if that was not asked.
        level_rule: the rule that states the level; None if no rule states one.
        grant: the pattern of the grant that allowed it, if the level alone did not.
    """

    error_type: str
    rule: Rule | None = None
    level: str = ""
    level_rule: Rule | None = None
    grant: str | None = None


def decide(name: str, operation: str, caller: Caller, rules: Iterable[Rule]) -> Verdict:
    """Whether a caller may publish or subscribe to a channel, and which rule decides it.

    Args:
        name: a name, or for `subscribe` a pattern, which only a grant allows.
        operation: one of `OPERATIONS`.
        rules: the deployment's and the operators', in any order.
    """
    if caller.blocked_because is not None:
        return Verdict("UserBlocked")
    found = matching(caller.covering(name), rules)
    block = next((rule for rule in found if not rule.allowed), None)
    if block is not None:
        return Verdict("ChannelBlocked", block)
    pattern = is_wildcard(name)
    if not found and not pattern:
        return Verdict("ChannelNotAllowed")
    rule = found[0] if found else None
    level_rule, level = (None, GRANTED) if pattern else _level(found, operation)
    if caller.meets(level):
        return Verdict("", rule, level, level_rule)
    grant = caller.grant_for(name, operation)
    return Verdict("" if grant else "AccessDenied", rule, level, level_rule, grant)


def _level(found: Sequence[Rule], operation: str) -> tuple[Rule | None, str]:
    for rule in found:
        level = rule.level(operation)
        if level is not None:
            return rule, level
    return None, ANYONE


def matching(patterns: Sequence[str], rules: Iterable[Rule]) -> list[Rule]:
    """The rules of these patterns, in their order; an operator's before the deployment's."""
    by_pattern: Mapping[str, list[Rule]] = {pattern: [] for pattern in patterns}
    for rule in rules:
        if rule.pattern in by_pattern:
            by_pattern[rule.pattern].append(rule)
    return [
        rule
        for pattern in patterns
        for rule in sorted(by_pattern[pattern], key=lambda each: each.source is Source.DEPLOYMENT)
    ]
