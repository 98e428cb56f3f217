"""Difficult texts of mixed sizes, the same in every run."""

from collections.abc import Iterator

_TRICKY = (
    'quotes " and \' and ` and \\"',
    "two\nlines\r\nand a tab\t.",
    "emoji 👋🏽 👨‍👩‍👧‍👦 and 日本語 and עברית",
    "</script><script>alert(1)</script>",
    "back\\slash \\u0041 \\n",
    "\u2028 and \u2029 and \u0000 and \u001f",
    '{"type":"complete","id":"1"}',
    "$name #{channel} ${region} %s %n",
    " leading and trailing ",
    "a\u0301 combining, \u202eright to left",
)
_SIZES = (1, 10, 100, 1_000, 5_000, 20_000)


def texts(count: int) -> Iterator[str]:
    """`count` different texts."""
    for number in range(count):
        tricky = _TRICKY[number % len(_TRICKY)]
        filler = "x" * _SIZES[number % len(_SIZES)]
        yield f"{number}: {tricky} {filler}"
