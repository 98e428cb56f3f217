"""A mutation: one edit of production code that breaks one promise."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import ROOT


@dataclass(frozen=True)
class Mutation:
    """An edit that a reviewer could miss, and the test that must notice it.

    Attributes:
        test: as docs/guarantees.md names it.
        what: what it changes, in a few words.
        file: the file to edit, relative to the checkout.
        old: the text to replace; the file has it exactly once.
        new: its replacement.
    """

    test: str
    what: str
    file: str
    old: str
    new: str

    @property
    def path(self) -> Path:
        """The file to edit."""
        return ROOT / self.file

    def applied_to(self, text: str) -> str:
        """The edited text. Raises ValueError unless `old` is in the text exactly once."""
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.file} has the text to replace {found} times ({self.what})")
        return text.replace(self.old, self.new)
