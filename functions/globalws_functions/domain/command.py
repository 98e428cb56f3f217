"""What an operator ordered for a channel, read out of `ChannelPolicyChanged` and `PurgeRequested`.

Two commands for one channel are ranked by their decision instant and id, in all regions alike, so
that every region ends with the same one in whatever order they arrive (last writer wins).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import (
    CHANNEL_NAME,
    REGION,
    ULID,
    instant,
    iso,
    read_detail,
    read_instant,
    read_text,
)

CHANNEL_POLICY_CHANGED = "ChannelPolicyChanged"
PURGE_REQUESTED = "PurgeRequested"

MAX_REASON = 500
MAX_BY = 200

# How far a writer's clock may be ahead of the bus's: what it claims beyond is cut off, or its
# decision would stand against everyone else's until their clocks have caught up.
CLOCK_ALLOWANCE = timedelta(seconds=5)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Action(StrEnum):
    """What is to be done; `close` is the janitor's own and stands in no event."""

    ALLOW = "allow"
    BLOCK = "block"
    RESET = "reset"
    PURGE = "purge"
    CLOSE = "close"


class Policy(StrEnum):
    """What an operator decided about a channel.

    The values end a decision's rank: of two with one id and instant the block wins.
    """

    ALLOW = "allow"
    BLOCK = "block"
    DEFAULT = "as-deployed"  # what AllowedChannels says

    @property
    def allowed(self) -> bool | None:
        """As `allowed` stands in an event; None (null) leaves it to AllowedChannels."""
        return None if self is Policy.DEFAULT else self is Policy.ALLOW

    def is_allowed(self, name: str, allowed_channels: frozenset[str]) -> bool:
        """Whether the channel carries messages under this policy."""
        return name in allowed_channels if self is Policy.DEFAULT else self is Policy.ALLOW


ACTIONS = {
    Policy.ALLOW: Action.ALLOW,
    Policy.BLOCK: Action.BLOCK,
    Policy.DEFAULT: Action.RESET,
}


@dataclass(frozen=True)
class Command:
    """An operator's command.

    Attributes:
        id: ULID of the event.
        at: the decision instant, ISO 8601 in UTC, never later than the bus's clock says.
        policy: the one to write; None if the command changes none, as a purge without block.
        origin: the region that it was given in.
        received_at: when the bus took the event, by its clock; history is what came before.
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

    @property
    def key(self) -> str:
        """Names this command in the audit table: each is carried out once a region."""
        return f"{self.name}#{self.action}#{self.id}"

    @property
    def decision(self) -> str:
        """The rank of its policy: greater wins; of two with one id and instant, the block."""
        return f"{self.at}#{self.id}#{self.policy or ''}"


def read_command(event: object) -> Command:
    """The command in an event (events/contracts/{ChannelPolicyChanged,PurgeRequested}.json).

    `id`, `at` and `region` may be left out, as in an entry written by hand: the envelope's time and
    region stand in, and an id that every region makes alike.

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    envelope, detail = read_detail(event, CHANNEL_POLICY_CHANGED, PURGE_REQUESTED)
    received_at = instant(read_instant(envelope, "time", path="")).astimezone(UTC)
    claimed = instant(read_instant(detail, "at")).astimezone(UTC) if "at" in detail else received_at
    is_purge = envelope["detail-type"] == PURGE_REQUESTED
    block = _flag(detail, "block", default=False) if is_purge else False
    if is_purge:
        action, policy = Action.PURGE, (Policy.BLOCK if block else None)
    else:
        policy = _policy(detail)
        action = ACTIONS[policy]
    return Command(
        action=action,
        id=read_text(detail, "id", ULID) if "id" in detail else _derived_id(received_at, detail),
        name=read_text(detail, "name", CHANNEL_NAME),
        reason=_bounded(detail, "reason", MAX_REASON),
        by=_bounded(detail, "by", MAX_BY),
        at=iso(_earlier(claimed, received_at)),
        policy=policy,
        origin=(
            read_text(detail, "region", REGION)
            if "region" in detail
            else read_text(envelope, "region", REGION, path="")
        ),
        delete_history=is_purge and _flag(detail, "deleteHistory", default=False),
        received_at=received_at,
    )


def _earlier(claimed: datetime, received_at: datetime) -> datetime:
    # Compared as a difference: their sum could lie beyond the last year there is.
    if claimed - received_at > CLOCK_ALLOWANCE:
        return received_at + CLOCK_ALLOWANCE
    return claimed


def _policy(detail: Mapping[str, Any]) -> Policy:
    # null is a decision, too; left out is a mistake.
    if "allowed" in detail and detail["allowed"] is None:
        return Policy.DEFAULT
    return Policy.ALLOW if _flag(detail, "allowed") else Policy.BLOCK


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
    milliseconds = max(0, int(received_at.timestamp() * 1000)) & ((1 << 48) - 1)
    number = milliseconds << 80 | int.from_bytes(sha256(content).digest()[:10])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
