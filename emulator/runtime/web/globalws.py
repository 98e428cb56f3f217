"""Runs the operator's command `globalws` on the local stack, so that the page does what it does."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[3]
_SECONDS = 90.0
# The command has exit codes for "done in part"; its document says which part.
_DONE = frozenset({0, 3})


class CommandError(Exception):
    """The command did not do what it was asked; the message is the one that it printed."""


async def globalws(stack_file: Path, arguments: Sequence[str]) -> dict[str, Any]:
    """Runs one command with `--json`, and returns its document.

    Raises:
        CommandError: it failed, or took too long.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from cli.main import main; main()"),
        *arguments,
        *("--json", f"--stack-file={stack_file}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        raise CommandError(f"globalws {arguments[0]} took more than {_SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode in _DONE:
        document: dict[str, Any] = json.loads(output)
        return document
    raise CommandError(_last_line(errors) or f"globalws ended with code {process.returncode}")


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1].removeprefix("error: ") if lines else ""
