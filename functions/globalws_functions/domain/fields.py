"""The forms of events' fields, and how one is read or refused; as in events/contracts/."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.json_text import check_nesting

SOURCE = "globalws"

ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


def read_detail(event: object, *detail_types: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The envelope and the detail of an event that is one of `detail_types` of ours.

    Raises:
        InvalidEventError: it is not.
    """
    if not isinstance(event, Mapping):
        raise InvalidEventError("the event is not an object")
    if event.get("source") != SOURCE or event.get("detail-type") not in detail_types:
        raise InvalidEventError(f"the event is not a {' or '.join(detail_types)} of {SOURCE}")
    detail = event.get("detail")
    if not isinstance(detail, Mapping):
        raise InvalidEventError("detail is not an object")
    try:
        check_nesting(detail)
    except ValueError as error:
        raise InvalidEventError(f"detail is {error}") from None
    return event, detail


def read_text(
    fields: Mapping[str, Any],
    field: str,
    form: re.Pattern[str] | None = None,
    *,
    path: str = "detail.",
) -> str:
    """A field that must be a string of whole characters, of that form if one is given.

    Raises:
        InvalidEventError: naming the field.
    """
    value = fields.get(field)
    if not isinstance(value, str):
        raise InvalidEventError(f"{path}{field} is missing or not a string")
    if form is not None and not form.fullmatch(value):
        raise InvalidEventError(f"{path}{field} does not match {form.pattern}")
    if not has_utf8(value):
        raise InvalidEventError(f"{path}{field} holds half a surrogate pair")
    return value


def has_utf8(text: str) -> bool:
    """Whether a text has a UTF-8 form: half a surrogate pair, which JSON can escape, has none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_instant(fields: Mapping[str, Any], field: str, *, path: str = "detail.") -> str:
    """A field that must be an instant (ISO 8601 with an offset), as its writer wrote it.

    Raises:
        InvalidEventError: naming the field.
    """
    text = read_text(fields, field, INSTANT, path=path)
    try:
        # An offset may carry the first or the last year over the edge of what there is.
        instant(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidEventError(f"{path}{field} is not an instant: {error}") from None
    return text


def instant(text: str) -> datetime:
    """The instant that a field says; ValueError if there is no such day or hour."""
    # Python 3.11 reads at most microseconds; the contract admits nanoseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def iso(moment: datetime) -> str:
    """An instant as this project writes it: UTC, milliseconds, `2026-11-23T10:15:00.123Z`.

    Of one length, so that such texts sort as their instants do.
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
