"""What changed in a channel's presence, and telling this region's subscribers of it.

A late `PresenceChanged` event is useless: an old ENTER would show a member who has
left. So it is delivered within a minute or dropped, and never kept as a dead letter; clients that
watch a channel read its members again from time to time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from globalws_functions.domain.channel_patterns import is_name
from globalws_functions.domain.errors import InvalidEventError, PermanentError
from globalws_functions.domain.fields import (
    REGION,
    ULID,
    instant,
    read_detail,
    read_instant,
    read_text,
)

PRESENCE_CHANGED = "PresenceChanged"
# As MaximumEventAgeInSeconds of the rules in template.yaml.
MAX_AGE = timedelta(seconds=60)


class PresenceAction(StrEnum):
    """What happened."""

    ENTER = "ENTER"
    UPDATE = "UPDATE"
    LEAVE = "LEAVE"
    COUNT = "COUNT"  # something, in a channel with too many members to say what


@dataclass(frozen=True)
class PresenceChange:
    """A change of a channel's members in one region.

    Attributes:
        region: where the member is connected.
        at: when it happened, ISO 8601, by the region's own clock.
        user, connection, seq: who; all None for COUNT. Of one connection's changes the one with the
            higher `seq` is the later.
        data: what the member shows of itself, at most 1 KB.
    """

    name: str
    action: PresenceAction
    region: str
    at: str
    user: str | None = None
    connection: str | None = None
    seq: int | None = None
    data: str | None = None

    def detail(self) -> dict[str, Any]:
        """The detail of its event, which are also the arguments of `publishPresence`."""
        fields = {
            "name": self.name,
            "action": self.action.value,
            "user": self.user,
            "connection": self.connection,
            "seq": self.seq,
            "data": self.data,
            "region": self.region,
            "at": self.at,
        }
        return {field: value for field, value in fields.items() if value is not None}


def read_presence_changed(event: object) -> tuple[PresenceChange, datetime]:
    """The change in a `PresenceChanged` event (events/contracts/), and when the bus took it.

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    envelope, detail = read_detail(event, PRESENCE_CHANGED)
    taken = instant(read_instant(envelope, "time", path=""))
    name = read_text(detail, "name")
    if not is_name(name):
        raise InvalidEventError("detail.name is not a channel name")
    try:
        action = PresenceAction(read_text(detail, "action"))
    except ValueError:
        raise InvalidEventError("detail.action is not ENTER, UPDATE, LEAVE or COUNT") from None
    region = read_text(detail, "region", REGION)
    at = read_instant(detail, "at")
    if action is PresenceAction.COUNT:
        return PresenceChange(name, action, region, at), taken
    seq = detail.get("seq")
    if isinstance(seq, float) and seq.is_integer():
        seq = int(seq)
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 1:
        raise InvalidEventError("detail.seq is not a whole number above 0")
    change = PresenceChange(
        name=name,
        action=action,
        region=region,
        at=at,
        user=read_text(detail, "user"),
        connection=read_text(detail, "connection", ULID),
        seq=seq,
        data=None if detail.get("data") is None else read_text(detail, "data"),
    )
    return change, taken


class Api(Protocol):
    """This region's API."""

    def publish_presence(self, change: PresenceChange) -> None:
        """Tells this region's subscribers.

        Raises:
            PermanentError: the API refuses it, now and later.
            TransientError: it may succeed later.
        """


class Outcome(StrEnum):
    """How a delivery ended. A transient failure is no outcome: it is raised, and retried."""

    DELIVERED = "delivered"
    TOO_LATE = "too late"
    REFUSED = "refused"


@dataclass(frozen=True)
class Delivery:
    """An outcome; `change` is None if the event could not be read, `reason` says why it failed."""

    outcome: Outcome
    change: PresenceChange | None
    reason: str = ""


def deliver(event: Mapping[str, Any], api: Api, now: datetime) -> Delivery:
    """Tells this region's subscribers of a change, unless it is too old.

    Raises:
        TransientError: Lambda shall try again, within the minute.
    """
    change = None
    try:
        change, taken = read_presence_changed(event)
        if now.astimezone(UTC) - taken > MAX_AGE:
            return Delivery(Outcome.TOO_LATE, change)
        api.publish_presence(change)
    except (InvalidEventError, PermanentError) as error:
        return Delivery(Outcome.REFUSED, change, str(error))
    return Delivery(Outcome.DELIVERED, change)
