"""One stack per state folder: a lock that names its owner and cannot go stale."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunningError(Exception):
    """Another process runs a stack in this state folder."""


@contextmanager
def only_one(state: Path) -> Iterator[None]:
    """Holds the folder's lock; the kernel frees it however the process ends.

    Raises:
        AlreadyRunningError: somebody else holds it.
    """
    state.mkdir(parents=True, exist_ok=True)
    with (state / "supervisor.pid").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AlreadyRunningError(
                f"the stack is running already (process {owner(state)}): `make down` ends it"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def owner(state: Path) -> int | None:
    """The process that runs a stack in this folder, or None."""
    path = state / "supervisor.pid"
    if not path.exists():
        return None
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            text = file.read().strip()
            return int(text) if text.isdigit() else None
    return None
