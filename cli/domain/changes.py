"""An operator's command: the event that carries it, and whether a region shows its outcome.

The events are those of events/contracts/: one is put on one region's bus, whose rules carry it to
the peers. The last writer wins by `at`, so a command put twice (same id, same `at`) does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from globalws_functions.domain.command import MAX_BY, read_command
from globalws_functions.domain.fields import SOURCE, iso


class Confirmation(StrEnum):
    """What a region shows of a command."""

    CONFIRMED = "confirmed"
    PENDING = "not confirmed"
    SUPERSEDED = "superseded"
    FAILED = "failed"


@dataclass(frozen=True)
class Change:
    """An operator's command.

    Attributes:
        what: as the operator typed it: allow, block, reset, purge, grant, revoke.
        detail_type: the event's.
        fields: the event's own, beside those that all commands have.
        at: ISO 8601 in UTC.
    """

    what: str
    detail_type: str
    fields: Mapping[str, Any]
    id: str
    reason: str
    by: str
    at: str

    def detail(self, region: str) -> dict[str, Any]:
        """The event's detail on that region's bus."""
        return {
            "id": self.id,
            **self.fields,
            "reason": self.reason,
            "by": self.by[:MAX_BY],
            "at": self.at,
            "region": region,
        }

    @property
    def key(self) -> str:
        """The key of its audit record, in each region the same."""
        region = "us-east-1"  # any: it is not part of the key
        envelope = {
            "source": SOURCE,
            "detail-type": self.detail_type,
            "time": self.at,
            "region": region,
            "detail": self.detail(region),
        }
        return read_command(envelope).key

    def document(self) -> dict[str, Any]:
        """As JSON documents show it."""
        return {
            "change": self.what,
            "id": self.id,
            **self.fields,
            "reason": self.reason,
            "by": self.by,
            "at": self.at,
        }


def instant(now: float) -> str:
    """Epoch seconds as ISO 8601 in UTC, to the millisecond."""
    return iso(datetime.fromtimestamp(now, UTC))


def epoch(text: str | None) -> float | None:
    """ISO 8601 as epoch seconds; None for what is not an instant."""
    try:
        return datetime.fromisoformat(text).timestamp() if text else None
    except ValueError:
        return None
