"""A page with its server and the fakes behind it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port

from cli.stack_file import RunningRegion, RunningStack
from emulator.runtime.web.operator import Operator
from emulator.runtime.web.server import application
from tests.integration.web.page import REGIONS, FakeCommand, FakeRegions, FaultPlans, Page


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1a2b.js").write_text("0;")
    (tmp_path / "index.html").write_text("<!doctype html><title>GlobalWS</title>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / ".fingerprint").write_text("secret")
    return tmp_path


@pytest.fixture
def regions() -> FakeRegions:
    return FakeRegions()


@pytest.fixture
def command() -> FakeCommand:
    return FakeCommand()


@pytest.fixture
def faults() -> FaultPlans:
    return FaultPlans()


@pytest.fixture
async def page(
    files: Path, regions: FakeRegions, command: FakeCommand, faults: FaultPlans, tmp_path: Path
) -> AsyncIterator[Page]:
    async with TestServer(faults.application()) as buses:
        stack = RunningStack(
            regions=tuple(
                _running(region, str(buses.make_url(f"/{region}"))) for region in REGIONS
            ),
            awsEndpointUrl="http://127.0.0.1:1",
            accessKeyId="test",
            secretAccessKey="never shown",
            issuerUrl="http://127.0.0.1:3/issuer",
        )
        stack.write(tmp_path / "stack.json")
        port = unused_port()

        async def current() -> RunningStack:
            return replace(stack, regions=tuple(replace(r, apiKey="new") for r in stack.regions))

        operator = Operator(regions, tmp_path / "stack.json", command)
        server = TestServer(application(files, stack, current, operator, port), port=port)
        async with TestClient(server) as client:
            yield Page(client, port)


def _running(region: str, events_url: str) -> RunningRegion:
    return RunningRegion(
        region=region,
        graphqlUrl="http://127.0.0.1:2/graphql",
        realtimeUrl="ws://127.0.0.1:2/graphql/realtime",
        apiKey="key",
        stackName="globalws",
        eventBusName="globalws",
        eventsUrl=events_url,
        pid=1,
    )
