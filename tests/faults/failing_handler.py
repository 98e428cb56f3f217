"""Replaces the handler of the Replay function: fails in the first runs of each message.

`FAILURE_MODE` says how: `crash` and `memory` end the process, `raise` is a bug, `sleep` takes
longer than the function's timeout. `memory` fails before the replay, the others after it: the API
has the message already, and Lambda still runs the function again.
"""

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import replay

_MODE = os.environ["FAILURE_MODE"]
_COUNTS = Path(os.environ["FAILURE_COUNTS"])
_LAMBDA_ATTEMPTS = 3
_HEADROOM = 64 * 1024 * 1024


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """Return the real handler's answer, or fail."""
    id = event["detail"]["id"]
    # A quarter of the messages fail until Lambda gives up, so that the queue is used too.
    planned = _LAMBDA_ATTEMPTS if id.endswith("0") else 1
    fails = _run_number(id) <= planned
    if fails and _MODE == "memory":
        _use_up_memory()
    answer: dict[str, str] = replay.handler(event, context)
    if fails:
        _fail()
    return answer


def _run_number(id: str) -> int:
    number = 1
    while True:
        try:
            (_COUNTS / f"{id}.{number}").touch(exist_ok=False)
            return number
        except FileExistsError:
            number += 1


def _fail() -> None:
    if _MODE == "crash":
        os._exit(1)
    if _MODE == "raise":
        raise RuntimeError("a bug, after the work was done")
    if _MODE == "sleep":
        time.sleep(60)


def _use_up_memory() -> None:
    """SIGKILL, as Lambda does above MemorySize; the local AWS has no such limit."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + _HEADROOM, hard))
    hoard = []
    try:
        while True:
            hoard.append(bytearray(1024 * 1024))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
