"""The operator's API of the local stack, for the page that this process serves.

| route | does |
|---|---|
| `GET /_local/operator/regions` | each region: `running`, `cutOff` |
| `PUT /_local/operator/regions/{region}` | `{"running"?, "cutOff"?}`: an outage, or its end |
| `PUT /_local/operator/channels/{name}/policy` | `{"allowed", "reason"}`: allow, block or reset |
| `POST /_local/operator/channels/{name}/purge` | `{"reason", "block"?, "deleteHistory"?}` |
| `GET /_local/operator/users` | `globalws users list` |
| `GET /_local/operator/audit` | `globalws audit` |
| `GET /_local/operator/dead-letters` | `globalws dlq list` |
| `POST /_local/operator/dead-letters/redrive` | `{}`: `globalws dlq redrive` |

Errors are `{"error": {"type", "message"}}`. `guard.py` keeps other pages out.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Protocol

import aiohttp
from aiohttp import web
from globalws_functions.domain.channel_patterns import (
    RULE_PATTERN_FORM,
    is_old_name,
    is_rule_pattern,
)
from globalws_functions.domain.json_text import read_json

from cli.stack_file import RunningStack
from emulator.runtime.stack.processes import ProcessFailedError
from emulator.runtime.web.globalws import CommandError, globalws
from emulator.runtime.web.guard import error_response
from emulator.runtime.web.links import CutOffs, LinkError

ROOT = "/_local/operator"
_LIMIT = 100

Command = Callable[[Path, list[str]], Awaitable[dict[str, Any]]]
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Regions(Protocol):
    """What runs the regions' processes."""

    def is_running(self, region: str) -> bool:
        """Whether the region's process runs."""

    async def stop_region(self, region: str) -> None:
        """Takes the region down until `start_region`."""

    async def start_region(self, region: str) -> None:
        """Brings the region back."""


class _InvalidRequestError(Exception):
    pass


class Operator:
    """The handlers; each operation is one that an operator has in a terminal, too."""

    def __init__(self, regions: Regions, stack_file: Path, command: Command = globalws) -> None:
        self._regions = regions
        self._stack_file = stack_file
        self._command = command
        self._cut_offs = CutOffs(regions.is_running)

    def routes(self) -> list[web.RouteDef]:
        """The table above."""
        return [
            web.get(f"{ROOT}/regions", _typed(self.show_regions)),
            web.put(f"{ROOT}/regions/{{region}}", _typed(self.change_region)),
            web.put(f"{ROOT}/channels/{{name}}/policy", _typed(self.set_policy)),
            web.post(f"{ROOT}/channels/{{name}}/purge", _typed(self.purge)),
            web.get(f"{ROOT}/users", _typed(self.users)),
            web.get(f"{ROOT}/audit", _typed(self.audit)),
            web.get(f"{ROOT}/dead-letters", _typed(self.dead_letters)),
            web.post(f"{ROOT}/dead-letters/redrive", _typed(self.redrive)),
        ]

    async def show_regions(self, _: web.Request) -> web.Response:
        regions = RunningStack.read(self._stack_file).regions
        async with aiohttp.ClientSession() as session:
            cut_off = await self._cut_offs.among(session, regions)
        found = [
            {
                "region": each.region,
                "running": self._regions.is_running(each.region),
                "cutOff": each.region in cut_off,
            }
            for each in regions
        ]
        return web.json_response({"regions": found})

    async def change_region(self, request: web.Request) -> web.Response:
        name = request.match_info["region"]
        regions = RunningStack.read(self._stack_file).regions
        if name not in {each.region for each in regions}:
            raise _InvalidRequestError(f"no region {name} runs here")
        body = await _body(request, {"running": bool, "cutOff": bool}, required=())
        async with aiohttp.ClientSession() as session:
            if "cutOff" in body:
                await self._cut_offs.set(session, name, regions, body["cutOff"])
            if body.get("running") is True:
                await self._regions.start_region(name)
                await self._cut_offs.apply(session, name, regions)
            elif body.get("running") is False:
                await self._regions.stop_region(name)
        return await self.show_regions(request)

    async def set_policy(self, request: web.Request) -> web.Response:
        name = _channel(request)
        members = {"allowed": bool | None, "reason": str}
        body = await _body(request, members, ("allowed", "reason"))
        verb = {True: "allow", False: "block", None: "reset"}[body["allowed"]]
        return await self._put_on_bus(
            ["channels", verb, "--yes", f"--reason={body['reason']}", name]
        )

    async def purge(self, request: web.Request) -> web.Response:
        name = _channel(request)
        members = {"reason": str, "block": bool, "deleteHistory": bool}
        body = await _body(request, members, ("reason",))
        flags = [f"--reason={body['reason']}", "--yes"]
        flags += ["--block"] if body.get("block") else []
        flags += ["--delete-history"] if body.get("deleteHistory") else []
        return await self._put_on_bus(["purge", *flags, name])

    async def _put_on_bus(self, arguments: list[str]) -> web.Response:
        document = await self._command(self._stack_file, [*arguments, "--no-wait"])
        return web.json_response({"id": document["id"], "region": document["putIn"]})

    async def users(self, _: web.Request) -> web.Response:
        document = await self._command(self._stack_file, ["users", "list"])
        return web.json_response({"users": document["users"], "errors": document["unreachable"]})

    async def audit(self, _: web.Request) -> web.Response:
        document = await self._command(self._stack_file, ["audit", f"--limit={_LIMIT}"])
        return web.json_response(
            {"records": document["records"], "errors": document["unreachable"]}
        )

    async def dead_letters(self, _: web.Request) -> web.Response:
        document = await self._command(self._stack_file, ["dlq", "list", f"--limit={_LIMIT}"])
        errors = [
            {"region": queue["region"], "error": queue["error"]}
            for queue in document["queues"]
            if queue.get("error")
        ]
        return web.json_response({"deadLetters": document["messages"], "errors": errors})

    async def redrive(self, request: web.Request) -> web.Response:
        await _body(request, {}, ())
        document = await self._command(self._stack_file, ["dlq", "redrive", "--yes"])
        return web.json_response({"queues": document["queues"]})


def _typed(handler: _Handler) -> _Handler:
    """Every refusal as typed JSON, and nothing of it kept by the browser."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            response = await handler(request)
        except _InvalidRequestError as error:
            return error_response(400, "InvalidRequest", str(error))
        except (CommandError, LinkError, ProcessFailedError) as error:
            return error_response(502, type(error).__name__.removesuffix("Error"), str(error))
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


def _channel(request: web.Request) -> str:
    name = request.match_info["name"]
    if not (is_rule_pattern(name) or is_old_name(name)):
        raise _InvalidRequestError(
            f"{name!r} is neither a channel nor a pattern: {RULE_PATTERN_FORM}"
        )
    return name


async def _body(
    request: web.Request, members: Mapping[str, type | UnionType], required: tuple[str, ...]
) -> dict[str, Any]:
    try:
        body = read_json(await request.read())
    except ValueError:
        raise _InvalidRequestError("the body is not JSON") from None
    if not isinstance(body, dict) or not set(required) <= set(body) <= set(members):
        known = ", ".join(members) or "nothing"
        raise _InvalidRequestError(f"expected a JSON object with {known}")
    for name, value in body.items():
        if not isinstance(value, members[name]):
            raise _InvalidRequestError(f"{name} must be {_name_of(members[name])}")
    return body


def _name_of(kind: type | UnionType) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind)
