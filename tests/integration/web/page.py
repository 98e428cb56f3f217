"""The web client's server with fakes behind it, and a page of the client that calls it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from emulator.runtime.web.globalws import CommandError

REGIONS = ("us-west-2", "ap-southeast-2")


class FakeRegions:
    """Regions that record their calls."""

    def __init__(self) -> None:
        self.down: set[str] = set()

    def is_running(self, region: str) -> bool:
        return region not in self.down

    async def stop_region(self, region: str) -> None:
        self.down.add(region)

    async def start_region(self, region: str) -> None:
        self.down.discard(region)


class FakeCommand:
    """A `globalws` that records its arguments."""

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
    """A page of the client, which calls its server."""

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
