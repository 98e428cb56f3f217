"""A stack that a test starts, breaks and ends; it must leave nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli.stack_file import RunningStack
from tests.support.prepared import prepare
from tests.support.stack import ROOT, stack_environment

_POLL_SECONDS = 0.05
_END_SECONDS = 20.0


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until the condition holds; fail the test after a time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(_POLL_SECONDS)


class OwnStack:
    """One region with its own state folder and ports; the test starts and ends it."""

    region = "us-west-2"

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = stack_environment(state, [self.region])
        self._output = state.with_suffix(".output")
        self._started: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Copy a deployed state, so that the first start deploys nothing."""
        prepare(self.environment)

    @property
    def stack_file(self) -> Path:
        return self.state / "stack.json"

    @property
    def running(self) -> RunningStack:
        return RunningStack.read(self.stack_file)

    @property
    def output(self) -> str:
        """The output of the last start so far."""
        return self._output.read_text()

    def command(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m emulator NAME` until it ends."""
        return subprocess.run(
            [sys.executable, "-m", "emulator", name],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> subprocess.Popen[bytes]:
        """Start `python -m emulator run` in a new process group, as a terminal does."""
        with self._output.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "emulator", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                process_group=0,
            )
        self._started.append(process)
        return process

    def until_ready(self, process: subprocess.Popen[bytes], seconds: float = 180) -> None:
        # Do not look at the stack file: a killed run has left one.
        until(
            lambda: process.poll() is not None or "Ctrl-C ends it" in self.output,
            seconds,
            self.output,
        )
        assert process.poll() is None, self.output

    def started(self) -> subprocess.Popen[bytes]:
        """Start it and wait until it is ready."""
        process = self.start()
        self.until_ready(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Press Ctrl-C; return when all of its processes have ended."""
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(_END_SECONDS) == 0, self.output
        until(lambda: self.processes() == [], _END_SECONDS, f"{self.processes()}")

    def ask(self, query: str) -> dict[str, Any]:
        """The API's `data`; fail the test on errors."""
        region = self.running.region(self.region)
        request = urllib.request.Request(
            region.graphqlUrl,
            json.dumps({"query": query}).encode(),
            {"x-api-key": region.apiKey, "content-type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            body: dict[str, Any] = json.load(answer)
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"]
        return found

    def publish(self, text: str) -> None:
        """Publish to the channel `tech`."""
        fields = "id name message publishedAt region publisher"
        self.ask(f'mutation{{publish(name:"tech",message:"{text}"){{{fields}}}}}')

    def history(self) -> list[str]:
        """The stored texts of `tech`."""
        page = self.ask('{history(name:"tech"){items{message}}}')["history"]
        return [each["message"] for each in page["items"]]

    def processes(self) -> list[str]:
        """Every process of this stack, orphans included, known by environment or command."""
        mark = str(self.state).encode()
        return [
            (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            for folder in _processes()
            if any(mark in text for text in _texts(folder))
        ]

    def pids(self, word: str) -> list[int]:
        """The pids of this stack's processes with this word in their command."""
        mark = str(self.state).encode()
        return [
            int(folder.name)
            for folder in _processes()
            if any(mark in text for text in _texts(folder))
            and word.encode() in (folder / "cmdline").read_bytes()
        ]

    def generations(self) -> list[Path]:
        """The kept states."""
        return list((self.state / "kept").glob("*/[0-9]*"))

    def busy_ports(self) -> list[int]:
        """Its ports on which something listens."""
        busy = []
        for name in ("AWS", "CLIENT", "ISSUER", "REGION"):
            port = int(self.environment[f"GLOBALWS_{name}_PORT"])
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    busy.append(port)
        return busy

    def leftovers(self) -> list[str]:
        """Files that only a running stack should have."""
        return [name for name in ("stack.json", "tmp") if (self.state / name).exists()]

    def end(self) -> None:
        """End what still runs, so that a failed test leaves nothing behind."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
        self.command("down")


def _processes() -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) != os.getpid():
            yield folder


def _texts(folder: Path) -> Iterator[bytes]:
    for name in ("environ", "cmdline"):
        with suppress(OSError):  # it has ended, or belongs to someone else
            yield (folder / name).read_bytes()
