"""Accepted work on disk: one SQLite table of jobs, written in groups.

A job is durable once the future of `Journal.write` is done: it then survives SIGKILL of the process
(WAL, synchronous=NORMAL: the page cache is the kernel's; a power cut may cost the last moments).
A commit only appends to the page cache, so it takes less time on the event loop than a thread would
take to wake up. SQLite's checkpoint, which waits for the disk, has a thread.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


_REMOVAL_DELAY = 0.02
_COMMITS_PER_CHECKPOINT = 1_000
_BYTES_PER_CHECKPOINT = 4_000_000


class Journal:
    """Group commit: all changes of one turn of the event loop are one commit.

    Removals that nothing else comes with wait up to 20 ms for the next commit. If the process is
    killed meanwhile, such a job runs again, as it does when it is killed before the removal.

    Args:
        path: the database file; ":memory:" for tests.

    Raises:
        sqlite3.Error: the file cannot be opened, or another process holds it (after 5 seconds).
    """

    def __init__(self, path: Path | str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="eventbridge-checkpoint")
        self._changes: list[Change] = []
        self._waiters: list[asyncio.Future[None]] = []
        self._next: asyncio.Handle | None = None
        self._checkpoint: asyncio.Task[None] | None = None
        self._commits = self._bytes = 0
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # One owner: a second process on the same file would deliver everything twice.
            self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute("PRAGMA wal_autocheckpoint=0")
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
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        done.add_done_callback(_retrieve)
        self._changes.append(change)
        self._waiters.append(done)
        if change.add or change.update:
            if isinstance(self._next, asyncio.TimerHandle):
                self._next.cancel()
                self._next = None
            if self._next is None:
                self._next = loop.call_soon(self._write_group)
        elif self._next is None:
            self._next = loop.call_later(_REMOVAL_DELAY, self._write_group)
        return done

    async def close(self) -> None:
        """Finish what was asked for and close the file."""
        if self._checkpoint is not None:
            await self._checkpoint
        if self._next is not None:
            self._next.cancel()
        self._write_group()
        if self._checkpoint is not None:
            await self._checkpoint
        self._executor.shutdown()
        self._database.close()

    def _write_group(self) -> None:
        self._next = None
        if self._checkpoint is not None or not self._changes:
            return  # after the checkpoint, then
        changes, self._changes = self._changes, []
        waiters, self._waiters = self._waiters, []
        error: Exception | None = None
        try:
            self._commit(changes)
        except (sqlite3.Error, ValueError) as failure:  # ValueError: a text without UTF-8 form
            logger.exception("the store refused %d changes", len(changes))
            error = failure
        for waiter in waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)
        self._commits += 1
        self._bytes += sum(len(row.body) for change in changes for row in change.add)
        if self._commits >= _COMMITS_PER_CHECKPOINT or self._bytes >= _BYTES_PER_CHECKPOINT:
            self._commits = self._bytes = 0
            self._checkpoint = asyncio.create_task(self._run_checkpoint(), name="checkpoint")

    async def _run_checkpoint(self) -> None:
        """Moves what was committed from the log into the file; changes wait meanwhile."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._executor, self._checkpoint_now)
        except sqlite3.Error:
            logger.exception("the checkpoint failed; the log grows until the next one")
        finally:
            self._checkpoint = None
            self._write_group()

    def _checkpoint_now(self) -> None:
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _commit(self, changes: Iterable[Change]) -> None:
        """Adds, then updates, then removals: the order in which any one job sees them."""
        adds = [(row.id, row.kind, row.body, row.state) for one in changes for row in one.add]
        updates = [pair for one in changes for pair in one.update]
        removals = [(number,) for one in changes for number in one.remove]
        statements: tuple[tuple[str, list[Any]], ...] = (
            ("INSERT INTO jobs VALUES (?, ?, ?, ?)", adds),
            ("UPDATE jobs SET state = ? WHERE id = ?", updates),
            ("DELETE FROM jobs WHERE id = ?", removals),
        )
        if len(adds) + len(updates) + len(removals) == 1:  # a statement alone is a transaction
            for statement, values in statements:
                if values:
                    self._database.execute(statement, values[0])
            return
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in statements:
                if values:
                    self._database.executemany(statement, values)
            self._database.execute("COMMIT")
        except BaseException:
            self._database.execute("ROLLBACK")
            raise


def _retrieve(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
