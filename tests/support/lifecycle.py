"""A stack that a test starts, harms and ends by itself, and what it may leave behind: nothing."""

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
    """Waits until the condition holds; fails the test if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(_POLL_SECONDS)


class OwnStack:
    """One region, with a state folder and ports of its own; started and ended by the test."""

    region = "us-west-2"

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environment = stack_environment(state, [self.region])
        self._output = state.with_suffix(".output")
        self._started: list[subprocess.Popen[bytes]] = []

    def prepare(self) -> None:
        """Has its first start find a stack that is deployed."""
        prepare(self.environment)

    @property
    def stack_file(self) -> Path:
        return self.state / "stack.json"

    @property
    def running(self) -> RunningStack:
        return RunningStack.read(self.stack_file)

    @property
    def output(self) -> str:
        """What the last start has printed so far."""
        return self._output.read_text()

    def command(self, name: str) -> subprocess.CompletedProcess[str]:
        """`python -m emulator NAME`, until it ends."""
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
        """`python -m emulator run`, as a terminal starts it: in a process group of its own."""
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
        # Not the stack file: one that was killed has left its own.
        until(
            lambda: process.poll() is not None or "Ctrl-C ends it" in self.output,
            seconds,
            self.output,
        )
        assert process.poll() is None, self.output

    def started(self) -> subprocess.Popen[bytes]:
        """Starts it and waits until it is ready."""
        process = self.start()
        self.until_ready(process)
        return process

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Ctrl-C; returns once all of its processes have ended."""
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(_END_SECONDS) == 0, self.output
        until(lambda: self.processes() == [], _END_SECONDS, f"{self.processes()}")

    def ask(self, query: str) -> dict[str, Any]:
        """The API's `data`; fails the test if there are errors."""
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
        """To the channel `tech`."""
        fields = "id name message publishedAt region"
        self.ask(f'mutation{{publish(name:"tech",message:"{text}"){{{fields}}}}}')

    def history(self) -> list[str]:
        """The texts that are stored of `tech`."""
        page = self.ask('{history(name:"tech"){items{message}}}')["history"]
        return [each["message"] for each in page["items"]]

    def processes(self) -> list[str]:
        """Every process of this stack, orphans included: it is told by environment or command."""
        mark = str(self.state).encode()
        return [
            (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            for folder in _processes()
            if any(mark in text for text in _texts(folder))
        ]

    def pids(self, word: str) -> list[int]:
        """The processes of this stack with this word in their command."""
        mark = str(self.state).encode()
        return [
            int(folder.name)
            for folder in _processes()
            if any(mark in text for text in _texts(folder))
            and word.encode() in (folder / "cmdline").read_bytes()
        ]

    def generations(self) -> list[Path]:
        """The states that it keeps."""
        return list((self.state / "kept").glob("*/[0-9]*"))

    def busy_ports(self) -> list[int]:
        """Those of its ports that something listens on."""
        busy = []
        for name in ("AWS", "CLIENT", "REGION"):
            port = int(self.environment[f"GLOBALWS_{name}_PORT"])
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    busy.append(port)
        return busy

    def leftovers(self) -> list[str]:
        """Files that only a running stack has."""
        return [name for name in ("stack.json", "tmp") if (self.state / name).exists()]

    def end(self) -> None:
        """Ends what the test has left running, so that a failure leaves nothing behind either."""
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
        with suppress(OSError):  # it has ended meanwhile, or is not ours to read
            yield (folder / name).read_bytes()
