"""Names of channels, and the patterns by which rules and grants name many of them.

A name has 1 to 4 segments joined by `:`. A pattern is a name, 1 to 3 segments followed by `:*`, or
`*`; the `*` covers one or more segments. A pattern of a rule may have `{user}` in place of one
segment, except the first: it covers only the caller's own user id.
"""

import re

LONGEST_NAME = 128
USER = "{user}"

_SEGMENT = "[A-Za-z0-9._|@-]+"
_FIRST = "[A-Za-z0-9][A-Za-z0-9._|@-]*"
_NAME = re.compile(f"{_FIRST}(:{_SEGMENT}){{0,3}}")
_PATTERN = re.compile(rf"({_FIRST}(:{_SEGMENT}){{0,2}}:)?\*|{_NAME.pattern}")
# Names of older versions. Nobody can publish to them now, but their rules and messages remain.
_OLD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")

NAME_FORM = (
    "1 to 4 segments joined by ':', at most 128 characters; a segment has letters, digits, or "
    ". _ - | @, and the first character is a letter or a digit"
)
PATTERN_FORM = f"a channel name, 1 to 3 segments followed by ':*', or '*'; {NAME_FORM}"
RULE_PATTERN_FORM = f"{PATTERN_FORM}; one segment, not the first, may be {USER}"


def is_name(text: str) -> bool:
    """Whether a channel can have this name."""
    return len(text) <= LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_old_name(text: str) -> bool:
    """Whether a channel could have this name in older versions, as `a::b`."""
    return _OLD_NAME.fullmatch(text) is not None


def is_pattern(text: str) -> bool:
    """Whether a grant can have this pattern: a name, `a:*`, or `*`."""
    return len(text) <= LONGEST_NAME and _PATTERN.fullmatch(text) is not None


def is_rule_pattern(text: str) -> bool:
    """Whether a rule can have this pattern: as of a grant, or with one `{user}`."""
    first, *others = text.split(":")
    if others.count(USER) == 1:
        # In place of {user} any segment will do; the length is that of the pattern as written.
        others[others.index(USER)] = "u"
        return len(text) <= LONGEST_NAME and is_pattern(":".join((first, *others)))
    return is_pattern(text)


def is_wildcard(pattern: str) -> bool:
    """Whether a pattern covers more than one name for one caller."""
    return pattern.endswith("*")


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern without `{user}` covers a name, or all that another pattern covers."""
    if pattern in (name, "*"):
        return True
    return pattern.endswith(":*") and name.startswith(pattern[:-1])


def covering(name: str, user: str | None = None, *, any_user: bool = False) -> tuple[str, ...]:
    """The patterns of rules that cover a name or a pattern, the most specific first.

    The longer pattern comes first; of two of one length the literal one, then the one whose
    `{user}` is further to the right.

    Args:
        user: the caller's user id, which `{user}` stands for.
        any_user: `{user}` stands for any segment, as for callers who sign with IAM.
    """
    segments = name.split(":")
    lengths = range(min(3, len(segments) - 1), 0, -1)
    shapes = [segments, *([*segments[:length], "*"] for length in lengths), ["*"]]
    patterns = []
    for shape in shapes:
        patterns.append(":".join(shape))
        for at in range(len(shape) - 1, 0, -1):
            if shape[at] != "*" and (any_user or shape[at] == user):
                patterns.append(":".join((*shape[:at], USER, *shape[at + 1 :])))
    return tuple(dict.fromkeys(patterns))
