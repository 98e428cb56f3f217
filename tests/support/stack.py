"""The real local stack, started like `make run`, with its own state folder and ports."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.stack_file import RunningStack

ROOT = Path(__file__).resolve().parent.parent.parent
_START_SECONDS = 180.0
_STOP_SECONDS = 40.0


@dataclass(frozen=True)
class LocalStack:
    """A running stack: its stack file, its state folder and the process, if any, that runs it."""

    stack_file: Path
    state: Path
    process: subprocess.Popen[bytes] | None

    @property
    def running(self) -> RunningStack:
        """The stack file as it is now: a region that was restarted has another pid."""
        return RunningStack.read(self.stack_file)

    def log(self, name: str) -> str:
        """The log of one process: `us-west-2`, `aws`, `stack`."""
        return (self.state / "logs" / f"{name}.log").read_text()


def free_ports(count: int) -> int:
    """The first of `count` free ports in a row."""
    for first in range(20_000 + os.getpid() % 200 * 50, 60_000, 50):
        sockets = []
        try:
            for port in range(first, first + count):
                sockets.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        finally:
            for each in sockets:
                each.close()
        return first
    raise RuntimeError("no free ports")


def stack_environment(state: Path, regions: Sequence[str]) -> dict[str, str]:
    """The environment that keeps a stack apart from others on this machine."""
    first = free_ports(len(regions) + 3)
    return os.environ | {
        "REGIONS": " ".join(regions),
        "GLOBALWS_STATE": str(state),
        "GLOBALWS_AWS_PORT": str(first),
        "GLOBALWS_CLIENT_PORT": str(first + 1),
        "GLOBALWS_ISSUER_PORT": str(first + 2),
        "GLOBALWS_REGION_PORT": str(first + 3),
    }


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def fresh_state(name: str) -> Path:
    """A state folder of this process only, so that two test runs never share a stack.

    It stays, with its logs, until the next run.
    """
    for left in (ROOT / ".local").glob(f"{name}-[0-9]*"):
        if not _alive(int(left.name.rsplit("-", 1)[1])):
            shutil.rmtree(left, ignore_errors=True)
    state = ROOT / ".local" / f"{name}-{os.getpid()}"
    shutil.rmtree(state, ignore_errors=True)
    return state


@contextmanager
def run_stack(environment: Mapping[str, str], root: Path = ROOT) -> Iterator[LocalStack]:
    """Run `python -m emulator run` with this environment for the duration of the block.

    `root` is the project's folder, or one with another commit of it and its environments.
    """
    python = sys.executable if root == ROOT else str(root / ".venv" / "bin" / "python")
    state = Path(environment["GLOBALWS_STATE"])
    log = state / "logs" / "stack.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [python, "-m", "emulator", "run"],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    stack = LocalStack(state / "stack.json", state, process)
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not stack.stack_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the stack did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield stack
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)
