"""Our data plane in a process of its own.

Usage: python -m bench.servers.appsync baseline|project     (ends on SIGTERM)

`baseline` is the API that the Amplify simulator serves too; `project` is the project's own, with
its pipeline of functions and with services in memory.
"""

import asyncio
import json
import os
import signal
import sys

import uvloop
from aiohttp import web

from bench.processes import raise_file_limit
from bench.servers.baseline_api import KEY, baseline_api
from emulator.appsync.engine import Engine, build_engine
from emulator.appsync.memory import set_loaded_aside
from emulator.appsync.options import Options
from emulator.appsync.server import add_routes
from tests.support.services import NoServices


def engine_of(api: str) -> tuple[Engine, str]:
    """The engine of `baseline` or `project`, and its API key."""
    options = Options(max_connections=100_000, ping_interval=600.0)
    if api == "baseline":
        return build_engine(baseline_api(), NoServices(), options=options), KEY
    # Here, because what reads the template takes memory that would count against us above.
    from bench.servers.project_api import PROJECT_KEY, engine

    return engine(options), PROJECT_KEY


async def serve(api: str) -> None:
    """Serves until SIGTERM."""
    engine, key = engine_of(api)
    app = web.Application(client_max_size=engine.options.max_body)
    add_routes(app, engine)
    set_loaded_aside()  # as a region's process does
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=2048).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    [address] = runner.addresses
    print(json.dumps({"port": address[1], "pid": os.getpid(), "key": key}), flush=True)
    await stop.wait()
    # A thousand clients would take their time to close; nothing here is worth waiting for.
    os._exit(0)


if __name__ == "__main__":
    raise_file_limit()
    uvloop.run(serve(sys.argv[1]))
