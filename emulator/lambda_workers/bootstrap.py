"""Runs inside an execution environment: loads a function's handler, then runs it per invocation.

`python -I bootstrap.py CODE_FOLDER MODULE.FUNCTION`, with the function's environment. It imports
nothing of this project, because that may not be on the function's path. Frames on stdin and stdout:
8 bytes (the sizes of head and body, 4 each), the head as JSON, the body.

| frame | head | body |
|---|---|---|
| in | `{"requestId", "arn", "deadline": epoch seconds}` | the payload (JSON) |
| out | `{"error": false}` | the handler's answer (JSON) |
| out | `{"error": true, "ends": …}` | `{"errorType", "errorMessage", "stackTrace"}` |

`ends` is true if the process ends, because the function could not be loaded.

What the function prints or logs goes to stderr. It ends when stdin does.
"""

import ctypes
import importlib
import io
import json
import os
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

_SIZES = struct.Struct("!II")
_PR_SET_PDEATHSIG = 1
_OK, _ERROR, _LAST_ERROR = (
    b'{"error":false}',
    b'{"error":true,"ends":false}',
    b'{"error":true,"ends":true}',
)


@dataclass(frozen=True)
class Context:
    """The handler's second argument; the names are Lambda's."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: float
    function_name: str
    function_version: str
    memory_limit_in_mb: int
    log_group_name: str
    log_stream_name: str
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function is ended."""
        return max(0, int((self.deadline - time.time()) * 1000))


def _context(head: dict[str, Any]) -> Context:
    return Context(
        head["requestId"],
        head["arn"],
        head["deadline"],
        os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
    )


def _load(handler: str) -> Callable[[Any, Context], Any]:
    module, _, name = handler.rpartition(".")
    function: Callable[[Any, Context], Any] = getattr(
        importlib.import_module(module.replace("/", ".")), name
    )
    return function


def _run(handler: Callable[[Any, Context], Any], head: dict[str, Any], body: bytes) -> bytes:
    answer = handler(json.loads(body), _context(head))
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _failure(error: Exception, kind: str) -> bytes:
    trace = traceback.format_exception(error)
    print(f"[ERROR] {kind}: {error}", *trace, sep="\n", file=sys.stderr, flush=True)
    document = {"errorType": kind, "errorMessage": str(error), "stackTrace": trace}
    return json.dumps(document).encode()


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    sizes = stream.read(_SIZES.size)
    if len(sizes) < _SIZES.size:
        return None
    head, body = _SIZES.unpack(sizes)
    return json.loads(stream.read(head)), stream.read(body)


def _write(stream: BinaryIO, head: bytes, body: bytes) -> None:
    stream.write(_SIZES.pack(len(head), len(body)) + head + body)
    stream.flush()


def main() -> None:
    """Serves until stdin ends."""
    # Ctrl-C and SIGTERM are for the process that started us: it ends us when nothing runs.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(
            line_buffering=True
        )  # it was made for a pipe, which nobody reads now
    folder, name = sys.argv[1:]
    sys.path.insert(0, folder)
    loaded: Callable[[Any, Context], Any] | bytes
    try:
        loaded = _load(name)
    except Exception as error:
        missing = isinstance(error, ImportError)
        loaded = _failure(error, "Runtime.ImportModuleError" if missing else type(error).__name__)
    while (request := _read(requests)) is not None:
        if isinstance(loaded, bytes):
            _write(answers, _LAST_ERROR, loaded)
            return  # Lambda starts another environment for the next invocation
        try:
            _write(answers, _OK, _run(loaded, *request))
        except Exception as error:
            _write(answers, _ERROR, _failure(error, type(error).__name__))


if __name__ == "__main__":
    main()
