"""The region's application: loads what is deployed, serves it, loads it again after a deploy."""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from botocore.exceptions import BotoCoreError, ClientError

from emulator.appsync import server as appsync
from emulator.appsync.definition import Api, ApiKey
from emulator.appsync.engine import Engine, build_engine
from emulator.appsync.memory import set_loaded_aside
from emulator.appsync.sigv4 import IamCredential
from emulator.aws_calls.json_service import dynamodb
from emulator.aws_calls.signing import Credentials
from emulator.eventbridge.definition import AsyncFunction, Bus, Definition
from emulator.eventbridge.http_local import MAXIMUM_BODY, guarded
from emulator.eventbridge.http_local import add_routes as add_eventbridge_routes
from emulator.eventbridge.peers import HttpPeers
from emulator.eventbridge.ports import Ports
from emulator.eventbridge.queues import Queues
from emulator.eventbridge.service import EventBridge
from emulator.lambda_workers.functions import Functions
from emulator.runtime.deployed.api import read_api, read_api_keys
from emulator.runtime.deployed.buses import foreign_rules, read_async_functions, read_buses
from emulator.runtime.deployed.errors import DeployedStackError
from emulator.runtime.deployed.stack import Clients, DeployedStack
from emulator.runtime.region.background import Background
from emulator.runtime.region.data_sources import DataSources
from emulator.runtime.region.observed import Observed
from emulator.runtime.region.trace import Trace
from emulator.runtime.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY

logger = logging.getLogger(__name__)

_WATCH_SECONDS = 2.0


@dataclass(frozen=True)
class RegionSettings:
    """What one region's process is told by the supervisor."""

    region: str
    port: int
    stack_name: str
    aws_endpoint_url: str
    data: Path
    temporary: Path
    sources: Path
    peers: Mapping[str, str]


@dataclass(frozen=True)
class Deployed:
    """What the region serves, and when CloudFormation says that it last changed."""

    version: str
    stack: DeployedStack
    api: Api
    buses: tuple[Bus, ...]
    functions: tuple[AsyncFunction, ...]
    foreign_rules: str


def read_deployed(settings: RegionSettings, clients: Clients) -> Deployed:
    """Reads the stack. Raises DeployedStackError if it cannot be served."""
    version = stack_version(settings, clients)
    stack = DeployedStack.read(clients, settings.stack_name)
    buses = read_buses(clients, stack)
    return Deployed(
        version,
        stack,
        read_api(clients, stack, settings.sources),
        buses,
        read_async_functions(clients, buses),
        foreign_rules(clients, stack, buses),
    )


def stack_version(settings: RegionSettings, clients: Clients) -> str:
    """Changes with every finished deploy; empty while one is under way."""
    found = clients("cloudformation").describe_stacks(StackName=settings.stack_name)["Stacks"][0]
    if not found["StackStatus"].endswith("_COMPLETE"):
        return ""
    return str(found.get("LastUpdatedTime", found["CreationTime"]))


def _credentials(account: str) -> dict[str, IamCredential]:
    """Who may sign: the operator's key, and the functions' (each function has the account id as
    its access key id, whatever its role; the local AWS does the same)."""
    return {
        ACCESS_KEY_ID: IamCredential(SECRET_ACCESS_KEY, account_id=account, user_name="operator"),
        account: IamCredential(
            SECRET_ACCESS_KEY,
            account_id=account,
            user_name="function",
            user_arn=f"arn:aws:sts::{account}:assumed-role/function/function",
        ),
    }


class RegionProcess:
    """One region: `application()` is what aiohttp runs."""

    def __init__(self, settings: RegionSettings) -> None:
        self._settings = settings
        self._clients = Clients(settings.region, settings.aws_endpoint_url)
        self._deployed = read_deployed(settings, self._clients)
        self._queues = Queues(settings.region, settings.aws_endpoint_url)
        credentials = Credentials.from_environment(os.environ)
        self._functions = Functions(
            settings.aws_endpoint_url,
            settings.region,
            credentials,
            Credentials(self._account(), SECRET_ACCESS_KEY),
            settings.temporary / "functions",
        )
        self._peers = HttpPeers(settings.peers)
        self.trace = Trace(settings.region)
        settings.data.mkdir(parents=True, exist_ok=True)
        self.bridge = EventBridge(
            Definition(
                settings.region,
                self._account(),
                self._deployed.buses,
                self._deployed.functions,
            ),
            Ports(self._peers, self._queues, self._functions),
            settings.data / "eventbridge.sqlite",
            taken=lambda event, forwarded: self.trace.taken(event, forwarded=forwarded),
        )
        self._dynamodb = dynamodb(settings.aws_endpoint_url, settings.region, credentials)
        self.engine: Engine = build_engine(
            self._deployed.api,
            DataSources(self.bridge, self._functions, self._dynamodb),
            credentials=_credentials(self._account()),
            delivered=self.trace.delivered,
            fails=self.bridge.faults.api_fails,
            start_delay=self.bridge.faults.start_delay,
        )
        self._observed = Observed(
            self._clients,
            self._deployed.api.api_id,
            self.engine.metrics,
            self.bridge.snapshot,
            self._functions.measured,
            self._stack,
        )
        self._watcher = Background("watch for deploys", self._watch)

    def _stack(self) -> DeployedStack:
        return self._deployed.stack

    def _account(self) -> str:
        return self._deployed.buses[0].arn.split(":")[4]

    def application(self) -> web.Application:
        """The routes of both data planes and of this process."""
        app = web.Application(client_max_size=MAXIMUM_BODY)
        app.router.add_get("/_local/health", guarded(self._health))
        app.router.add_post("/_local/reload", guarded(self._reload))
        app.router.add_get("/_local/appsync", guarded(self._metrics))
        app.router.add_get("/_local/trace/{id}", guarded(self._steps))
        add_eventbridge_routes(app, self.bridge)
        self._observed.add_routes(app)
        app.on_startup.append(self._start)
        appsync.add_routes(app, self.engine)
        app.on_startup.append(self._watcher.start)
        app.on_cleanup.append(self._watcher.close)
        app.on_cleanup.append(self._close)
        return app

    async def _start(self, _: web.Application) -> None:
        await self.bridge.start()
        set_loaded_aside()

    async def _close(self, _: web.Application) -> None:
        await self.bridge.close()
        await self._peers.close()
        self._dynamodb.close()
        self._queues.close()
        await self._functions.close()

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response(self._status())

    async def _metrics(self, _: web.Request) -> web.Response:
        counters = {_camel(name): value for name, value in vars(self.engine.metrics()).items()}
        return web.json_response({**counters, "replicationLagMs": self.trace.lag()})

    async def _steps(self, request: web.Request) -> web.Response:
        return web.json_response({"steps": self.trace.steps(request.match_info["id"])})

    async def _reload(self, _: web.Request) -> web.Response:
        await self.reload()
        return web.json_response(self._status())

    def _status(self) -> dict[str, Any]:
        return {
            "region": self._settings.region,
            "apiId": self._deployed.api.api_id,
            "deployed": self._deployed.version,
            "buses": [bus.name for bus in self._deployed.buses],
            "outputs": dict(self._deployed.stack.outputs),
        }

    async def reload(self) -> None:
        """Serves what is deployed now; connections and what is queued stay."""
        deployed = await asyncio.to_thread(read_deployed, self._settings, self._clients)
        self.engine.replace(deployed.api)
        self.bridge.replace(deployed.buses, deployed.functions)
        self._deployed = deployed
        set_loaded_aside()
        logger.info("%s: serving what was deployed at %s", self._settings.region, deployed.version)

    def _look(self) -> tuple[str, tuple[ApiKey, ...], str]:
        served = self._deployed
        return (
            stack_version(self._settings, self._clients),
            read_api_keys(self._clients, served.api.api_id),
            foreign_rules(self._clients, served.stack, served.buses),
        )

    async def _watch(self) -> None:
        """Notices by itself, as AWS does: a deploy, a renewed key, another stack's rule."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                found = await asyncio.to_thread(self._look)
                served = self._deployed
                if found[0] and found != (
                    served.version,
                    served.api.api_keys,
                    served.foreign_rules,
                ):
                    await self.reload()
            except (BotoCoreError, ClientError, DeployedStackError) as error:
                logger.warning("%s: cannot look for deploys: %s", self._settings.region, error)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
