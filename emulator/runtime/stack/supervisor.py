"""Brings the stack up, keeps its regions running, and takes all of it down again."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from cli.stack_file import RunningRegion, RunningStack
from emulator.issuer.issuer import Issuer
from emulator.issuer.server import application as issuer_application
from emulator.runtime.deployed.stack import Clients, read_outputs
from emulator.runtime.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalSettings
from emulator.runtime.stack import sam
from emulator.runtime.stack.deployment import Deployment, versions
from emulator.runtime.stack.kept import Generation, KeptState
from emulator.runtime.stack.ports import get_json, require_free
from emulator.runtime.stack.processes import Child, ProcessFailedError
from emulator.runtime.stack.region_keeper import RegionKeeper
from emulator.runtime.stack.services import fresh_log, start_aws, start_region
from emulator.runtime.web import build as web_client
from emulator.runtime.web.operator import Operator
from emulator.runtime.web.server import application, serving

Report = Callable[[str], None]
# The local AWS saves its state when it ends.
_SAVE_SECONDS = 30.0


class Supervisor:
    """The running stack and its children."""

    def __init__(self, settings: LocalSettings, report: Report) -> None:
        self.settings = settings
        self._report = report
        self._regions = {region: self._keeper(region) for region in settings.regions}
        self._outputs: dict[str, dict[str, str]] = {}
        self._aws: Child | None = None
        self._generation: Generation
        self._client_url: str | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[RunningStack]:
        """Brings everything up; takes everything down when the block ends, however it ends.

        Raises:
            KeptStateError, PortBusyError, ProcessFailedError: with what to do about it.
        """
        settings = self.settings
        async with AsyncExitStack() as exits:
            exits.callback(self._forget)
            self._forget()  # a run that was killed has left something
            generation = await self._open_generation()
            exits.callback(generation.close)
            if settings.issuer_url:
                await exits.enter_async_context(self._serving_issuer(settings.issuer_url))
            exits.push_async_callback(self._stop_aws)
            exits.push_async_callback(self._stop_regions)
            has_client = await self._start_all(Deployment(settings, generation), generation)
            if has_client:
                await exits.enter_async_context(self._serving_client())
            stack = self._write_stack_file()
            async with asyncio.TaskGroup() as group:
                keepers = [
                    group.create_task(keeper.keep(self._write_stack_file), name=f"keep {region}")
                    for region, keeper in self._regions.items()
                ]
                try:
                    yield stack
                finally:
                    for keeper in keepers:
                        keeper.cancel()

    async def until_aws_ends(self) -> None:
        """Returns when the emulated AWS has ended, without which nothing works."""
        if self._aws is not None:
            await self._aws.wait()

    def is_running(self, region: str) -> bool:
        """Whether the region's process runs."""
        return self._regions[region].running

    async def stop_region(self, region: str) -> None:
        """Ends the region's process and keeps it down, like a region's outage."""
        await self._regions[region].stop()

    async def start_region(self, region: str) -> None:
        """Starts the region's process, unless it runs. Raises ProcessFailedError."""
        await self._regions[region].start()
        self._write_stack_file()

    async def _build_client(self) -> bool:
        """Whether there is a client to serve; the regions are of use without one, too."""
        try:
            with self._step("web client") as done:
                done("built" if await web_client.build(self.settings) else "nothing has changed")
        except ProcessFailedError as error:
            self._report(f"going on without the web client: {error}")
            return False
        return True

    @asynccontextmanager
    async def _serving_issuer(self, url: str) -> AsyncIterator[None]:
        port, client = self.settings.issuer_port, self.settings.client_port
        pages = frozenset(f"http://{host}:{client}" for host in ("127.0.0.1", "localhost"))
        async with serving(issuer_application(Issuer(url), port, pages), port):
            yield

    @asynccontextmanager
    async def _serving_client(self) -> AsyncIterator[None]:
        settings = self.settings
        operator = Operator(self, settings.stack_file)
        app = application(
            web_client.built_client(settings.root),
            self._stack(),
            self._current_stack,
            operator,
            settings.client_port,
        )
        async with serving(app, settings.client_port) as url:
            self._client_url = url
            yield

    def _keeper(self, region: str) -> RegionKeeper:
        return RegionKeeper(
            region,
            lambda: start_region(self.settings, self._generation, region),
            self._report,
        )

    async def _open_generation(self) -> Generation:
        settings = self.settings
        kept = KeptState(settings.kept, versions(settings.root), self._report)
        await kept.until_free()
        require_free(settings)
        if settings.fresh:
            kept.forget()
        self._generation = await asyncio.to_thread(kept.open)
        return self._generation

    async def _start_all(self, deployment: Deployment, generation: Generation) -> bool:
        """Builds and starts side by side what can be. Returns whether there is a web client."""
        changed = deployment.changed
        async with asyncio.TaskGroup() as group:
            client = group.create_task(self._build_client(), name="web client")
            group.create_task(self._start_aws(generation), name="local AWS")
            group.create_task(self._build() if changed else self._start_regions(), name="first")
        if changed:
            with self._step(f"sam deploy to {', '.join(changed)}"):
                await deployment.deploy()
            await self._start_regions()
        return client.result()

    async def _start_aws(self, generation: Generation) -> None:
        kept = bool(generation.deployed())
        with self._step("local AWS") as done:
            self._aws = await start_aws(self.settings, generation)
            done("as the last run left it" if kept else "empty")

    async def _stop_aws(self) -> None:
        if self._aws is not None:
            await self._aws.stop(_SAVE_SECONDS)

    async def _build(self) -> None:
        with self._step("sam build") as done:
            done("built" if await sam.build(self.settings) else "nothing has changed")

    async def _start_regions(self) -> None:
        with self._step("one process per region"):
            async with asyncio.TaskGroup() as group:
                for region in self.settings.regions:
                    group.create_task(self._start_first(region), name=f"start {region}")

    async def _start_first(self, region: str) -> None:
        fresh_log(self.settings, region)
        await self._regions[region].start()
        status = await get_json(f"{self.settings.region_url(region)}/_local/health")
        self._outputs[region] = status["outputs"]

    async def _read_outputs(self, region: str) -> None:
        clients = Clients(region, self.settings.aws_endpoint_url)
        name = self.settings.stack_name(region)
        self._outputs[region] = await asyncio.to_thread(read_outputs, clients, name)

    async def _current_stack(self) -> RunningStack:
        """The stack with the API keys of now: `globalws keys rotate` changes them."""
        await asyncio.gather(*map(self._read_outputs, self.settings.regions))
        return self._write_stack_file()

    def _write_stack_file(self) -> RunningStack:
        stack = self._stack()
        stack.write(self.settings.stack_file)
        return stack

    def _stack(self) -> RunningStack:
        settings = self.settings
        return RunningStack(
            regions=tuple(
                RunningRegion(
                    region=region,
                    graphqlUrl=self._outputs[region]["GraphQLUrl"],
                    realtimeUrl=self._outputs[region]["RealtimeUrl"],
                    apiKey=self._outputs[region].get("ApiKey", ""),
                    stackName=settings.stack_name(region),
                    eventBusName=self._outputs[region]["EventBusName"],
                    eventsUrl=settings.region_url(region),
                    pid=self._regions[region].pid,
                )
                for region in settings.regions
            ),
            awsEndpointUrl=settings.aws_endpoint_url,
            accessKeyId=ACCESS_KEY_ID,
            secretAccessKey=SECRET_ACCESS_KEY,
            clientUrl=self._client_url,
            issuerUrl=settings.issuer_url,
        )

    async def _stop_regions(self) -> None:
        await asyncio.gather(*(keeper.close() for keeper in self._regions.values()))

    def _forget(self) -> None:
        self.settings.stack_file.unlink(missing_ok=True)
        shutil.rmtree(self.settings.state / "tmp", ignore_errors=True)

    def _step(self, name: str) -> "_Step":
        return _Step(name, self._report)


class _Step:
    """Reports a step's name at its start and how long it took at its end."""

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._report = report
        self._note = ""
        self._started = 0.0

    def __enter__(self) -> Callable[[str], None]:
        self._started = time.monotonic()
        self._report(f"{self._name} …")
        return self._set_note

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            note = f": {self._note}" if self._note else ""
            self._report(f"{self._name}{note} ({time.monotonic() - self._started:.1f} s)")

    def _set_note(self, note: str) -> None:
        self._note = note
