"""PutEvents: the checks on a call and on each entry, and the event envelope that an entry becomes.

Pure. Limits and error codes are those of the API reference (PutEvents, PutEventsResultEntry) and of
"Calculating Amazon EventBridge event entry size".
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

MAXIMUM_ENTRIES = 10
MAXIMUM_BYTES = 1024 * 1024
"""The most bytes that all entries of a call may have together, since January 2026."""

_KNOWN = {
    "Time", "Source", "Resources", "DetailType", "Detail", "EventBusName", "TraceHeader",
}  # fmt: skip
_TEXTS = ("Source", "DetailType", "Detail", "EventBusName", "TraceHeader")


class CallError(Exception):
    """A PutEvents call refused as a whole. `code` is the AWS error type."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class EntryError(Exception):
    """One entry refused; the others of the call go on. `code` and `message` go into its result."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Origin:
    """Where and when events enter, which they keep on every hop; `now` is epoch seconds."""

    region: str
    account: str
    now: float


def entry_bytes(entry: Mapping[str, Any]) -> int:
    """The size of one entry in bytes, as AWS counts it: 14 for Time, the rest as UTF-8."""
    size = 14 if entry.get("Time") is not None else 0
    for name in ("Source", "DetailType", "Detail"):
        size += len((entry.get(name) or "").encode("utf-8", "surrogatepass"))
    return size + sum(
        len(text.encode("utf-8", "surrogatepass")) for text in entry.get("Resources") or ()
    )


def check_call(entries: Any) -> Sequence[Mapping[str, Any]]:
    """The entries of a call, if the call as a whole may go on.

    Raises:
        CallError: SerializationException for wrong types, ValidationException for 0 or more than
            10 entries, unknown members, or more than 1 MB in all.
    """
    if not isinstance(entries, list | tuple):
        raise CallError("ValidationException", "Entries is a required list.")
    if not 1 <= len(entries) <= MAXIMUM_ENTRIES:
        bound = "less than or equal to 10" if entries else "greater than or equal to 1"
        raise CallError(
            "ValidationException",
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
            f"Member must have length {bound}",
        )
    for number, entry in enumerate(entries, 1):
        _check_types(entry, number)
    total = sum(entry_bytes(entry) for entry in entries)
    if total > MAXIMUM_BYTES:
        raise CallError(
            "ValidationException",
            f"Total size of the entries in the request is over the limit: {total} of "
            f"{MAXIMUM_BYTES} bytes.",
        )
    return entries


def _check_types(entry: Any, number: int) -> None:
    if not isinstance(entry, Mapping):
        raise CallError("SerializationException", f"Entry {number} is not an object.")
    unknown = set(entry) - _KNOWN
    if unknown:
        raise CallError(
            "ValidationException", f"Entry {number} has unknown members: {sorted(unknown)}."
        )
    for name in _TEXTS:
        if not isinstance(entry.get(name), str | None):
            raise CallError("SerializationException", f"Entry {number}: {name} is not a string.")
    resources = entry.get("Resources")
    if resources is not None and (
        not isinstance(resources, list) or not all(isinstance(text, str) for text in resources)
    ):
        raise CallError(
            "SerializationException", f"Entry {number}: Resources is not a list of strings."
        )
    _seconds(entry.get("Time"), number)


def _seconds(value: Any, number: int) -> float | None:
    """Epoch seconds: the protocol sends a number; ISO 8601 is taken for in-process callers."""
    try:
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            datetime.fromtimestamp(value, UTC)
            return float(value)
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    raise CallError("SerializationException", f"Entry {number}: Time {value!r} is not a timestamp.")


def envelope(entry: Mapping[str, Any], origin: Origin, event_id: str) -> dict[str, Any]:
    """The full event of an entry that `check_call` has let through.

    Raises:
        EntryError: InvalidArgument, MalformedDetail or NotAuthorizedForSourceException.
    """
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            raise EntryError(
                "InvalidArgument",
                f"Parameter {name} is not valid. Reason: {name} is a required argument.",
            )
    if entry["Source"].startswith("aws."):
        raise EntryError("NotAuthorizedForSourceException", "Not authorized for the source.")
    seconds = _seconds(entry.get("Time"), 0)
    return {
        "version": "0",
        "id": event_id,
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": origin.account,
        "time": iso_seconds(origin.now if seconds is None else seconds),
        "region": origin.region,
        "resources": list(entry.get("Resources") or ()),
        "detail": _detail(entry["Detail"]),
    }


def _detail(text: str) -> dict[str, Any]:
    try:
        detail = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise EntryError("MalformedDetail", "Detail is malformed.") from error
    if not isinstance(detail, dict):
        raise EntryError("MalformedDetail", "Detail is malformed.")
    return detail


def _refuse_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def iso_seconds(seconds: float) -> str:
    """Epoch seconds as an event's `time`: `2026-11-23T19:12:00Z`."""
    return _iso(math.floor(seconds))


@lru_cache(maxsize=64)  # events come many in a second
def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
