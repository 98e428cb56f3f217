"""What one publisher intends to publish and what was accepted: JSON lines in one file.

A message is written down before it is published, so that a killed publisher knows what to publish
again, with the same id.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Intent:
    """A message to publish."""

    id: str
    channel: str
    text: str


@dataclass(frozen=True)
class Entries:
    """The content of a journal: id → intent, accepted ids, failed calls, starts."""

    intents: dict[str, Intent]
    accepted: frozenset[str]
    failures: int
    starts: int

    @property
    def open(self) -> list[Intent]:
        """Messages not known to be accepted."""
        return [each for id, each in self.intents.items() if id not in self.accepted]


class Journal:
    """Appends lines; each is handed to the operating system at once, so SIGKILL loses none."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def started(self) -> None:
        """Note that the process has started."""
        self._append({"started": True})

    def intend(self, intent: Intent) -> None:
        """Note a message before it is published."""
        self._append({"id": intent.id, "channel": intent.channel, "text": intent.text})

    def accepted(self, id: str) -> None:
        """Note that the API returned data."""
        self._append({"accepted": id})

    def failed(self, id: str, reason: str) -> None:
        """Note that no region accepted it; it will be tried again."""
        self._append({"failed": id, "reason": reason})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _append(self, document: dict[str, Any]) -> None:
        self._file.write(json.dumps(document) + "\n")


def read_journal(path: Path) -> Entries:
    """Read a journal; ignore a line that a killed process left unfinished."""
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
