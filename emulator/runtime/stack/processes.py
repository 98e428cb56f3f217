"""Child processes that end with us: each in a session of its own, stopped as a whole group."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_STOP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1
# Loaded here, because a forked child of a process with threads must not load libraries.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ProcessFailedError(Exception):
    """A child process ended with an error; the message shows the end of what it wrote."""


def _end_with_parent() -> None:
    """Linux: the kernel ends the child when its parent is killed outright."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """A running child process and the file that its output goes to."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    async def start(
        cls,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        directory: Path,
        keep_open: Sequence[int] = (),
    ) -> "Child":
        """Starts the command; its output is appended to `log`, it inherits the files `keep_open`.

        Raises:
            ProcessFailedError: the program is not there.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env=dict(environment),
                    cwd=directory,
                    start_new_session=True,
                    pass_fds=keep_open,
                    preexec_fn=_end_with_parent,
                )
            except OSError as error:
                raise ProcessFailedError(f"{name}: cannot start {command[0]}: {error}") from error
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet, as far as we have noticed."""
        return self._process.returncode is None

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        return await self._process.wait()

    async def finish(self) -> None:
        """Waits for a command that is meant to end by itself; stops it if we are cancelled.

        Raises:
            ProcessFailedError: its exit code is not 0.
        """
        try:
            code = await self.wait()
        finally:
            await self.stop()
        if code != 0:
            raise ProcessFailedError(f"{self.name} failed (exit code {code}):\n{self.tail()}")

    async def stop(self, seconds: float = _STOP_SECONDS) -> None:
        """Ends the whole group: SIGTERM, and SIGKILL after `seconds`."""
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal_number)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wait(), seconds)
                break
        # What the child has left behind of its own group, such as workers.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def tail(self, lines: int = 30) -> str:
        """The last lines that it wrote, and where the rest is."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join([*text.splitlines()[-lines:], f"(all of it: {self.log})"])
