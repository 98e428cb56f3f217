"""An item of the Channels table, and what the janitor has to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from globalws_functions.domain.channel_rules import Rule

# No channel's name can begin like this.
_USER = "#user:"

# The wait before a subscription that was under way, when a rule became stricter, is ended too.
ONCE_MORE = timedelta(minutes=1)


def user_key(user: str) -> str:
    """The key of a user's item."""
    return f"{_USER}{user}"


def user_of(key: str) -> str | None:
    """The user of an item's key, None if it is a channel's or a pattern's."""
    return key.removeprefix(_USER) if key.startswith(_USER) else None


@dataclass(frozen=True)
class Channel:
    """An item of the Channels table: a channel, a pattern, or a user.

    Attributes:
        name: the item's key; see `user_of`.
        override: whether an operator allowed it; None if AllowedChannels decides.
        subscribe: the level for subscribing that the operator stated.
        decision: the rank of the last decision, which may have left it to AllowedChannels.
        known: it was once in AllowedChannels.
        known_level: the level for subscribing that it had there last; None if it had none.
        closed_since: when this region noticed that it is not allowed.
        invalidated_at: when its subscriptions were last ended because of that.
        stricter_since: when they were ended because AllowedChannels became stricter; None once
            that was repeated.
    """

    name: str
    override: bool | None = None
    subscribe: str | None = None
    decision: str | None = None
    known: bool = False
    known_level: str | None = None
    closed_since: datetime | None = None
    invalidated_at: datetime | None = None
    stricter_since: datetime | None = None

    @property
    def user(self) -> str | None:
        """The user whose item this is, if it is one's."""
        return user_of(self.name)

    def is_allowed(self, deployed: Mapping[str, Rule]) -> bool:
        """The operator's decision if there is one, else that of the deployment's same rule."""
        rule = deployed.get(self.name)
        return rule is not None and rule.allowed if self.override is None else self.override

    def is_blocked(self, deployed: Mapping[str, Rule]) -> bool:
        """Whether a rule refuses it, beyond that none allows it."""
        rule = deployed.get(self.name)
        return rule is not None and not rule.allowed if self.override is None else not self.override


class JanitorAction(StrEnum):
    """What an item needs."""

    NOTHING = "nothing"
    INVALIDATE = "invalidate"
    REOPEN = "reopen"  # forget that it was closed


def next_action(
    channel: Channel, deployed: Mapping[str, Rule], grace: timedelta, *, is_covered: bool = False
) -> JanitorAction:
    """What an item needs now.

    A closed item's subscriptions are ended until that has succeeded once after the grace time. By
    then, a subscription that passed the check just before the channel closed is open, so it ends.

    Args:
        deployed: the rules of AllowedChannels, by pattern.
        is_covered: whether another rule may still allow some of it. Unless it is blocked, those who
            come back are entitled then, so that its subscriptions are ended only twice.
    """
    is_blocked = channel.is_blocked(deployed)
    if channel.is_allowed(deployed):
        is_closed = channel.closed_since is not None or channel.invalidated_at is not None
        return JanitorAction.REOPEN if is_closed else JanitorAction.NOTHING
    if not is_blocked and channel.decision is None and not channel.known:
        return JanitorAction.NOTHING
    if channel.closed_since is None or channel.invalidated_at is None:
        return JanitorAction.INVALIDATE
    lasts = ONCE_MORE if is_covered and not is_blocked else grace
    is_settled = channel.invalidated_at - channel.closed_since >= lasts
    return JanitorAction.NOTHING if is_settled else JanitorAction.INVALIDATE
