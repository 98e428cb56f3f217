"""What one publisher meant to publish and what was accepted: lines of JSON, in one file.

A message is written down before it is published, so that a publisher that was killed knows what to
publish again, with the same id.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Intent:
    """A message to be published."""

    id: str
    channel: str
    text: str


@dataclass(frozen=True)
class Entries:
    """A journal, read: id → intent, ids that were accepted, failed calls, starts."""

    intents: dict[str, Intent]
    accepted: frozenset[str]
    failures: int
    starts: int

    @property
    def open(self) -> list[Intent]:
        """What nobody has accepted yet, as far as is known."""
        return [each for id, each in self.intents.items() if id not in self.accepted]


class Journal:
    """Appends; each line goes to the operating system at once, so that SIGKILL loses none."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def started(self) -> None:
        """The process runs."""
        self._append({"started": True})

    def intend(self, intent: Intent) -> None:
        """About to be published."""
        self._append({"id": intent.id, "channel": intent.channel, "text": intent.text})

    def accepted(self, id: str) -> None:
        """The publisher got data back."""
        self._append({"accepted": id})

    def failed(self, id: str, reason: str) -> None:
        """No region accepted it; it will be tried again."""
        self._append({"failed": id, "reason": reason})

    def close(self) -> None:
        """Ends it."""
        self._file.close()

    def _append(self, document: dict[str, Any]) -> None:
        self._file.write(json.dumps(document) + "\n")


def read_journal(path: Path) -> Entries:
    """All of it; a line that a killed process left unfinished counts for nothing."""
    intents: dict[str, Intent] = {}
    accepted = set()
    failures = starts = 0
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            document = json.loads(line)
        except ValueError:
            continue
        if "text" in document:
            intents[document["id"]] = Intent(**document)
        elif "accepted" in document:
            accepted.add(document["accepted"])
        elif "failed" in document:
            failures += 1
        else:
            starts += 1
    return Entries(intents, frozenset(accepted), failures, starts)
