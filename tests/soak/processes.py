"""The soak's processes: started, killed, started again, ended."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import IO

from tests.soak.plan import Plan, can_end_file, write_plan
from tests.support.stack import ROOT

_STOP_SECONDS = 90.0
_POLL_SECONDS = 0.05


class SoakProcess:
    """A subscriber or publisher. `kills` counts how often the soak killed it."""

    def __init__(self, module: str, plan: Plan) -> None:
        self.plan = plan
        self.kills = 0
        self._module = module
        self._plan_file = write_plan(plan)
        self._log = Path(plan.folder) / f"{plan.name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether it is running."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it, or start it again."""
        can_end_file(self.plan).unlink(missing_ok=True)
        with self._open_log() as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                self._module,
                str(self._plan_file),
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def kill(self) -> None:
        """Send SIGKILL, and wait."""
        assert self._process is not None
        self.check()
        self._process.kill()
        self.kills += 1
        await self._process.wait()

    async def finish(self) -> None:
        """Send SIGTERM, and wait; fails unless it ends with code 0."""
        if self._process is None:
            return
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                # It may have just started, and cannot end before its handler is set.
                while self.running and not can_end_file(self.plan).exists():  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
                if self.running:
                    self._process.send_signal(signal.SIGTERM)
                code = await self._process.wait()
        except TimeoutError:
            self._process.kill()
            raise AssertionError(f"{self.plan.name} did not end:\n{self.log()}") from None
        assert code == 0, f"{self.plan.name} ended with {code}:\n{self.log()}"

    def check(self) -> None:
        """Fail if it has ended by itself."""
        assert self.running, f"{self.plan.name} ended by itself:\n{self.log()}"

    def abandon(self) -> None:
        """Kill it if it is running."""
        if self._process is not None and self.running:
            self._process.kill()

    def log(self) -> str:
        """The end of what it printed."""
        return self._log.read_text()[-3000:]

    def _open_log(self) -> IO[str]:
        return self._log.open("a")
