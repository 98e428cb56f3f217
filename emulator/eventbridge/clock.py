"""The real clock."""

import asyncio
import time
from collections.abc import Callable

from emulator.eventbridge.ports import Timer


class LoopClock:
    """Wall-clock time, and the timers of the running event loop."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back on the running loop after `delay` seconds."""
        return asyncio.get_running_loop().call_later(max(delay, 0.0), callback)
