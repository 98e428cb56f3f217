"""Untrusted text on an operator's terminal: shown, never interpreted."""

import unicodedata

_ELLIPSIS = "…"
# Control characters (a terminal obeys some), and those that reorder or hide what follows.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: str, limit: int | None = None) -> str:
    """The text on one line with unsafe characters escaped, cut to `limit` characters.

    Joiners (U+200C, U+200D) stay: scripts and emoji need them.
    """
    shown = "".join(
        character
        if character in "\u200c\u200d" or unicodedata.category(character) not in _UNSAFE
        else _escaped(character)
        for character in (text if limit is None else text[: limit + 1])
    )
    if limit is not None and len(shown) > limit:
        return shown[: max(limit - 1, 0)] + _ELLIPSIS
    return shown


def _escaped(character: str) -> str:
    return "\\n" if character == "\n" else character.encode("unicode_escape").decode()
