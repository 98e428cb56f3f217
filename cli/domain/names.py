"""What may be typed: channel names, message ids, regions. The API has the same rules."""

import os
import time

from globalws_functions.domain.command import MAX_REASON
from globalws_functions.domain.fields import CHANNEL_NAME, ULID, has_utf8

from cli.errors import RefusedError

PROBE_CHANNEL = "globalws.probe"
"""Allowed by every deployment for `globalws status --probe`: graphql/functions/readChannel.js."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def checked_channel(name: str) -> str:
    """The name itself. Raises ValueError saying what a channel name looks like."""
    if not CHANNEL_NAME.fullmatch(name):
        raise ValueError(
            f"{name!r} is no channel name: 1 to 64 letters, digits, or . _ : - , "
            "starting with a letter or digit"
        )
    return name


def checked_id(text: str) -> str:
    """The id itself. Raises ValueError saying what an id looks like."""
    if not ULID.fullmatch(text):
        raise ValueError(f"{text!r} is no ULID: 26 characters, upper case, or leave --id out")
    return text


def checked_reason(text: str) -> str:
    """The reason without surrounding blanks. Raises ValueError if nothing is left, or too much."""
    reason = " ".join(text.split())
    if not reason:
        raise ValueError("say why: the reason is shown to refused clients and kept in the audit")
    if not has_utf8(reason):
        raise ValueError("the reason is not UTF-8")
    if len(reason) > MAX_REASON:
        raise ValueError(f"the reason has {len(reason)} characters: use at most {MAX_REASON}")
    return reason


def checked_message(text: str) -> str:
    """The text itself. Raises RefusedError, as the API would, for what has no UTF-8 form."""
    if not has_utf8(text):
        raise RefusedError(
            "InvalidMessage", "the message is not UTF-8, or holds half a surrogate pair"
        )
    return text


def new_ulid(now: float | None = None, random: bytes | None = None) -> str:
    """A ULID: 48 bits of milliseconds, 80 random bits (https://github.com/ulid/spec).

    Args:
        now: epoch seconds; the present if left out.
        random: 10 bytes; fresh ones if left out.
    """
    milliseconds = int((time.time() if now is None else now) * 1000)
    number = milliseconds << 80 | int.from_bytes(os.urandom(10) if random is None else random)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
