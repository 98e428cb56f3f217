"""A task that runs for as long as the application does."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress

from aiohttp import web

logger = logging.getLogger(__name__)


class Background:
    """`start` and `close` are for the application's `on_startup` and `on_cleanup`."""

    def __init__(self, name: str, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._name = name
        self._work = work
        self._task: asyncio.Task[None] | None = None

    async def start(self, _: web.Application) -> None:
        """Begins the work."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def _run(self) -> None:
        try:
            await self._work()
        except Exception:
            # Told now, and not when the application ends: that would keep others from closing.
            logger.exception("%s: ended by an error", self._name)

    async def close(self, _: web.Application) -> None:
        """Ends it and waits until it has ended."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
