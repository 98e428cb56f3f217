"""The web client's server: the built files, /config.json, and the operator's API, on loopback."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from cli.stack_file import RunningStack
from emulator.issuer.issuer import USERS
from emulator.runtime.web.guard import content_security_policy, guard
from emulator.runtime.web.operator import Operator

_MAX_BODY = 65_536
_FOREVER = "public, max-age=31536000, immutable"


def client_config(stack: RunningStack) -> dict[str, Any]:
    """/config.json: what the page needs to know, of which nothing is in the build."""
    keys = ("region", "graphqlUrl", "realtimeUrl", "apiKey")
    issuer = {"url": stack.issuerUrl, "users": [_user(name) for name in USERS]}
    return {
        "regions": [{key: getattr(each, key) or None for key in keys} for each in stack.regions],
        "operator": True,
        "issuer": issuer if stack.issuerUrl else None,
    }


def _user(name: str) -> dict[str, Any]:
    return {"name": name, "groups": USERS[name].get("cognito:groups", [])}


def application(
    files: Path,
    stack: RunningStack,
    current: Callable[[], Awaitable[RunningStack]],
    operator: Operator,
    port: int,
) -> web.Application:
    """The server of the client in `files` for that stack; `current` tells its API keys of now."""
    urls = [url for each in stack.regions for url in (each.graphqlUrl, each.realtimeUrl)]
    policy = content_security_policy([*urls, *filter(None, [stack.issuerUrl])])
    app = web.Application(client_max_size=_MAX_BODY, middlewares=[guard(port, policy)])

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(files / "index.html", headers={"Cache-Control": "no-cache"})

    async def config(_: web.Request) -> web.Response:
        return web.json_response(
            client_config(await current()), headers={"Cache-Control": "no-store"}
        )

    async def keep(request: web.Request, response: web.StreamResponse) -> None:
        # Vite puts a hash of the content into the names of what lies there.
        if request.path.startswith("/assets/") and response.status == 200:
            response.headers["Cache-Control"] = _FOREVER

    app.on_response_prepare.append(keep)
    app.add_routes([web.get("/", index), web.get("/config.json", config), *operator.routes()])
    app.add_routes([web.static("/assets", files / "assets")])
    app.router.add_get("/icon.svg", _file(files / "icon.svg"))
    return app


def _file(path: Path) -> Any:
    async def serve(_: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return serve


@asynccontextmanager
async def serving(app: web.Application, port: int) -> AsyncIterator[str]:
    """Serves on the loopback for the duration of the block; yields the URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield f"http://127.0.0.1:{port}"
    finally:
        await runner.cleanup()
