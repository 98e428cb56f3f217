"""Processes under measurement: started, watched through /proc, and ended by their pid."""

import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local" / "bench"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server: what it said when it was ready, and its process."""

    ready: Mapping[str, Any]
    pid: int

    @property
    def port(self) -> int:
        """Its port on 127.0.0.1."""
        return int(self.ready["port"])

    def cpu_seconds(self) -> tuple[float, float]:
        """CPU time since its start: its own code's, and the kernel's on its behalf."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) / _TICKS, int(fields[12]) / _TICKS

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its peak, in MiB."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        values = dict(line.split(":", 1) for line in lines if ":" in line)
        return (
            int(values["VmRSS"].split()[0]) / 1024,
            int(values["VmHWM"].split()[0]) / 1024,
        )


def cpu_seconds_by_part(root: int, parts: Mapping[int, str], rest: str) -> dict[str, float]:
    """CPU seconds so far of the processes `root`'s descendants: each counts for its nearest
    ancestor in `parts` (pid to name), itself included, and for `rest` if it has none.
    """
    parents, spent = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        fields = text.rsplit(")", 1)[1].split()
        pid = int(path.parent.name)
        parents[pid] = int(fields[1])
        spent[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
    found = dict.fromkeys([*parts.values(), rest], 0.0)
    for pid, seconds in spent.items():
        line = [pid]
        while line[-1] in parents:
            line.append(parents[line[-1]])
        if root in line:
            found[next((parts[each] for each in line if each in parts), rest)] += seconds
    return found


def children(pid: int) -> dict[int, str]:
    """The direct children: pid to command line."""
    found = {}
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found[int(child)] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
    return found


def raise_file_limit() -> None:
    """As many open files as this user may have: a subscriber is one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextmanager
def serving(
    command: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 60.0
) -> Iterator[Server]:
    """Runs a server that prints one JSON line with its port once it is ready.

    Raises RuntimeError if it ends instead.
    """
    process = subprocess.Popen(  # noqa: S603 - our own servers
        command,
        cwd=ROOT,
        env=os.environ | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(_ready_line(process, seconds), process.pid)
    finally:
        _end(process)


@contextmanager
def serving_on(
    command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Runs a server of someone else's, which says nothing, until it listens on the port.

    Raises RuntimeError if it ends instead.
    """
    process = subprocess.Popen(  # noqa: S603 - found by its name
        command,
        cwd=ROOT,
        env=os.environ | dict(environment or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _listens(port):
            if process.poll() is not None:
                raise RuntimeError(f"{command!r} ended with {process.returncode}")
            time.sleep(0.05)
        yield Server({"port": port}, process.pid)
    finally:
        _end(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(process: "subprocess.Popen[Any]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ready_line(process: subprocess.Popen[str], seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    if process.stdout is None:
        raise RuntimeError("the server has no output")
    for line in process.stdout:
        if line.startswith("{"):
            document: dict[str, Any] = json.loads(line)
            return document
        if time.monotonic() > deadline:
            break
    raise RuntimeError(f"{process.args!r} did not get ready")


def python_server(name: str, *arguments: str) -> list[str]:
    """The command of `bench/servers/<name>.py` in this interpreter."""
    return [sys.executable, "-m", f"bench.servers.{name}", *arguments]
