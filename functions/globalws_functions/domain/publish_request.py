"""What a back end asks to publish, read out of `PublishRequested`.

The event is not forwarded: it is published in the region on whose bus it was put.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from globalws_functions.domain.channel_patterns import NAME_FORM, is_name
from globalws_functions.domain.delivery import DeadLetters, Delivery, Outcome, deliver
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import ULID, instant, read_detail, read_instant, read_text
from globalws_functions.domain.ulid import time_of, ulid

PUBLISH_REQUESTED = "PublishRequested"

# As the API has it for ids of clients: one from the future would come back at each resume.
_AHEAD = timedelta(minutes=5)
_OLD = timedelta(hours=24)


@dataclass(frozen=True)
class PublishRequest:
    """A message to publish; every attempt has the same id."""

    id: str
    name: str
    message: str

    def variables(self) -> dict[str, str]:
        """The arguments of `publishRequested`, by their GraphQL names."""
        return asdict(self)


def read_publish_requested(event: object) -> PublishRequest:
    """The message of a `PublishRequested` event (events/contracts/PublishRequested.json).

    Without `detail.id`, the id is made of the envelope's time and id: another PutEvents of the same
    text is another message.

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    envelope, detail = read_detail(event, PUBLISH_REQUESTED)
    put_at = instant(read_instant(envelope, "time", path="")).astimezone(UTC)
    made_of = sha256(read_text(envelope, "id", path="").encode())
    name = read_text(detail, "name")
    if not is_name(name):
        raise InvalidEventError(f"detail.name is not a channel name: {NAME_FORM}")
    message = read_text(detail, "message")
    if not message:
        raise InvalidEventError("detail.message is empty")
    return PublishRequest(
        id=_id(detail, put_at) if "id" in detail else ulid(put_at, made_of.digest()),
        name=name,
        message=message,
    )


def _id(detail: Mapping[str, Any], put_at: datetime) -> str:
    text = read_text(detail, "id", ULID)
    if not -_OLD <= time_of(text) - put_at <= _AHEAD:
        raise InvalidEventError(
            "detail.id must be a ULID of the last 24 hours (at most 5 minutes ahead), or left out"
        )
    return text


class Api(Protocol):
    """This region's API."""

    def publish_requested(self, request: PublishRequest) -> None:
        """Publishes the message in every region.

        Raises:
            DuplicateMessageError: it was published before.
            BlockedChannelError, PermanentError: the API refuses it, now and later.
            TransientError: it may succeed later.
        """


def publish(
    event: Mapping[str, Any], api: Api, dead_letters: DeadLetters
) -> Delivery[PublishRequest]:
    """Publishes what a back end asked for, once. Raises TransientError; see `deliver`."""
    return deliver(
        event,
        read_publish_requested,
        api.publish_requested,
        dead_letters,
        Outcome.PUBLISHED,
        blocked=Outcome.DEAD_LETTERED,
    )
