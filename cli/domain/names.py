"""What may be typed: channels, patterns, users, message ids. The API has the same rules."""

import os
from datetime import UTC, datetime

from globalws_functions.domain.channel_patterns import (
    NAME_FORM,
    PATTERN_FORM,
    RULE_PATTERN_FORM,
    is_name,
    is_old_name,
    is_pattern,
    is_rule_pattern,
)
from globalws_functions.domain.channel_rules import LEVEL_FORM, OPERATIONS, is_level
from globalws_functions.domain.command import MAX_REASON, MAX_USER
from globalws_functions.domain.fields import ULID, has_utf8
from globalws_functions.domain.ulid import ulid

from cli.errors import RefusedError


def checked_channel(name: str) -> str:
    """The name itself. Raises ValueError saying what a channel name looks like."""
    if not is_name(name):
        raise ValueError(f"{name!r} is not a channel name: {NAME_FORM}")
    return name


def checked_stored_channel(name: str) -> str:
    """The name itself, which may be one of older versions, such as `a::b`. Raises ValueError."""
    return name if is_old_name(name) else checked_channel(name)


def checked_pattern(text: str) -> str:
    """The pattern of a rule itself. Raises ValueError saying what it looks like."""
    if not is_rule_pattern(text):
        raise ValueError(f"{text!r} is neither a channel name nor a pattern: {RULE_PATTERN_FORM}")
    return text


def checked_stored_pattern(text: str) -> str:
    """A pattern of a rule, or a name of older versions. Raises ValueError."""
    return text if is_old_name(text) else checked_pattern(text)


def checked_grant_pattern(text: str) -> str:
    """The pattern of a grant itself. Raises ValueError saying what it looks like."""
    if not is_pattern(text):
        raise ValueError(f"{text!r} is neither a channel name nor a pattern: {PATTERN_FORM}")
    return text


def checked_level(text: str) -> str:
    """The level itself. Raises ValueError saying which there are."""
    if not is_level(text) or not has_utf8(text):
        raise ValueError(f"{text!r} is not a level: {LEVEL_FORM}")
    return text


def checked_operation(text: str) -> str:
    """The operation itself. Raises ValueError saying which there are."""
    if text not in OPERATIONS:
        raise ValueError(f"{text!r} is not an operation: {', '.join(OPERATIONS)}")
    return text


def checked_user(text: str) -> str:
    """The user id itself. Raises ValueError saying what a user id looks like."""
    is_other = text.startswith(("iam:", "anon:"))
    if not text.strip() or len(text) > MAX_USER or not has_utf8(text) or is_other:
        raise ValueError(
            f"{text!r} is not a user id: 1 to {MAX_USER} characters that do not begin with iam: or "
            "anon: (a guest, who can take another name)"
        )
    return text


def checked_id(text: str) -> str:
    """The id itself. Raises ValueError saying what an id looks like."""
    if not ULID.fullmatch(text):
        raise ValueError(f"{text!r} is not a ULID: 26 characters, upper case, or leave --id out")
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


def new_ulid() -> str:
    """A new message id."""
    return ulid(datetime.now(UTC), os.urandom(10))
