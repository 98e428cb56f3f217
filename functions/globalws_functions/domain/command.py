"""What an operator commands about a channel or a user, read out of the events in `EVENTS`.

Two commands about one thing are ranked by their decision instant and id, in all regions alike, so
that every region ends with the same one in whatever order they arrive (last writer wins).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from globalws_functions.domain.channel import user_key, user_of
from globalws_functions.domain.channel_patterns import (
    PATTERN_FORM,
    RULE_PATTERN_FORM,
    is_name,
    is_old_name,
    is_pattern,
    is_rule_pattern,
)
from globalws_functions.domain.channel_rules import LEVEL_FORM, OPERATIONS, is_level
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import (
    REGION,
    ULID,
    instant,
    iso,
    read_detail,
    read_instant,
    read_text,
)
from globalws_functions.domain.ulid import ulid

CHANNEL_POLICY_CHANGED = "ChannelPolicyChanged"
USER_POLICY_CHANGED = "UserPolicyChanged"
USER_GRANT_CHANGED = "UserGrantChanged"
PURGE_REQUESTED = "PurgeRequested"
EVENTS = (CHANNEL_POLICY_CHANGED, USER_POLICY_CHANGED, USER_GRANT_CHANGED, PURGE_REQUESTED)

MAX_REASON = 500
MAX_BY = 200
MAX_USER = 136  # 128, and `cognito|` where there are two issuers
MAX_LEVEL = 134  # `group:` and a name of 128 characters

# How far a writer's clock may be ahead of the bus's: what it claims beyond is cut off, or its
# decision would win over everyone else's until their clocks have caught up.
CLOCK_ALLOWANCE = timedelta(seconds=5)


class Action(StrEnum):
    """What is to be done; `close` is the janitor's own and is in no event."""

    ALLOW = "allow"
    BLOCK = "block"
    RESET = "reset"
    PURGE = "purge"
    GRANT = "grant"
    REVOKE = "revoke"
    CLOSE = "close"


class Policy(StrEnum):
    """What an operator decided about a channel, a pattern or a user.

    The values end a decision's rank: of two with one id and instant the block wins.
    """

    ALLOW = "allow"
    BLOCK = "block"
    DEFAULT = "as-deployed"  # what AllowedChannels says

    @property
    def allowed(self) -> bool | None:
        """As `allowed` is in an event; None (null) leaves it to AllowedChannels."""
        return None if self is Policy.DEFAULT else self is Policy.ALLOW


ACTIONS = {
    Policy.ALLOW: Action.ALLOW,
    Policy.BLOCK: Action.BLOCK,
    Policy.DEFAULT: Action.RESET,
}


@dataclass(frozen=True)
class Grant:
    """What a user may do on the channels of a pattern; no operation: the grant was revoked."""

    pattern: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Command:
    """An operator's command.

    Attributes:
        id: ULID of the event.
        name: what it is about: a channel, a pattern of a rule, or a user's key (`#user:ID`).
        at: the decision instant, ISO 8601 in UTC, never later than the bus's clock says.
        policy: the one to write; None if the command changes none, as a purge without block.
        origin: the region that it was given in.
        received_at: when the bus took the event, by its clock; history is what came before.
        publish, subscribe: the levels of an allow; None leaves a level to the next rule.
        grant: what it grants the user or takes back; None for any other command.
    """

    action: Action
    id: str
    name: str
    reason: str
    by: str
    at: str
    policy: Policy | None
    origin: str
    delete_history: bool
    received_at: datetime
    publish: str | None = None
    subscribe: str | None = None
    grant: Grant | None = None

    @property
    def key(self) -> str:
        """Names this command in the audit table: each is carried out once a region."""
        return f"{self.name}#{self.action}#{self.id}"

    @property
    def user(self) -> str | None:
        """The user that it is about, None if it is about channels."""
        return user_of(self.name)

    @property
    def decision(self) -> str:
        """The rank of its policy or grant: greater wins.

        Of two with one id and instant the block, or the grant of fewer operations.
        """
        rank = f"{self.at}#{self.id}#{self.policy or ''}"
        if self.grant is not None:
            given = self.grant.operations
            return f"{rank}{len(OPERATIONS) - len(given)}{','.join(given)}"
        if self.publish or self.subscribe:
            return f"{rank}#{self.publish or ''}/{self.subscribe or ''}"
        return rank

    @property
    def details(self) -> str:
        """Levels or the grant, for people; empty for a command without."""
        if self.grant is not None:
            return f"{self.grant.pattern}: {', '.join(self.grant.operations) or 'nothing'}"
        levels = {"publish": self.publish, "subscribe": self.subscribe}
        return ", ".join(f"{operation}: {level}" for operation, level in levels.items() if level)


def read_command(event: object) -> Command:
    """The command in an event (events/contracts/, one for each of `EVENTS`).

    `id`, `at` and `region` may be left out, as in an entry written by hand: the envelope's time and
    region stand in, and an id that every region makes alike.

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    envelope, detail = read_detail(event, *EVENTS)
    received_at = instant(read_instant(envelope, "time", path="")).astimezone(UTC)
    claimed = instant(read_instant(detail, "at")).astimezone(UTC) if "at" in detail else received_at
    fields = _READERS[envelope["detail-type"]](detail)
    return Command(
        **fields,
        id=read_text(detail, "id", ULID) if "id" in detail else _derived_id(received_at, detail),
        reason=_bounded(detail, "reason", MAX_REASON),
        by=_bounded(detail, "by", MAX_BY),
        at=iso(_earlier(claimed, received_at)),
        origin=(
            read_text(detail, "region", REGION)
            if "region" in detail
            else read_text(envelope, "region", REGION, path="")
        ),
        received_at=received_at,
    )


def _earlier(claimed: datetime, received_at: datetime) -> datetime:
    # Compared as a difference: their sum could lie beyond the last year there is.
    if claimed - received_at > CLOCK_ALLOWANCE:
        return received_at + CLOCK_ALLOWANCE
    return claimed


_Fields = dict[str, Any]
"""The fields of a Command that its kind of event decides."""


def _channel_policy(detail: Mapping[str, Any]) -> _Fields:
    # null is a decision, too; left out is a mistake.
    if "allowed" in detail and detail["allowed"] is None:
        policy = Policy.DEFAULT
    else:
        policy = Policy.ALLOW if _flag(detail, "allowed") else Policy.BLOCK
    levels = {field: _level(detail, field) for field in ("publish", "subscribe")}
    stated = next((field for field, level in levels.items() if level), None)
    if stated and policy is not Policy.ALLOW:
        raise InvalidEventError(f"detail.{stated} is a level, which only an allow has")
    return {
        **_fields(ACTIONS[policy], _rule_pattern(detail), policy),
        **levels,
    }


def _user_policy(detail: Mapping[str, Any]) -> _Fields:
    policy = Policy.ALLOW if _flag(detail, "allowed") else Policy.BLOCK
    return _fields(ACTIONS[policy], user_key(_user(detail)), policy)


def _user_grant(detail: Mapping[str, Any]) -> _Fields:
    pattern = read_text(detail, "channel")
    if not is_pattern(pattern):
        raise InvalidEventError(f"detail.channel is not a pattern: {PATTERN_FORM}")
    given = detail.get("operations")
    if not isinstance(given, list) or not all(each in OPERATIONS for each in given):
        raise InvalidEventError(f"detail.operations is not a list of {', '.join(OPERATIONS)}")
    operations = tuple(each for each in OPERATIONS if each in given)
    action = Action.GRANT if operations else Action.REVOKE
    fields = _fields(action, user_key(_user(detail)))
    return {**fields, "grant": Grant(pattern, operations)}


def _purge(detail: Mapping[str, Any]) -> _Fields:
    if ("name" in detail) == ("user" in detail):
        raise InvalidEventError("detail.name or detail.user must be there, and not both")
    name = _rule_pattern(detail) if "name" in detail else user_key(_user(detail))
    policy = Policy.BLOCK if _flag(detail, "block", default=False) else None
    delete_history = _flag(detail, "deleteHistory", default=False)
    if delete_history and not (is_name(name) or is_old_name(name)):
        raise InvalidEventError(
            "detail.deleteHistory needs the name of one channel: messages are stored by channel"
        )
    return {**_fields(Action.PURGE, name, policy), "delete_history": delete_history}


_READERS = {
    CHANNEL_POLICY_CHANGED: _channel_policy,
    USER_POLICY_CHANGED: _user_policy,
    USER_GRANT_CHANGED: _user_grant,
    PURGE_REQUESTED: _purge,
}


def _fields(action: Action, name: str, policy: Policy | None = None) -> _Fields:
    return {"action": action, "name": name, "policy": policy, "delete_history": False}


def _rule_pattern(detail: Mapping[str, Any]) -> str:
    text = read_text(detail, "name")
    # Rules of names that older versions took must stay manageable.
    if not (is_rule_pattern(text) or is_old_name(text)):
        raise InvalidEventError(f"detail.name is not a rule's pattern: {RULE_PATTERN_FORM}")
    return text


def _user(detail: Mapping[str, Any]) -> str:
    user = _bounded(detail, "user", MAX_USER)
    if user.startswith("iam:"):
        raise InvalidEventError("detail.user is a role (iam:): block roles with IAM")
    if user.startswith("anon:"):
        raise InvalidEventError("detail.user is a guest (anon:), who can take another name")
    return user


def _level(detail: Mapping[str, Any], field: str) -> str | None:
    if field not in detail:
        return None
    level = read_text(detail, field)
    if not is_level(level) or len(level) > MAX_LEVEL:
        raise InvalidEventError(f"detail.{field} is not a level: {LEVEL_FORM}")
    return level


def _flag(detail: Mapping[str, Any], field: str, *, default: bool | None = None) -> bool:
    value = detail.get(field, default)
    if not isinstance(value, bool):
        raise InvalidEventError(f"detail.{field} is missing or not a boolean")
    return value


def _bounded(detail: Mapping[str, Any], field: str, longest: int) -> str:
    text = read_text(detail, field)
    if not text.strip() or len(text) > longest:
        raise InvalidEventError(f"detail.{field} must have 1 to {longest} characters")
    return text


def _derived_id(received_at: datetime, detail: Mapping[str, Any]) -> str:
    """A ULID of the bus's time and the detail's content: the same in every region."""
    content = json.dumps(detail, sort_keys=True, default=str).encode()
    return ulid(received_at, sha256(content).digest())
