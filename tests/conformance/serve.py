"""Serves the conformance API in a process of its own: prints one JSON line when it is ready.

Usage: python -m tests.conformance.serve [PORT]     (ends on SIGTERM)
"""

import asyncio
import json
import os
import signal
import sys
from typing import Any

import uvloop
from aiohttp import web

from emulator.appsync.engine import build_engine
from emulator.appsync.options import Options
from emulator.appsync.server import add_routes
from emulator.appsync.sigv4 import IamCredential
from tests.conformance.api_definition import ACCESS_KEY, SECRET_KEY, conformance_api
from tests.support.services import NoServices


class TakingBus(NoServices):
    """A bus that takes everything; no other service."""

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        return {"Entries": [{"EventId": "1"} for _ in entries], "FailedEntryCount": 0}


async def serve(port: int) -> None:
    engine = build_engine(
        conformance_api(),
        TakingBus(),
        credentials={ACCESS_KEY: IamCredential(SECRET_KEY, user_name="conformance")},
        options=Options(
            init_timeout=2.0,
            ping_interval=4.0,
            close_timeout=0.5,
            keep_alive_interval=5.0,
            first_keep_alive=0.1,
            max_write_buffer=1_000_000,
        ),
    )
    app = web.Application(client_max_size=engine.options.max_body)
    add_routes(app, engine)

    async def metrics(_request: web.Request) -> web.Response:
        return web.json_response(vars(engine.metrics()))

    app.router.add_get("/metrics", metrics)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=2048)
    await site.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    [address] = runner.addresses
    print(json.dumps({"port": address[1], "pid": os.getpid()}), flush=True)
    await stop.wait()
    await runner.cleanup()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
