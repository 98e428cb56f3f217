"""Accepted work on disk: one SQLite table of jobs, written in groups by one thread.

A job is durable once `Journal.write` has returned: it then survives SIGKILL of the process (WAL,
synchronous=NORMAL: the page cache is the kernel's; a power cut may cost the last moments).
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

logger = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True)
class Row:
    """A job as stored: `body` never changes, `state` (JSON) does with each attempt."""

    id: int
    kind: str
    body: str
    state: str


@dataclass(frozen=True)
class Change:
    """What one step does to the table, all of it or nothing. A job's id is never used again."""

    add: Sequence[Row] = ()
    update: Sequence[tuple[str, int]] = ()
    """(state, id)."""
    remove: Sequence[int] = ()


@dataclass
class _Group:
    changes: list[Change] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)


class Journal:
    """Group commit: changes that come while one commit runs go together into the next.

    Args:
        path: the database file; ":memory:" for tests.
        threaded: False commits in the caller's thread, which makes tests step by step repeatable.

    Raises:
        sqlite3.Error: the file cannot be opened, or another process holds it (after 5 seconds).
    """

    def __init__(self, path: Path | str, *, threaded: bool = True) -> None:
        self._executor = (
            ThreadPoolExecutor(1, thread_name_prefix="eventbridge-store") if threaded else None
        )
        self._next = _Group()
        self._writer: asyncio.Task[None] | None = None
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # One owner: a second process on the same file would deliver everything twice.
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(_SCHEMA)
            query = "SELECT coalesce(max(id), 0) FROM jobs"
            (highest,) = self._database.execute(query).fetchone()
        except sqlite3.Error:
            self._database.close()
            raise
        self._highest: int = highest

    def new_id(self) -> int:
        """An id for a job that is about to be written."""
        self._highest += 1
        return self._highest

    def load(self) -> list[Row]:
        """All jobs, oldest first; to be called before the first write."""
        rows = self._database.execute("SELECT id, kind, body, state FROM jobs ORDER BY id")
        return [Row(*row) for row in rows]

    def write(self, change: Change) -> asyncio.Future[None]:
        """Apply a change; the future is done when it is durable.

        Changes are applied in the order of the calls. The future may be left alone: an error is
        logged here too.
        """
        done = asyncio.get_running_loop().create_future()
        done.add_done_callback(_retrieve)
        self._next.changes.append(change)
        self._next.waiters.append(done)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_groups(), name="eventbridge-journal")
        return done

    async def close(self) -> None:
        """Finish what was asked for and close the file."""
        while self._writer is not None and not self._writer.done():
            await self._writer
        if self._executor is not None:
            self._executor.shutdown()
        self._database.close()

    async def _write_groups(self) -> None:
        loop = asyncio.get_running_loop()
        while self._next.changes:
            group, self._next = self._next, _Group()
            error: Exception | None = None
            try:
                if self._executor is None:
                    self._commit(group.changes)
                else:
                    await loop.run_in_executor(self._executor, self._commit, group.changes)
            except (sqlite3.Error, ValueError) as failure:  # ValueError: a text without UTF-8 form
                logger.exception("the store refused %d changes", len(group.changes))
                error = failure
            for waiter in group.waiters:
                if waiter.done():
                    continue
                if error is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(error)

    def _commit(self, changes: Iterable[Change]) -> None:
        """Adds, then updates, then removals: the order in which any one job sees them."""
        adds = [(row.id, row.kind, row.body, row.state) for one in changes for row in one.add]
        updates = [pair for one in changes for pair in one.update]
        removals = [(number,) for one in changes for number in one.remove]
        self._database.execute("BEGIN IMMEDIATE")
        try:
            self._database.executemany("INSERT INTO jobs VALUES (?, ?, ?, ?)", adds)
            self._database.executemany("UPDATE jobs SET state = ? WHERE id = ?", updates)
            self._database.executemany("DELETE FROM jobs WHERE id = ?", removals)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise


def _retrieve(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
