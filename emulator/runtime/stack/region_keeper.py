"""One region's process and its only owner: nothing else starts it, ends it or starts it again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from emulator.runtime.stack.processes import ProcessFailedError

_RESTART_SECONDS = 1.0


class Process(Protocol):
    """A running process, as `emulator.runtime.stack.processes.Child` is one."""

    @property
    def pid(self) -> int:
        """Its process id."""

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""

    async def wait(self) -> int:
        """Its exit code, once it has ended."""

    async def stop(self) -> None:
        """Ends it; returns once it has ended."""


class RegionKeeper:
    """Starts a region's process, ends it on request, and starts it again when it ends by itself.

    Each of these is one turn, and turns are taken in the order in which they were asked for. So
    there is never a second process of the region, and the last request decides whether it runs.

    Args:
        region: its name, for reports.
        start: starts the process and returns once it serves. Raises ProcessFailedError.
        report: tells a line to the person at the terminal.
        pause: seconds between an end and the next start, so that a process that cannot start is
            not started without end.
    """

    def __init__(
        self,
        region: str,
        start: Callable[[], Awaitable[Process]],
        report: Callable[[str], None],
        pause: float = _RESTART_SECONDS,
    ) -> None:
        self._region = region
        self._start = start
        self._report = report
        self._pause = pause
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._closed = False

    @property
    def pid(self) -> int:
        """The id of the latest process, running or not; there is one after the first `start`."""
        assert self._process is not None  # noqa: S101 - documented above
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.running

    async def start(self) -> None:
        """Has the process running; returns once it serves. Does nothing after `close`.

        Raises:
            ProcessFailedError: it did not start. `keep` tries again.
        """
        async with self._turn:
            if self._closed:
                return
            self._wanted.set()
            await self._run()

    async def stop(self) -> None:
        """Ends the process and keeps it down until `start`."""
        async with self._turn:
            self._wanted.clear()
            if self._process is not None:
                await self._process.stop()

    async def close(self) -> None:
        """Ends the process; it is not started again."""
        self._closed = True
        await self.stop()

    async def keep(self, started: Callable[[], object]) -> None:
        """Starts the process again whenever it has ended without `stop`, until cancelled.

        Args:
            started: called after each such start; the process has another id then.
        """
        while True:
            await self._wanted.wait()
            code = None if self._process is None else await self._process.wait()
            await asyncio.sleep(self._pause)
            async with self._turn:
                if self.running or not self._wanted.is_set():
                    continue
                self._report(f"{self._region} ended (exit code {code}); starting it again")
                try:
                    await self._run()
                    started()
                except ProcessFailedError as error:
                    self._report(str(error))

    async def _run(self) -> None:
        if not self.running:
            self._process = await self._start()
