"""A published message, and how it is read out of a `MessagePublished` event."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from globalws.domain.errors import InvalidEventError

SOURCE = "globalws"
MESSAGE_PUBLISHED = "MessagePublished"

_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_CHANNEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True)
class Message:
    """A message as subscribers receive it; `published_at` is ISO 8601 as the origin wrote it."""

    id: str
    name: str
    message: str
    published_at: str
    region: str

    def variables(self) -> dict[str, str]:
        """The arguments of `publishFromBus`, by their GraphQL names."""
        fields = asdict(self)
        fields["publishedAt"] = fields.pop("published_at")
        return fields

    def age_ms(self, now: float) -> float:
        """Milliseconds from publication to `now` (epoch seconds); 0 where clocks disagree."""
        return max(0.0, now - _instant(self.published_at).timestamp()) * 1000


def read_message_published(event: object) -> Message:
    """The message of a `MessagePublished` event (events/contracts/MessagePublished.json).

    Raises:
        InvalidEventError: naming the first field that breaks the contract.
    """
    if not isinstance(event, Mapping):
        raise InvalidEventError("the event is not an object")
    if event.get("source") != SOURCE or event.get("detail-type") != MESSAGE_PUBLISHED:
        raise InvalidEventError(f"the event is not a {MESSAGE_PUBLISHED} of {SOURCE}")
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise InvalidEventError("detail is not an object")
    published_at = _text(detail, "publishedAt", _INSTANT)
    try:
        _instant(published_at)
    except ValueError as error:
        raise InvalidEventError(f"detail.publishedAt is no instant: {error}") from None
    message = _text(detail, "message")
    if not message:
        raise InvalidEventError("detail.message is empty")
    return Message(
        id=_text(detail, "id", _ULID),
        name=_text(detail, "name", _CHANNEL_NAME),
        message=message,
        published_at=published_at,
        region=_text(detail, "region", _REGION),
    )


def _text(detail: Mapping[str, Any], field: str, form: re.Pattern[str] | None = None) -> str:
    value = detail.get(field)
    if not isinstance(value, str):
        raise InvalidEventError(f"detail.{field} is missing or not a string")
    if form is not None and not form.fullmatch(value):
        raise InvalidEventError(f"detail.{field} does not match {form.pattern}")
    return value


def _instant(text: str) -> datetime:
    # Python 3.11 reads at most microseconds; the contract admits nanoseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
