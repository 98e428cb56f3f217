"""A published message, and how it is read out of a `MessagePublished` event."""

from dataclasses import asdict, dataclass

from globalws_functions.domain.channel_patterns import NAME_FORM, is_name, is_old_name
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.fields import (
    REGION,
    ULID,
    instant,
    read_detail,
    read_instant,
    read_text,
)

MESSAGE_PUBLISHED = "MessagePublished"


@dataclass(frozen=True)
class Message:
    """A message as subscribers receive it; `published_at` is ISO 8601 as the origin wrote it.

    `publisher` is who published it, as the origin's API knows it; None for holders of an API key.
    """

    id: str
    name: str
    message: str
    published_at: str
    region: str
    publisher: str | None = None

    def variables(self) -> dict[str, str]:
        """The arguments of `publishFromBus`, by their GraphQL names, without those of no value."""
        fields = asdict(self).items()
        names = {"published_at": "publishedAt"}
        return {names.get(name, name): value for name, value in fields if value is not None}

    def age_ms(self, now: float) -> float:
        """Milliseconds from publication to `now` (epoch seconds); 0 where clocks disagree."""
        return max(0.0, now - instant(self.published_at).timestamp()) * 1000


def read_message_published(event: object) -> Message:
    """The message of a `MessagePublished` event (events/contracts/MessagePublished.json).

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    _, detail = read_detail(event, MESSAGE_PUBLISHED)
    published_at = read_instant(detail, "publishedAt")
    message = read_text(detail, "message")
    if not message:
        raise InvalidEventError("detail.message is empty")
    name = read_text(detail, "name")
    # Events of older versions, without a publisher, may still be in a queue.
    if not (is_name(name) or is_old_name(name)):
        raise InvalidEventError(f"detail.name is not a channel name: {NAME_FORM}")
    return Message(
        id=read_text(detail, "id", ULID),
        name=name,
        message=message,
        published_at=published_at,
        region=read_text(detail, "region", REGION),
        publisher=read_text(detail, "publisher") if detail.get("publisher") is not None else None,
    )
