"""The common word for each thing: words that this project used once, and does not use any more."""

import re
import subprocess
from pathlib import Path

from tests.support.stack import ROOT

_WORDS = {
    r"(?<!dead)(?<!dead[-_ ])letters?": "dead letter, or character",
    r"letter ?box(es)?": "queue",
    r"out ?box(es)?": "delivery buffer (SDK), drafts (web client)",
    r"ledgers?": "resume position",
    r"(?<!of )courses?": "connection manager",
    r"govern(s|ed|ing|ance)?": "command, apply",
    r"chores?": "action",
    r"installations?": "deployment",
    r"doubles(?! (with|each|every|up))": "duplicates",
    r"candidates?": "standby (SDK)",
}
# CHANGELOG tells what things were called. Makefile refuses the variable's old name.
_LEFT_OUT = {"CHANGELOG.md", "Makefile", str(Path(__file__).relative_to(ROOT))}
# Letters of the alphabet.
_ALPHABET = re.compile(
    r"digits|lower case letters|letter-spacing|ARABIC LETTER|or a digit|IsLetter"
    r"|emulator/appsync/javascript/runtime/time\.js|the letter|letter w\b"
)
_PATTERNS = {
    re.compile(rf"(?<![A-Za-z]){word}(?![A-Za-z])", re.IGNORECASE): instead
    for word, instead in _WORDS.items()
}
_TEXTS = "*.py *.md *.js *.mjs *.cjs *.ts *.tsx *.css *.yaml *.yml *.toml *.sh *.graphql Makefile"


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *_TEXTS.split()],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(name for name in listed.stdout.split() if (ROOT / name).is_file())


def _found(name: str, text: str) -> list[str]:
    """Each old word in a text, with its surroundings. A term may be cut by the end of a line."""
    text = re.sub(r"\s+(?:(?:#|//|\*)\s+)?", " ", text)
    return [
        f"{name}: …{around}…: say {instead}"
        for pattern, instead in _PATTERNS.items()
        for match in pattern.finditer(text)
        if (around := text[max(0, match.start() - 40) : match.end() + 40])
        and not _ALPHABET.search(f"{name} {around}")
    ]


def test_old_words_are_found() -> None:
    assert len(_found("a", "the outbox holds a\n# letter, as the dead\n# letter queue does")) == 2


def test_nobody_uses_an_old_word() -> None:
    files = set(_files()) - _LEFT_OUT
    assert len(files) > 500
    assert [
        line for name in sorted(files) for line in _found(name, (ROOT / name).read_text())
    ] == []
