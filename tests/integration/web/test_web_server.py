"""The web client's server over HTTP: what it serves, whom it refuses, what it orders."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from local.stack.stack_file import RunningRegion, RunningStack
from local.web.globalws import CommandError
from local.web.operator import ROOT, Operator
from local.web.server import application

REGIONS = ("us-west-2", "ap-southeast-2")


class FakeRegions:
    """Regions that only remember what they were told."""

    def __init__(self) -> None:
        self.down: set[str] = set()

    def is_running(self, region: str) -> bool:
        return region not in self.down

    async def stop_region(self, region: str) -> None:
        self.down.add(region)

    async def start_region(self, region: str) -> None:
        self.down.discard(region)


class FakeCommand:
    """A `globalws` that remembers its arguments."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.answer: dict[str, Any] = {"id": "1", "putIn": "us-west-2"}
        self.error: CommandError | None = None

    async def __call__(self, _: Path, arguments: list[str]) -> dict[str, Any]:
        self.calls.append(arguments)
        if self.error is not None:
            raise self.error
        return self.answer


class FaultPlans:
    """The fault plans of all regions' processes, on one server with a path for each."""

    def __init__(self) -> None:
        self.plans: dict[str, dict[str, Any]] = {region: {} for region in REGIONS}

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{region}/_local/faults", self._show)
        app.router.add_put("/{region}/_local/faults", self._put)
        return app

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self.plans[request.match_info["region"]])

    async def _put(self, request: web.Request) -> web.Response:
        self.plans[request.match_info["region"]] = await request.json()
        return await self._show(request)


class Page:
    """A page of the client: calls its own server, and other things if told to."""

    def __init__(self, client: TestClient[Any, Any], port: int) -> None:
        self._client = client
        self._host = f"127.0.0.1:{port}"

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> ClientResponse:
        own = {"Host": self._host, "Origin": f"http://{self._host}"}
        return await self._client.request(
            method, path, json=body, headers=own | dict(headers or {})
        )


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
        )
        stack.write(tmp_path / "stack.json")
        port = unused_port()
        operator = Operator(regions, tmp_path / "stack.json", command)
        server = TestServer(application(files, stack, operator, port), port=port)
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


async def test_config_holds_what_the_page_needs_and_no_more(page: Page) -> None:
    response = await page.call("GET", "/config.json")
    config = await response.json()
    assert config["operator"] is True
    assert [set(region) for region in config["regions"]] == [
        {"region", "graphqlUrl", "realtimeUrl", "apiKey"}
    ] * 2
    assert "never shown" not in await response.text()
    assert response.headers["Cache-Control"] == "no-store"


async def test_files_are_served_with_a_strict_policy(page: Page) -> None:
    index = await page.call("GET", "/?channel=tech")
    assert index.headers["Cache-Control"] == "no-cache"
    policy = index.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self' http://127.0.0.1:2 ws://127.0.0.1:2;" in policy
    assert "unsafe" not in policy
    assert index.headers["X-Content-Type-Options"] == "nosniff"
    script = await page.call("GET", "/assets/index-1a2b.js")
    assert "immutable" in script.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/.fingerprint", "/assets/../.fingerprint", "/assets/%2e%2e/.fingerprint", "/nothing"]
)
async def test_nothing_else_is_served(page: Page, path: str) -> None:
    response = await page.call("GET", path)
    assert response.status == 404
    assert "Content-Security-Policy" in response.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:80"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:5999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
async def test_other_pages_are_kept_out(
    page: Page, command: FakeCommand, headers: dict[str, str], status: int
) -> None:
    order = {"reason": "x"}
    response = await page.call("POST", f"{ROOT}/channels/tech/purge", order, headers)
    assert response.status == status
    assert "Access-Control-Allow-Origin" not in response.headers
    assert command.calls == []


async def test_foreign_hosts_get_no_configuration(page: Page) -> None:
    response = await page.call("GET", "/config.json", headers={"Host": "evil.example"})
    assert response.status == 403
    assert "key" not in await response.text()


async def test_preflight_is_not_answered(page: Page) -> None:
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT"}
    response = await page.call("OPTIONS", f"{ROOT}/regions/us-west-2", headers=headers)
    assert response.status == 403


async def test_orders_are_the_commands_of_globalws(page: Page, command: FakeCommand) -> None:
    path = f"{ROOT}/channels/tech"
    await page.call("PUT", f"{path}/policy", {"allowed": False, "reason": "--yes spam"})
    await page.call("PUT", f"{path}/policy", {"allowed": True, "reason": "settled"})
    order = {"reason": "r", "block": True, "deleteHistory": True}
    answer = await page.call("POST", f"{path}/purge", order)
    assert await answer.json() == {"id": "1", "region": "us-west-2"}
    assert command.calls == [
        ["channels", "block", "--yes", "--reason=--yes spam", "tech", "--no-wait"],
        ["channels", "allow", "--reason=settled", "tech", "--no-wait"],
        ["purge", "--reason=r", "--yes", "--block", "--delete-history", "tech", "--no-wait"],
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("channels/--help/policy", {"allowed": True, "reason": "x"}),
        ("channels/a%20b/policy", {"allowed": True, "reason": "x"}),
        ("channels/tech/policy", {"allowed": "yes", "reason": "x"}),
        ("channels/tech/policy", {"allowed": True}),
        ("channels/tech/policy", {"allowed": True, "reason": "x", "extra": 1}),
        ("channels/tech/policy", ["allowed"]),
        ("regions/eu-west-1", {"running": False}),
        ("regions/us-west-2", {"running": 0}),
    ],
)
async def test_malformed_orders_are_refused(
    page: Page, command: FakeCommand, path: str, body: Any
) -> None:
    response = await page.call("PUT", f"{ROOT}/{path}", body)
    assert response.status == 400
    assert (await response.json())["error"]["type"] == "InvalidRequest"
    assert command.calls == []


async def test_what_the_command_says_reaches_the_page(page: Page, command: FakeCommand) -> None:
    command.error = CommandError("no region's bus took it, try again")
    response = await page.call("POST", f"{ROOT}/dead-letters/redrive", {})
    assert response.status == 502
    message = (await response.json())["error"]["message"]
    assert message == "no region's bus took it, try again"


async def test_dead_letters(page: Page, command: FakeCommand) -> None:
    command.answer = {
        "queues": [
            {"region": "us-west-2", "queue": "bus", "error": "no answer"},
            {"region": "ap-southeast-2", "queue": "bus", "error": None},
        ],
        "messages": [{"messageId": "m"}],
    }
    response = await page.call("GET", f"{ROOT}/dead-letters")
    assert await response.json() == {
        "letters": [{"messageId": "m"}],
        "errors": [{"region": "us-west-2", "error": "no answer"}],
    }


async def test_a_region_is_taken_down_and_brought_back(page: Page) -> None:
    async def told(body: dict[str, bool]) -> list[bool]:
        response = await page.call("PUT", f"{ROOT}/regions/us-west-2", body)
        return [region["running"] for region in (await response.json())["regions"]]

    assert await told({"running": False}) == [False, True]
    assert await told({"running": True}) == [True, True]


async def test_cutting_off_leaves_other_faults_alone(page: Page, faults: FaultPlans) -> None:
    faults.plans["us-west-2"] = {
        "seed": 7,
        "links": {"ap-southeast-2": {"latencyMs": 80}, "*": {"jitterMs": 5}},
    }
    before = dict(faults.plans)
    url = f"{ROOT}/regions/us-west-2"
    cut = await (await page.call("PUT", url, {"cutOff": True})).json()
    assert [region["cutOff"] for region in cut["regions"]] == [True, True]
    assert faults.plans == {
        "us-west-2": {
            "seed": 7,
            "links": {
                "ap-southeast-2": {"latencyMs": 80, "partition": True},
                "*": {"jitterMs": 5},
            },
        },
        "ap-southeast-2": {"links": {"us-west-2": {"partition": True}}},
    }
    joined = await (await page.call("PUT", url, {"cutOff": False})).json()
    assert [region["cutOff"] for region in joined["regions"]] == [False, False]
    assert faults.plans == before | {"ap-southeast-2": {"links": {}}}
