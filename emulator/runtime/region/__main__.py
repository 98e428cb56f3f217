"""`python -m emulator.runtime.region`: serves one deployed region on a port of the loopback."""

import argparse
import logging
import socket
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from aiohttp import web

from emulator.appsync.errors import DefinitionError
from emulator.appsync.javascript import ResolverCodeError
from emulator.eventbridge.patterns import PatternError
from emulator.eventbridge.routes import DefinitionError as BusDefinitionError
from emulator.runtime.deployed.errors import DeployedStackError
from emulator.runtime.region.process import RegionProcess, RegionSettings

_AWS_SECONDS = 20.0
_POLL_SECONDS = 0.02


def _arguments() -> RegionSettings:
    parser = argparse.ArgumentParser(prog="python -m emulator.runtime.region", description=__doc__)
    parser.add_argument("--region", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stack-name", required=True)
    parser.add_argument("--aws-endpoint-url", required=True)
    parser.add_argument("--data", type=Path, required=True, help="where accepted events are kept")
    parser.add_argument("--temporary", type=Path, required=True, help="may be deleted at any end")
    parser.add_argument("--sources", type=Path, required=True, help="to name files in errors")
    parser.add_argument("--peer", action="append", default=[], help="REGION=URL of its process")
    given = parser.parse_args()
    peers = dict(each.split("=", 1) for each in given.peer)
    return RegionSettings(
        given.region,
        given.port,
        given.stack_name,
        given.aws_endpoint_url,
        given.data,
        given.temporary,
        given.sources,
        peers,
    )


def _until_reachable(url: str) -> None:
    """Waits for the local AWS, which may be starting beside us; not longer than a start takes."""
    address = urlsplit(url)
    deadline = time.monotonic() + _AWS_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((address.hostname or "", address.port or 80)) == 0:
                return
        time.sleep(_POLL_SECONDS)


def main() -> int:
    """Serves until SIGTERM or SIGINT; returns the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)
    settings = _arguments()
    uvloop.install()
    _until_reachable(settings.aws_endpoint_url)
    try:
        process = RegionProcess(settings)
    except (
        BusDefinitionError,
        DefinitionError,
        DeployedStackError,
        PatternError,
        ResolverCodeError,
    ) as error:
        print(f"{settings.region} cannot be served: {error}", file=sys.stderr)
        return 1
    web.run_app(
        process.application(),
        host="127.0.0.1",
        port=settings.port,
        print=None,
        access_log=None,
        shutdown_timeout=2.0,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
