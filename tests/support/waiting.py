"""Waiting for a condition, with a limit."""

import asyncio
import time
from collections.abc import Awaitable, Callable

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


async def until(
    condition: Callable[[], Awaitable[bool]], seconds: float, otherwise: str | Callable[[], str]
) -> None:
    """Ask repeatedly, with growing pauses, until the condition holds.

    Raises:
        AssertionError: with `otherwise`, after that time.
    """
    deadline = time.monotonic() + seconds
    pause = _FIRST_PAUSE
    while not await condition():
        if time.monotonic() > deadline:
            text = otherwise if isinstance(otherwise, str) else otherwise()
            raise AssertionError(f"{text} (waited {seconds:.0f} s)")
        await asyncio.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_PAUSE)
