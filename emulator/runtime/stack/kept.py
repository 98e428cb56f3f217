"""The stack's state between two runs: what the local AWS and the regions' buses hold, on disk.

Each run works on a copy of the last good state: a folder with the next number. A good state has a
seal (`aws_main`) and a record of what is deployed. A run that was killed, or whose deploy failed,
leaves something else behind: the next run deletes it and starts from the good state before it.
"""

import asyncio
import fcntl
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emulator.runtime.stack.aws_main import hashes

_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.1
# Changes when this module lays a state out otherwise.
_LAYOUT = "2"

Report = Callable[[str], None]


class KeptStateError(Exception):
    """The last run's processes still use its state."""


class _DamagedError(Exception):
    """A state that cannot be used; the message says why."""


@dataclass(frozen=True)
class Versions:
    """What must be the same for a state to be used.

    Attributes:
        emulator: of the local AWS.
        journal: of the form in which a region's bus keeps events that are not delivered yet; a
            state of another one can be used if it has no such events.
    """

    emulator: str
    journal: str
    layout: str = _LAYOUT


@dataclass(frozen=True)
class Generation:
    """The state of one run: a folder, locked for as long as one of the run's processes lives."""

    folder: Path
    lock: int
    """The lock's file descriptor; children inherit it."""

    def data(self, region: str) -> Path:
        """Where the region's process keeps accepted events."""
        return self.folder / "data" / region

    def deployed(self) -> dict[str, Any]:
        """By region, what was deployed last, as given to `record`; empty if nothing was."""
        if not self._record.exists():
            return {}
        regions: dict[str, Any] = json.loads(self._record.read_text())
        return regions

    def forget_deployed(self) -> None:
        """To be called before a deploy: should it fail, this state is not a good one."""
        self._record.unlink(missing_ok=True)

    def record(self, deployed: Mapping[str, Any]) -> None:
        """Says what is deployed in each region, in one step."""
        draft = self._record.with_suffix(".draft")
        draft.write_text(json.dumps(deployed, indent=2, sort_keys=True))
        os.replace(draft, self._record)

    def close(self) -> None:
        """Frees the lock, unless a child still has it."""
        os.close(self.lock)

    @property
    def _record(self) -> Path:
        return self.folder / "deployed.json"


class KeptState:
    """The states of one local AWS.

    Args:
        folder: where its generations are. A state names its AWS's port, so each port has a folder.
        versions: of what is here; a state of others is not used.
    """

    def __init__(self, folder: Path, versions: Versions, report: Report) -> None:
        self._folder = folder
        self._aside = folder / "aside"
        self._versions = versions
        self._report = report

    def forget(self) -> None:
        """Deletes all states."""
        shutil.rmtree(self._folder, ignore_errors=True)

    async def until_free(self) -> None:
        """Waits until the processes of an earlier run, which may have been killed, have ended.

        Raises:
            KeptStateError: they do not end.
        """
        for number in self._numbers():
            await self._until_free(self._folder / str(number))

    def open(self) -> Generation:
        """A copy of the last good state, or an empty one."""
        numbers = self._numbers()
        new = self._folder / str(numbers[0] + 1 if numbers else 1)
        good = self._last_good(numbers)
        if good is None:
            new.mkdir(parents=True)
        else:
            shutil.copytree(good, new, ignore=shutil.ignore_patterns("seal.json", "lock"))
            if _versions(good)["journal"] != self._versions.journal:
                shutil.rmtree(new / "data", ignore_errors=True)  # it has no events
        (new / "versions.json").write_text(json.dumps(asdict(self._versions)))
        for number in self._numbers():
            old = self._folder / str(number)
            if old not in (good, new):
                shutil.rmtree(old)
        return Generation(new, _locked(new))

    def _put_aside(self, generation: Path, why: str) -> None:
        """Moves a state away, so that one can look at it; the one put aside before it goes."""
        shutil.rmtree(self._aside, ignore_errors=True)
        os.replace(generation, self._aside)
        self._report(f"the state of the last run is not used: {why}; it is now in {self._aside}")

    def _last_good(self, numbers: list[int]) -> Path | None:
        for number in numbers:
            folder = self._folder / str(number)
            if not (folder / "deployed.json").exists():
                continue  # its deploy failed or was interrupted; nobody has used it
            if not (folder / "seal.json").exists():
                self._report("the local AWS was killed in the last run: what changed then is lost")
                continue
            try:
                self._check(folder)
            except _DamagedError as damage:
                self._put_aside(folder, str(damage))
                continue
            return folder
        return None

    def _check(self, folder: Path) -> None:
        versions = _versions(folder)
        if versions.get("layout") != self._versions.layout:
            raise _DamagedError("another version of GlobalWS made it")
        if versions.get("emulator") != self._versions.emulator:
            raise _DamagedError("another version of the local AWS made it")
        if hashes(folder) != _document(folder / "seal.json"):
            raise _DamagedError("it is damaged")
        _document(folder / "deployed.json")
        for database in (folder / "data").glob("*/*.sqlite"):
            events = _events(database)
            if events and versions.get("journal") != self._versions.journal:
                raise _DamagedError(f"another version of GlobalWS left {events} events in it")

    def _numbers(self) -> list[int]:
        """The generations, newest first."""
        if not self._folder.exists():
            return []
        names = [path.name for path in self._folder.iterdir()]
        return sorted((int(name) for name in names if name.isdigit()), reverse=True)

    async def _until_free(self, folder: Path) -> None:
        deadline = time.monotonic() + _WAIT_SECONDS
        told = False
        while True:
            try:
                os.close(_locked(folder))
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise KeptStateError(
                        f"processes of an earlier run still use {folder}: end them first"
                    ) from None
            else:
                return
            if not told:
                self._report("waiting until what an earlier run left behind has ended …")
                told = True
            await asyncio.sleep(_POLL_SECONDS)


def _locked(folder: Path) -> int:
    """Locks the folder. Raises BlockingIOError if a process has it locked."""
    file = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    return file


def _versions(folder: Path) -> dict[str, Any]:
    path = folder / "versions.json"
    return _document(path) if path.exists() else {}


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise _DamagedError("it is damaged") from error
    if not isinstance(document, dict):
        raise _DamagedError("it is damaged")
    return document


def _events(path: Path) -> int:
    """How many events a region's bus has not delivered."""
    try:
        with closing(sqlite3.connect(path)) as database:
            (found,) = database.execute("PRAGMA quick_check").fetchone()
            (events,) = database.execute("SELECT count(*) FROM jobs").fetchone()
    except sqlite3.Error as error:
        raise _DamagedError("it is damaged") from error
    if found != "ok":
        raise _DamagedError("it is damaged")
    return int(events)
