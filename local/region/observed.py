"""Keeps the local CloudWatch up to date, and answers what the stack's alarms say."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from local.appsync.metrics import Counters
from local.deployed.stack import Clients, DeployedStack
from local.eventbridge.http_local import guarded
from local.region.alarms import alarms
from local.region.figures import Figures

logger = logging.getLogger(__name__)

_SECONDS = 15.0


class Observed:
    """`GET /_local/alarms`, and a task that puts the figures four times a minute."""

    def __init__(
        self, clients: Clients, stack_name: str, api_id: str, counters: Callable[[], Counters]
    ) -> None:
        self._clients = clients
        self._stack_name = stack_name
        self._figures = Figures(clients, self._stack(), api_id)
        self._counters = counters
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def add_routes(self, app: web.Application) -> None:
        """The route, and the task for as long as the application runs."""
        app.router.add_get("/_local/alarms", guarded(self._show))
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._close)

    async def _start(self, _: web.Application) -> None:
        self._task = asyncio.create_task(self._keep(), name="put figures")

    async def _close(self, _: web.Application) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            try:
                await self._put()
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s: cannot put figures: %s", self._clients.region, error)

    async def _put(self) -> None:
        async with self._lock:
            await asyncio.to_thread(self._figures.put, self._counters())

    async def _show(self, _: web.Request) -> web.Response:
        await self._put()
        found = await asyncio.to_thread(lambda: alarms(self._clients, self._stack()))
        return web.json_response({"alarms": found})

    def _stack(self) -> DeployedStack:
        return DeployedStack.read(self._clients, self._stack_name)
