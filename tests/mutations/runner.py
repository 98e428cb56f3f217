"""Runs one mutation: edits the file, runs its test, and always restores the file."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from tests.mutations.model import Mutation
from tests.support.stack import ROOT

_TEST_SECONDS = 900.0
_END_SECONDS = 90.0  # an interrupted test needs time to end its stack
_TESTS_FAILED = 1
# The markers of the folders whose tests are deselected by default.
_MARKERS = {"deploy": "deploys", "faults": "faults", "load": "load", "soak": "soak"}
_SECONDS = "30"  # for soak and load: enough for these mutations


class Outcome(StrEnum):
    """The result of a mutation."""

    NOTICED = "noticed"
    MISSED = "NOT NOTICED"
    UNJUDGED = "could not be judged"


@dataclass(frozen=True)
class Verdict:
    """A mutation's outcome; `reason` is the test's message, or why the outcome is unknown."""

    mutation: Mutation
    outcome: Outcome
    reason: str
    seconds: float


def judged(mutation: Mutation, log: IO[str]) -> Verdict:
    """Apply the mutation and run its test."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="globalws-mutation-") as folder, _applied(mutation):
        code = _run(mutation.test, Path(folder), log)
        outcome, reason = _judge(code, Path(folder) / "junit.xml")
    return Verdict(mutation, outcome, reason, time.monotonic() - started)


@contextmanager
def _applied(mutation: Mutation) -> Iterator[None]:
    path = mutation.path
    sound, stat = path.read_bytes(), path.stat()
    try:
        path.write_text(mutation.applied_to(sound.decode()))
        yield
    finally:
        path.write_bytes(sound)
        # Python decides by time and size whether a compiled file is current.
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def command(test: str, report: Path) -> list[str]:
    """vitest's command, or pytest's with the marker of a test that is deselected by default."""
    path, _, name = test.partition("::")
    if path.endswith(".ts"):
        vitest = ["npx", "vitest", "run", "--root", "sdk/typescript", ROOT / path]
        reporter = ["--reporter=junit", f"--outputFile={report}"]
        return [*map(str, vitest), "-t", f"(^| ){re.escape(name)}$", *reporter]
    marker = _MARKERS.get(test.split("/")[1])
    options = ["-x", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    options.append("--hypothesis-profile=mutations")
    chosen = ["-m", marker] if marker else []
    return [sys.executable, "-m", "pytest", *options, *chosen, test]


def _run(test: str, folder: Path, log: IO[str]) -> int | None:
    """The exit code of pytest or vitest; None if it took too long."""
    environment = os.environ | {
        "GLOBALWS_SECONDS": os.environ.get("GLOBALWS_SECONDS") or _SECONDS,
        "PYTHONDONTWRITEBYTECODE": "1",  # keep no compiled file of mutated code
    }
    # Test this checkout's stack, not one that runs elsewhere.
    environment.pop("GLOBALWS_STACK_FILE", None)
    process = subprocess.Popen(
        command(test, folder / "junit.xml"),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    try:
        return process.wait(_TEST_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Interrupt pytest like Ctrl-C, so that its fixtures clean up."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _judge(code: int | None, report: Path) -> tuple[Outcome, str]:
    if code is None:
        return Outcome.UNJUDGED, f"no end within {_TEST_SECONDS:.0f} s"
    if code == 0:
        return Outcome.MISSED, "the test passed"
    if code != _TESTS_FAILED or not report.exists():
        return Outcome.UNJUDGED, f"the test's program ended with {code}"
    found = ElementTree.parse(report)  # noqa: S314 our own test program wrote it
    failure = found.find(".//failure")
    if failure is None:
        # A test that could not start says nothing about the promise, and its exit code is 1 too.
        error = found.find(".//error")
        return Outcome.UNJUDGED, f"error, no failure: {_first_line(error)}"
    said = _first_line(failure)
    # Hypothesis on a busy machine: the code was not tested.
    is_about_speed = "FailedHealthCheck" in said
    return (Outcome.UNJUDGED if is_about_speed else Outcome.NOTICED), said


def _first_line(element: ElementTree.Element | None) -> str:
    text = "" if element is None else element.get("message") or ""
    return text.strip().split("\n", 1)[0]
