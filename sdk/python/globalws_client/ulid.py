"""ULIDs as the API uses them for message ids: 48 bits of milliseconds, then 80 random bits.

Only what resuming needs: the time in an id, the first id of a millisecond, and a new id.
"""

import re
from collections.abc import Callable
from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]
_match = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}").fullmatch
TIME_LENGTH = 10
_DIGITS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")  # those that `int` reads
_LENGTH = 26
MAX_MS = 2**48 - 1


def is_ulid(text: str) -> bool:
    """Whether the text is a ULID in the API's spelling (26 characters, upper case)."""
    return _match(text) is not None


def time_of(ulid: str) -> int:
    """The milliseconds since 1970 in a ULID; raises ValueError if it is none."""
    if not is_ulid(ulid):
        raise ValueError(f"not a ULID: {ulid!r}")
    return valid_time_of(ulid)


def valid_time_of(ulid: str) -> int:
    """The same for what is known to be a ULID."""
    return _ms_of(ulid[:TIME_LENGTH])


@lru_cache(maxsize=1024)  # a message's time is asked for several times, and a millisecond has many
def _ms_of(digits: str) -> int:
    return int(digits.translate(_DIGITS), 32)


def _encode(value: int, length: int) -> str:
    """`length` is even."""
    text = ""
    for shift in range(5 * length - 10, -1, -10):
        text += _PAIRS[value >> shift & 1023]
    return text


@lru_cache(maxsize=1024)  # a client's channels begin and resume at the same few times
def id_at(ms: float) -> str:
    """The smallest id of a millisecond: `history(after:)` it is everything from then on."""
    return _encode(int(min(max(ms, 0), MAX_MS)), TIME_LENGTH) + "0" * (_LENGTH - TIME_LENGTH)


def id_not_after(ulid: str, ms: int) -> str:
    """The smaller of an id and the first one of a millisecond."""
    time = valid_time_of(ulid)
    if time < ms:
        return ulid
    return ulid[:TIME_LENGTH] + "0" * (_LENGTH - TIME_LENGTH) if time == ms else id_at(ms)


def id_before(ulid: str) -> str:
    """An id just below this one, for reading history from this one on, inclusively."""
    return id_at(time_of(ulid) - 1)


def new_ulid(now_ms: int, random: Callable[[], float]) -> str:
    """A new id. `random` gives numbers from 0 up to, not including, 1."""
    tail = "".join(_ALPHABET[int(random() * 32)] for _ in range(_LENGTH - TIME_LENGTH))
    return id_at(now_ms)[:TIME_LENGTH] + tail


def ulid_after(ulid: str) -> str:
    """The next id of the same millisecond; raises OverflowError after the last one."""
    tail = int(ulid[TIME_LENGTH:].translate(_DIGITS), 32)
    if tail + 1 >= 32 ** (_LENGTH - TIME_LENGTH):
        raise OverflowError("no id is left in this millisecond")
    return ulid[:TIME_LENGTH] + _encode(tail + 1, _LENGTH - TIME_LENGTH)


class UlidSource:
    """New ids, each above the one before within a millisecond: one publisher's order is kept."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._last = ""

    def new(self, now_ms: int) -> str:
        """An id of this time."""
        if self._last and time_of(self._last) == now_ms:
            self._last = ulid_after(self._last)
        else:
            self._last = new_ulid(now_ms, self._random)
        return self._last
