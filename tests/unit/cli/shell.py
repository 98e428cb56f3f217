"""`globalws` as a shell starts it, with any standard streams, on a fake deployment.

`Shell` starts this file once as a process of its own, which has imported the command and forks for
each run: the streams are real descriptors, and a run takes a fraction of the interpreter's start.
"""

import asyncio
import base64
import fcntl
import gc
import importlib
import io
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import AsyncIterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
ID = "01KB4YXW0G8Q2M7R3T5V9XZABC"
_SECONDS = 20
# What a command imports only when it needs it; so no run has to.
_IMPORTED_LATE = (
    "boto3.dynamodb.types", "botocore.exceptions", "cli.follow", "cli.probe", "requests",
    "globalws_functions.adapters.audit_table", "globalws_functions.adapters.channels_table",
    "typer.rich_utils",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How a run ended. `out` and `err` are bytes."""

    code: int
    out: bytes
    err: bytes


class Shell:
    """Runs the command. A stream is one of

    - `file`: for stdout and stderr, an empty one that is read afterwards;
    - `closed`: as `>&-` does;
    - `gone`: a pipe that nobody reads, as `| true` does;
    - `line`: a pipe whose reader reads one line, as `| head -1` does;
    - `tty`: a terminal; its width is `columns`;
    - a path: opened for writing, or with `<` in front for reading.
    """

    def __init__(self) -> None:
        self._usual: dict[tuple[str, ...], Ended] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.unit.cli.shell"],
            cwd=ROOT,
            env=os.environ | {"COLUMNS": "", "TERM": "dumb", "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __call__(
        self,
        *arguments: str,
        stdin: str = "</dev/null",
        stdout: str = "file",
        stderr: str = "file",
        encoding: str = "utf-8",
        columns: int = 120,
    ) -> Ended:
        """Runs it and waits."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        streams = [stdin, stdout, stderr]
        request = {
            "arguments": arguments, "streams": streams, "encoding": encoding, "columns": columns
        }  # fmt: skip
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return Ended(answer["code"], *map(base64.b64decode, (answer["out"], answer["err"])))

    def as_usual(self, *arguments: str) -> Ended:
        """How it ends with files for its streams; run once for all who ask."""
        if arguments not in self._usual:
            self._usual[arguments] = self(*arguments)
        return self._usual[arguments]

    def end(self) -> None:
        """Ends the process."""
        self._process.communicate()


class _Stream:
    """One end for the child, and what this side does with the other."""

    def __init__(self, kind: str, columns: int) -> None:
        self._kind = kind
        self._other: int | None = None
        self.own: int | None = None
        if kind == "file":
            self.own, path = tempfile.mkstemp()
            os.unlink(path)
        elif kind in ("gone", "line"):
            self._other, self.own = os.pipe()
        elif kind == "tty":
            self._other, self.own = pty.openpty()
            size = struct.pack("HHHH", 24, columns, 0, 0)
            fcntl.ioctl(self.own, termios.TIOCSWINSZ, size)
        elif kind != "closed":
            flags = os.O_RDONLY if kind.startswith("<") else os.O_WRONLY
            self.own = os.open(kind.removeprefix("<"), flags)

    def read(self) -> bytes:
        """What came, until there is no more; the child has started."""
        if self._kind == "file" and self.own is not None:
            os.lseek(self.own, 0, os.SEEK_SET)
            return b"".join(iter(lambda: os.read(self.own or 0, 65_536), b""))
        found = b""
        if self.own is not None:
            os.close(self.own)
        if self._other is not None:
            while self._kind != "gone" and (self._kind == "tty" or b"\n" not in found):
                try:
                    part = os.read(self._other, 65_536)
                except OSError:  # the terminal's other side has closed
                    break
                found += part
                if not part:
                    break
            os.close(self._other)
        return found


def _run(arguments: Sequence[str], streams: list[str], encoding: str, columns: int) -> Ended:
    ends = [_Stream(kind, columns) for kind in streams]
    if streams[1] == "gone":
        os.close(ends[1]._other or 0)
        ends[1]._other = None
    pid = os.fork()
    if pid == 0:
        _child(arguments, [end.own for end in ends], encoding)
    files = {"file"}
    texts = [b"" if kind in files else end.read() for kind, end in zip(streams, ends, strict=True)]
    _, status = os.waitpid(pid, 0)
    texts = [
        end.read() if kind in files else text
        for kind, end, text in zip(streams, ends, texts, strict=True)
    ]
    for kind, end in zip(streams, ends, strict=True):
        if kind in files and end.own is not None:
            os.close(end.own)
    return Ended(os.waitstatus_to_exitcode(status), texts[1], texts[2])


def _child(arguments: Sequence[str], descriptors: Sequence[int | None], encoding: str) -> None:
    code: Any = 99
    try:
        signal.alarm(_SECONDS)
        for number, descriptor in enumerate(descriptors):
            if descriptor is None:
                os.close(number)
            else:
                os.dup2(descriptor, number)
        os.closerange(3, 256)
        # As the interpreter does at its start.
        sys.stdin = _text(0, "r", encoding, "strict")
        sys.stdout = _text(1, "w", encoding, "strict")
        sys.stderr = _text(2, "w", encoding, "backslashreplace")
        sys.argv = ["globalws", *arguments]
        from cli.main import main

        main()
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            code = 120
        os._exit(int(code))


def _text(descriptor: int, mode: str, encoding: str, errors: str) -> Any:
    try:
        os.fstat(descriptor)
    except OSError:
        return None
    return open(descriptor, mode, encoding=encoding, errors=errors, closefd=False)


def _fake_everything() -> None:
    """A fake deployment in which everything has a name with an accent."""
    from globalws_client import Message, MessageEvent, State, StateEvent

    from cli import session
    from cli.adapters import subscriptions
    from cli.adapters.functions import Invoked
    from cli.adapters.queues import Depth
    from cli.commands import dlq, status, top, trace
    from cli.domain.dead_letters import Queue
    from tests.unit.cli.fake_deployment import FakeDeployment
    from tests.unit.cli.samples import HOME, dead_letter, record

    fake = FakeDeployment()
    for region in fake.regions.values():
        region.decided["tech"] = {
            "allowed": True, "reason": "café", "updatedAt": "2026-11-23T10:15:00.000Z"
        }  # fmt: skip
        region.carry_out(
            "ChannelPolicyChanged",
            {"id": ID, "name": "tech", "allowed": True, "reason": "café", "by": "café@host",
             "at": "2026-11-23T10:15:00.000Z"},
        )  # fmt: skip
    session.choose_target = fake.choose  # type: ignore[attr-defined]
    session.connect_api = fake.connect  # type: ignore[assignment]

    class Box:
        def __init__(self) -> None:
            self.dead_letters = [
                dead_letter(Queue.FUNCTION, record()),
                dead_letter(Queue.BUS, '"café"'),
            ]

        def depth(self) -> Depth:
            return Depth(2, 0, 0)

        def now(self) -> float:
            return 1.0

        def receive(self, _: int) -> Any:
            found, self.dead_letters = self.dead_letters, []
            return found

        def delete(self, dead_letters: Any) -> dict[str, str]:
            return {}

        def release(self, dead_letters: Any) -> dict[str, str]:
            return {}

    dlq.queue_of = lambda region, kind: Box()  # type: ignore[assignment,return-value]
    dlq.home_of = lambda region, target: HOME
    dlq.hand_over = lambda *_, **__: Invoked("done")
    status.alarms_of = lambda *_: []
    trace.lines_with = lambda *_: [(int(1e12), json.dumps({"message": "café"}))]
    trace.queue_of = dlq.queue_of
    trace.home_of = dlq.home_of
    trace.ask_region_process = lambda *_: {"steps": []}
    appsync = {
        "connections": 2, "subscriptions": 3, "publishes": 1, "deliveries": 3, "errors": 0,
        "invalidations": 0, "replicationLagMs": {"count": 0, "p50": None, "p99": None},
    }  # fmt: skip
    bridge = {"pending": 1, "functions": []}
    faults = {"links": {"café": {"partition": True}}}
    found = {"appsync": appsync, "eventbridge": bridge, "faults": faults}
    top.ask_region_process = lambda _, path: found[path]

    async def subscribe(channel: str, region: Any, options: Any) -> AsyncIterator[Any]:
        yield StateEvent(State.LIVE, region.region)
        message = Message(ID, channel, "café", "2026-11-23T10:15:00.123Z", "us-west-2")
        while channel != "quiet":
            yield MessageEvent(message)
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    subscriptions.subscribe = subscribe


def _warm_up() -> None:
    """Imports and builds here what otherwise each run would, once more."""
    import cli.main
    from tests.support.globalws import command

    for name in _IMPORTED_LATE:
        importlib.import_module(name)
    cli.main.new_globalws = command
    for arguments in (["channels", "list"], ["--help"], ["audit"]):
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), suppress(SystemExit):
            command()(arguments, prog_name="globalws")


def _serve() -> None:
    _fake_everything()
    _warm_up()
    gc.freeze()  # a collection in a run would copy the memory of all that is here
    for line in sys.stdin:
        request = json.loads(line)
        ended = _run(**request)
        out, err = (base64.b64encode(text).decode() for text in (ended.out, ended.err))
        sys.stdout.write(json.dumps({"code": ended.code, "out": out, "err": err}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
