"""What a break is: one edit to production code that takes away one promise."""

from dataclasses import dataclass
from pathlib import Path

from tests.support.stack import ROOT


@dataclass(frozen=True)
class Break:
    """An edit that a reviewer could miss, and the test that must not.

    Attributes:
        test: as docs/guarantees.md names it.
        what: what is broken, in a few words.
        file: the file to damage, from the checkout's root.
        old: the text that is replaced; it stands in the file exactly once.
        new: what takes its place.
    """

    test: str
    what: str
    file: str
    old: str
    new: str

    @property
    def path(self) -> Path:
        """The file to damage."""
        return ROOT / self.file

    def applied_to(self, text: str) -> str:
        """The file's text, damaged. Raises ValueError if the place is not there, or not alone."""
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.file} has {found} times what is to be replaced ({self.what})")
        return text.replace(self.old, self.new)
