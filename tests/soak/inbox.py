"""What one subscription has received, in SQLite: messages and checkpoint in one transaction.

A consumer that may be killed handles each message once only if it keeps its work and its
checkpoint in one transaction. This is the smallest such consumer.
"""

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from globalws_client import Checkpoint, Message, StateEvent

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (id TEXT, message TEXT, origin TEXT);
CREATE TABLE IF NOT EXISTS states (state TEXT, region TEXT, gap INTEGER);
CREATE TABLE IF NOT EXISTS checkpoint (one INTEGER PRIMARY KEY CHECK (one = 1), document TEXT);
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
"""


class Inbox:
    """One subscription's database. `id` is not unique in it, so that duplicates show."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, timeout=10)
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def commit(self, messages: Sequence[Message], checkpoint: Checkpoint | None) -> None:
        """Keep messages and the checkpoint after them, or neither."""
        with self._database:
            self._database.executemany(
                "INSERT INTO messages VALUES (?, ?, ?)",
                [(each.id, each.message, each.region) for each in messages],
            )
            if checkpoint is not None:
                self._database.execute(
                    "INSERT OR REPLACE INTO checkpoint VALUES (1, ?)",
                    (json.dumps(checkpoint.to_json()),),
                )

    def note(self, event: StateEvent) -> None:
        """Keep a change of the connection's state."""
        with self._database:
            self._database.execute(
                "INSERT INTO states VALUES (?, ?, ?)",
                (event.state.value, event.region, event.gap),
            )

    def checkpoint(self) -> Checkpoint | None:
        """The last checkpoint."""
        row = self._database.execute("SELECT document FROM checkpoint").fetchone()
        return None if row is None else Checkpoint.from_json(json.loads(row[0]))

    def messages(self) -> list[tuple[str, str]]:
        """(id, text) in the order of arrival, with duplicates."""
        return self._database.execute("SELECT id, message FROM messages ORDER BY rowid").fetchall()

    def states(self) -> list[tuple[str, bool]]:
        """(state, gap) in the order of arrival."""
        rows = self._database.execute("SELECT state, gap FROM states ORDER BY rowid")
        return [(state, bool(gap)) for state, gap in rows]
