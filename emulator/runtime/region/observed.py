"""Keeps the local CloudWatch up to date, and answers what the stack's alarms say."""

import asyncio
import logging
from collections.abc import Callable

from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from emulator.appsync.metrics import Counters
from emulator.eventbridge.counters import Snapshot
from emulator.eventbridge.http_local import guarded
from emulator.lambda_workers.functions import Measured
from emulator.runtime.deployed.stack import Clients, DeployedStack
from emulator.runtime.region.alarms import alarms
from emulator.runtime.region.background import Background
from emulator.runtime.region.cloudwatch import CloudWatch

logger = logging.getLogger(__name__)

_SECONDS = 15.0


class Observed:
    """`GET /_local/alarms`, and a task that puts the metrics four times a minute."""

    def __init__(
        self,
        clients: Clients,
        api_id: str,
        counters: Callable[[], Counters],
        bridge: Callable[[], Snapshot],
        measured: Callable[[], Measured],
        stack: Callable[[], DeployedStack],
    ) -> None:
        self._clients = clients
        self._cloudwatch = CloudWatch(clients, api_id)
        self._counters = counters
        self._bridge = bridge
        self._measured = measured
        self._stack = stack
        self._lock = asyncio.Lock()
        self._task = Background("put metrics", self._keep)

    def add_routes(self, app: web.Application) -> None:
        """The route, and the task for as long as the application runs."""
        app.router.add_get("/_local/alarms", guarded(self._show))
        app.on_startup.append(self._task.start)
        app.on_cleanup.append(self._task.close)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS)
            try:
                await self._put()
            except (BotoCoreError, ClientError) as error:
                logger.warning("%s: cannot put metrics: %s", self._clients.region, error)

    async def _put(self) -> None:
        async with self._lock:
            await asyncio.to_thread(
                self._cloudwatch.put,
                self._stack(),
                self._counters(),
                self._bridge(),
                self._measured(),
            )

    async def _show(self, _: web.Request) -> web.Response:
        try:
            await self._put()
            found = await asyncio.to_thread(alarms, self._clients, self._stack())
        except (BotoCoreError, ClientError) as error:
            problem = {"type": "LocalAwsUnavailable", "message": str(error)}
            return web.json_response({"error": problem}, status=503)
        return web.json_response({"alarms": found})
