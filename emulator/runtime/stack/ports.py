"""Ports: free ones before the start, answering ones after it."""

import asyncio
import socket
from typing import Any

import aiohttp

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack.processes import Child, ProcessFailedError

_VARIABLES = {
    "local AWS": "GLOBALWS_AWS_PORT",
    "web client": "GLOBALWS_CLIENT_PORT",
    "token issuer": "GLOBALWS_ISSUER_PORT",
}
_POLL_SECONDS = 0.05


class PortBusyError(Exception):
    """Something else listens on a port of ours; the message says how to choose another."""


def require_free(settings: LocalSettings) -> None:
    """Raises PortBusyError for the first port of ours that is taken."""
    for purpose, port in settings.ports().items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                variable = _VARIABLES.get(purpose, "GLOBALWS_REGION_PORT")
                raise PortBusyError(
                    f"port {port} ({purpose}) is busy. Is the stack running already (`make down` "
                    f"ends it)? Else choose another: {variable}={port + 1000} make run"
                ) from error


async def get_json(url: str) -> Any:
    """The JSON document at a URL. Raises aiohttp.ClientError."""
    async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url) as answer:
        return await answer.json()


async def until_answering(url: str, child: Child, seconds: float) -> None:
    """Waits until a GET of `url` is answered with 200.

    Raises:
        ProcessFailedError: the child ended, or did not answer in time.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    async with aiohttp.ClientSession() as session:
        while child.running:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise ProcessFailedError(
                    f"{child.name} does not answer at {url} after {seconds:.0f} s:\n{child.tail()}"
                )
            await asyncio.sleep(_POLL_SECONDS)
    raise ProcessFailedError(f"{child.name} ended while starting:\n{child.tail()}")
