"""A channel as the registry has it, and what the janitor has to do about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


@dataclass(frozen=True)
class Channel:
    """An item of the Channels table.

    Attributes:
        override: whether an operator allowed it; None if AllowedChannels decides.
        decision: the rank of the last decision, which may have left it to AllowedChannels.
        known: it was once in AllowedChannels.
        closed_since: when this region noticed that it is not allowed.
        invalidated_at: when its subscriptions were last ended because of that.
    """

    name: str
    override: bool | None = None
    decision: str | None = None
    known: bool = False
    closed_since: datetime | None = None
    invalidated_at: datetime | None = None

    def is_allowed(self, allowed_channels: frozenset[str]) -> bool:
        """The operator's decision if there is one, else membership in AllowedChannels."""
        return self.name in allowed_channels if self.override is None else self.override


class JanitorAction(StrEnum):
    """What a channel needs."""

    NOTHING = "nothing"
    INVALIDATE = "invalidate"
    REOPEN = "reopen"  # forget that it was closed


def next_action(
    channel: Channel, allowed_channels: frozenset[str], grace: timedelta
) -> JanitorAction:
    """What a channel needs now.

    A channel that is not allowed is invalidated until that has succeeded once after the grace time:
    a subscription that had passed the check when the channel closed is open by then, and ended.
    """
    if channel.is_allowed(allowed_channels):
        is_closed = channel.closed_since is not None or channel.invalidated_at is not None
        return JanitorAction.REOPEN if is_closed else JanitorAction.NOTHING
    if channel.override is None and channel.decision is None and not channel.known:
        return JanitorAction.NOTHING
    if channel.closed_since is None or channel.invalidated_at is None:
        return JanitorAction.INVALIDATE
    is_settled = channel.invalidated_at - channel.closed_since >= grace
    return JanitorAction.NOTHING if is_settled else JanitorAction.INVALIDATE
