"""An operator's decision: the event that carries it, and whether a region shows its outcome.

The events are those of events/contracts/: one is put on one region's bus, whose rules carry it to
the peers. The last writer wins by `at`, so a decision put twice (same id, same `at`) does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from globalws.domain.fields import iso
from globalws.domain.order import MAX_BY, Action, Policy

# An API may keep instants in whole seconds; a decision a second older than ours is not ours.
_RESOLUTION_SECONDS = 1.0


class Confirmation(StrEnum):
    """What a region shows of a decision."""

    CONFIRMED = "confirmed"
    PENDING = "not confirmed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@dataclass(frozen=True)
class Decision:
    """What an operator decided on a channel; `at` is ISO 8601 in UTC."""

    id: str
    name: str
    reason: str
    by: str
    at: str

    def key(self, action: Action) -> str:
        """The key of its audit record in each region, as `globalws.domain.order.Order.key`."""
        return f"{self.name}#{action}#{self.id}"

    def policy(self, region: str, policy: Policy) -> dict[str, Any]:
        """The detail of a `ChannelPolicyChanged` event on that region's bus."""
        return self._detail(region) | {"allowed": policy.allowed}

    def purge(self, region: str, *, block: bool, delete_history: bool) -> dict[str, Any]:
        """The detail of a `PurgeRequested` event on that region's bus."""
        return self._detail(region) | {"block": block, "deleteHistory": delete_history}

    def _detail(self, region: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "reason": self.reason,
            "by": self.by[:MAX_BY],
            "at": self.at,
            "region": region,
        }


def instant(now: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond."""
    return iso(datetime.fromtimestamp(now, UTC))


def epoch(text: str | None) -> float | None:
    """ISO 8601 as epoch seconds; None for what is no instant."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None


def policy_confirmation(
    channel: Mapping[str, Any], decision: Decision, *, allowed: bool
) -> Confirmation:
    """Whether a region's `getChannel` shows the decision."""
    decided, shown = epoch(decision.at), epoch(channel.get("updatedAt"))
    if shown is None or decided is None:
        return Confirmation.PENDING
    if channel.get("allowed") is allowed:
        # The registry cuts off an instant that is ahead of the bus's clock; the reason tells then.
        is_ours = shown >= decided - _RESOLUTION_SECONDS or channel.get("reason") == decision.reason
        return Confirmation.CONFIRMED if is_ours else Confirmation.PENDING
    # Somebody decided otherwise, later than we did.
    return Confirmation.SUPERSEDED if shown > decided else Confirmation.PENDING
