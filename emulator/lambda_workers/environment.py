"""One execution environment: a process that runs one invocation at a time."""

import asyncio
import json
import os
import struct
import sys
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from emulator.aws_calls.signing import Credentials
from emulator.eventbridge.ports import InvokeResult
from emulator.lambda_workers.configuration import Configuration

_BOOTSTRAP = Path(__file__).parent / "bootstrap.py"
_SIZES = struct.Struct("!II")
_STDIN, _STDOUT, _STDERR = 0, 1, 2
_INIT_SECONDS = 10.0  # Lambda's limit for loading a function; it comes before the timeout
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")

Log = Callable[[str], None]
"""Takes one line that a function wrote."""


def new_stream() -> str:
    """A log stream's name as Lambda makes them."""
    return f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"


def variables(
    configuration: Configuration, arn: str, stream: str, endpoint_url: str, key: Credentials
) -> dict[str, str]:
    """The environment of the process: Lambda's own variables, and the function's."""
    own = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return (
        own
        | {"AWS_ENDPOINT_URL": endpoint_url}
        | dict(configuration.variables)
        | {
            "AWS_REGION": arn.split(":")[3],
            "AWS_DEFAULT_REGION": arn.split(":")[3],
            "AWS_ACCESS_KEY_ID": key.access_key_id,
            "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
            "AWS_SESSION_TOKEN": key.session_token,
            "AWS_LAMBDA_FUNCTION_NAME": configuration.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(configuration.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": configuration.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "_HANDLER": configuration.handler,
            "TZ": ":UTC",
        }
    )


class Environment:
    """A process that has the function loaded; made by `start`.

    Its owner sets `used`, when it last became free, on the loop's clock; and `is_loading`, which is
    true until the first invocation has ended.
    """

    def __init__(self, process: "_Process", stream: str) -> None:
        self.stream = stream
        self.used = 0.0
        self.is_loading = True
        self._process = process

    @classmethod
    async def start(
        cls, configuration: Configuration, code: Path, environment: Mapping[str, str], log: Log
    ) -> "Environment":
        """Starts the process; it loads the function meanwhile. `log` gets what it writes."""
        transport, process = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Process(log),
            sys.executable,
            "-I",
            str(_BOOTSTRAP),
            str(code),
            configuration.handler,
            cwd=code,
            env=dict(environment),
        )
        process.transport = transport
        return cls(process, environment["AWS_LAMBDA_LOG_STREAM_NAME"])

    @property
    def alive(self) -> bool:
        """Whether it can take another invocation."""
        return not self._process.ended

    async def invoke(self, arn: str, payload: str, request_id: str, seconds: float) -> InvokeResult:
        """Runs one invocation. After a time-out, or if the process ended, it is not alive.

        Args:
            seconds: the function's timeout.
        """
        limit = seconds + (_INIT_SECONDS if self.is_loading else 0.0)
        head = json.dumps(
            {"requestId": request_id, "arn": arn, "deadline": datetime.now(UTC).timestamp() + limit}
        ).encode()
        body = payload.encode("utf-8", "surrogatepass")
        try:
            async with asyncio.timeout(limit):
                head, body = await self._process.exchange(
                    _SIZES.pack(len(head), len(body)) + head + body
                )
        except TimeoutError:
            self.kill()
            message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
            return _failed("Sandbox.Timedout", message)
        except EOFError:
            self.kill()
            message = f"RequestId: {request_id} Error: Runtime exited: {self._process.how_ended}"
            return _failed("Runtime.ExitError", message)
        except BaseException:
            self.kill()
            raise
        text = body.decode("utf-8", "replace")
        told = json.loads(head)
        if told["error"]:
            if told["ends"]:
                self.kill()
            return InvokeResult("function_error", text, function_error="Unhandled")
        return InvokeResult("ok", text)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()

    async def ended(self) -> None:
        """Returns once the process has ended, and all that it wrote has been logged."""
        await self._process.all_read.wait()


def _failed(kind: str, message: str) -> InvokeResult:
    document = json.dumps({"errorType": kind, "errorMessage": message})
    return InvokeResult("function_error", document, function_error="Unhandled")


class _Process(asyncio.SubprocessProtocol):
    """Moves bytes: frames from stdout, lines from stderr."""

    def __init__(self, log: Log) -> None:
        self.transport: asyncio.SubprocessTransport | None = None
        self.ended = False
        self.how_ended = "killed"
        self.all_read = asyncio.Event()
        self._log = log
        self._out = bytearray()
        self._err = bytearray()
        self._answer: asyncio.Future[tuple[bytes, bytes]] | None = None

    async def exchange(self, frame: bytes) -> tuple[bytes, bytes]:
        """Sends a frame and returns the head and body of the answer. Raises EOFError."""
        pipe = self.transport.get_pipe_transport(_STDIN) if self.transport else None
        if pipe is None or self.ended:
            raise EOFError
        self._answer = asyncio.get_running_loop().create_future()
        cast(asyncio.WriteTransport, pipe).write(frame)
        return await self._answer

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        if self.transport is not None and not self.ended:
            self.ended = True
            try:
                self.transport.kill()
            except ProcessLookupError:
                return

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == _STDERR:
            self._err += data
            *lines, rest = self._err.split(b"\n")
            self._err = bytearray(rest)
            for line in lines:
                self._log(line.decode("utf-8", "replace"))
            return
        self._out += data
        if len(self._out) < _SIZES.size:
            return
        head, body = _SIZES.unpack_from(self._out)
        start = _SIZES.size
        if len(self._out) >= start + head + body:
            frame = bytes(self._out)
            self._out.clear()
            if self._answer is not None and not self._answer.done():
                self._answer.set_result((frame[start : start + head], frame[start + head :]))

    def process_exited(self) -> None:
        self.ended = True
        code = self.transport.get_returncode() if self.transport else None
        if code is not None:
            self.how_ended = f"exit status {code}" if code >= 0 else f"signal {-code}"

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == _STDOUT:
            self.ended = True

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended and all pipes are read."""
        self.ended = True
        if self._err:
            self._log(self._err.decode("utf-8", "replace"))
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(EOFError())
        self.all_read.set()
        if self.transport is not None:
            self.transport.close()
