"""Start-up of `make run`, from a fresh clone to a stack that is ready, and where the seconds go."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bench.processes import ROOT, STATE
from tests.support.stack import stack_environment

REGIONS = ("us-west-2", "ap-southeast-2")
_CLONE = STATE / "clone"
_READY = re.compile(r"Ctrl-C ends it")
_STEP = re.compile(r"^ {2}(.+) \((\d+\.\d) s\)$")
_SET_UP = re.compile(r"^ {2}(setting up|installing) ")
_SECONDS = 600.0


def run(warm_runs: int = 2) -> dict[str, Any]:
    """Seconds until `make run` says that it is ready.

    In a clone of what is committed: at first without anything; then with its environments, but
    nothing built; then as after any other run. What package managers keep on this machine from
    earlier is used in all of them.
    """
    with _clone() as folder:
        runs = [_timed("fresh clone", folder)]
        for left in (".local", ".aws-sam", "client/dist"):
            shutil.rmtree(folder / left)
        runs.append(_timed("nothing built", folder))
        runs += [_timed("again", folder) for _ in range(warm_runs)]
    return {"runs": runs}


@contextmanager
def _clone() -> Iterator[Path]:
    shutil.rmtree(_CLONE, ignore_errors=True)
    _CLONE.parent.mkdir(parents=True, exist_ok=True)
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(_CLONE)]
    subprocess.run(clone, check=True)  # noqa: S603 - git, on this checkout
    try:
        yield _CLONE
    finally:
        shutil.rmtree(_CLONE, ignore_errors=True)


def _timed(kind: str, folder: Path) -> dict[str, Any]:
    environment = stack_environment(folder / ".local", REGIONS)
    started = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"],  # noqa: S607 - as a user types it
        cwd=folder,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        seconds, phases = _watched(process.stdout, started)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(60)
    return {"kind": kind, "seconds": round(seconds, 1), "phases": phases}


def _watched(output: IO[str], started: float) -> tuple[float, list[str]]:
    """When it was ready, and the phases: the set-up as a whole, and the stack's own steps.

    Raises RuntimeError, with what was printed, if it does not get ready.
    """
    printed: list[str] = []
    phases: list[str] = []
    is_setting_up = False
    for line in output:
        now = time.monotonic() - started
        printed.append(line)
        if _SET_UP.match(line):
            is_setting_up = True
        elif is_setting_up:
            is_setting_up = False
            phases.append(f"set-up ({now:.1f} s)")
        if step := _STEP.match(line.rstrip("\n")):
            phases.append(f"{step[1]} ({step[2]} s)")
        if _READY.search(line):
            return now, phases
        if now > _SECONDS:
            break
    raise RuntimeError(f"`make run` did not get ready:\n{''.join(printed)}")
