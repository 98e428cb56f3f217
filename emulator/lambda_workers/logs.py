"""What functions write, on its way to CloudWatch Logs: many lines a call, as Lambda sends them."""

import asyncio
import logging
import time
from typing import Any

from emulator.aws_calls.json_service import AwsError, JsonService

logger = logging.getLogger(__name__)

_DELAY = 0.25
_MOST_EVENTS = 5_000  # a call; AWS takes 10,000
_MOST_BYTES = 500_000  # a call; AWS takes 1 MiB, with 26 bytes for each event
_MOST_KEPT = 50_000

Stream = tuple[str, str]
"""The names of a log group and of a stream in it."""


class FunctionLogs:
    """Sends lines a quarter of a second after the first one, and what is left when it closes."""

    def __init__(self, service: JsonService) -> None:
        self._service = service
        self._waiting: dict[Stream, list[dict[str, Any]]] = {}
        self._count = 0
        self._known: set[Stream] = set()
        self._sender: asyncio.Task[None] | None = None

    def add(self, stream: Stream, line: str) -> None:
        """Takes one line, of now. Above 50,000 lines that nobody takes, the line is dropped."""
        if self._count >= _MOST_KEPT:
            return
        self._count += 1
        event = {"timestamp": int(time.time() * 1000), "message": line}
        self._waiting.setdefault(stream, []).append(event)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_later(), name="send functions' logs")

    async def close(self) -> None:
        """Sends what waits; lines that cannot be sent now are lost."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
        try:
            await self._send_all()
        except AwsError as error:
            logger.warning("%d lines of functions' logs are lost: %s", self._count, error)
        self._service.close()

    async def _send_later(self) -> None:
        while self._waiting:
            await asyncio.sleep(_DELAY)
            try:
                await self._send_all()
            except AwsError as error:
                logger.warning("functions' logs wait: %s", error)

    async def _send_all(self) -> None:
        while self._waiting:
            stream, events = next(iter(self._waiting.items()))
            await self._make(stream)
            batch = _batch(events)
            await self._call("PutLogEvents", stream, logEvents=batch)
            self._count -= len(batch)
            del events[: len(batch)]
            if not events:
                del self._waiting[stream]

    async def _make(self, stream: Stream) -> None:
        if stream in self._known:
            return
        try:
            await self._call("CreateLogStream", stream)
        except AwsError as error:
            if error.name == "ResourceNotFoundException":
                await self._service.call("CreateLogGroup", {"logGroupName": stream[0]})
                await self._call("CreateLogStream", stream)
            elif error.name != "ResourceAlreadyExistsException":
                raise
        self._known.add(stream)

    async def _call(self, operation: str, stream: Stream, **more: Any) -> None:
        group, name = stream
        await self._service.call(operation, {"logGroupName": group, "logStreamName": name, **more})


def _batch(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first events that fit into one call; at least one."""
    size = 0
    for number, event in enumerate(events[:_MOST_EVENTS]):
        size += 4 * len(event["message"]) + 26
        if number and size > _MOST_BYTES:
            return events[:number]
    return events[:_MOST_EVENTS]
