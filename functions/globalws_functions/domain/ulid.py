"""ULIDs made of what an event says, so that every attempt and every region makes the same one."""

from datetime import datetime

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BYTES = 10


def ulid(at: datetime, digest: bytes) -> str:
    """The ULID of an instant, and of the first 10 bytes of a digest in place of chance."""
    milliseconds = max(0, int(at.timestamp() * 1000)) & ((1 << 48) - 1)
    number = milliseconds << 80 | int.from_bytes(digest[:_RANDOM_BYTES])
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
