"""ULIDs made of what an event says, so that every attempt and every region makes the same one."""

from datetime import UTC, datetime, timedelta

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BYTES = 10
_LAST = 253_402_300_799_000  # the last second of the year 9999


def ulid(at: datetime, digest: bytes) -> str:
    """The ULID of an instant, and of the first 10 bytes of a digest in place of chance."""
    milliseconds = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    number = milliseconds << 80 | int.from_bytes(digest[:_RANDOM_BYTES])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def time_of(text: str) -> datetime:
    """The instant that a ULID has in its first 10 characters."""
    milliseconds = 0
    for digit in text[:10]:
        milliseconds = milliseconds << 5 | _CROCKFORD.index(digit)
    # The year may be one that a datetime does not have.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=min(milliseconds, _LAST))
