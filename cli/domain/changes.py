"""An operator's decision: the event that carries it, and whether a region shows its outcome.

The events are those of events/contracts/: one is put on one region's bus, whose rules carry it to
the peers. The last writer wins by `at`, so a decision put twice (same id, same `at`) does no harm.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from globalws_functions.domain.command import MAX_BY, Action, Policy
from globalws_functions.domain.fields import iso


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
        """The key of its audit record in each region, as `Command.key` of the functions."""
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
