"""Runs inside the Replay function in place of its handler: fails the first runs for each message.

`SABOTAGE` says how: `crash` and `memory` end the process as Lambda's own runtime would see it,
`raise` is a bug, `sleep` outlasts the function's timeout. `memory` strikes before the replay, the
others after it: the API has the message, and Lambda runs the function again all the same.
"""

import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import replay

_MODE = os.environ["SABOTAGE"]
_NOTES = Path(os.environ["SABOTAGE_NOTES"])
_LAMBDA_ATTEMPTS = 3
_HEADROOM = 64 * 1024 * 1024


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """The real handler's answer, or none."""
    id = event["detail"]["id"]
    # A quarter of the messages fail until Lambda gives up, so that the queue has a part in it.
    planned = _LAMBDA_ATTEMPTS if id.endswith("0") else 1
    strikes = _run_number(id) <= planned
    if strikes and _MODE == "memory":
        _use_up_memory()
    answer: dict[str, str] = replay.handler(event, context)
    if strikes:
        _fail()
    return answer


def _run_number(id: str) -> int:
    number = 1
    while True:
        try:
            (_NOTES / f"{id}.{number}").touch(exist_ok=False)
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
    """What Lambda does to a function above its MemorySize: SIGKILL. The emulator has no bound."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (used + _HEADROOM, hard))
    hoard = []
    try:
        while True:
            hoard.append(bytearray(1024 * 1024))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
