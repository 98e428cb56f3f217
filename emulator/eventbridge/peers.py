"""Event buses of other regions, reached over HTTP on loopback: one process per region.

Events for the same bus that come while a request is under way go together in the next one, so that
a burst costs few requests; each caller still waits until its event is durable at the peer.
"""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.aws_calls.http import HttpClient, HttpError
from emulator.eventbridge.http_local import DELIVER_PATH
from emulator.eventbridge.ports import DeliveryError

MAXIMUM_EVENTS = 100
MAXIMUM_BYTES = 512 * 1024


@dataclass
class _Line:
    """What waits for one bus, and the tasks that send it."""

    waiting: deque[tuple[bytes, asyncio.Future[None]]] = field(default_factory=deque)
    senders: set[asyncio.Task[None]] = field(default_factory=set)


class HttpPeers:
    """A BusPort over HTTP.

    Args:
        urls: base URL of each region's process (`http://127.0.0.1:4611`); read again for each
            request, so it may change at any time.
        timeout: seconds until a peer that does not answer counts as unreachable.
        senders: requests under way to one bus at once.
    """

    def __init__(self, urls: Mapping[str, str], *, timeout: float = 5.0, senders: int = 4) -> None:
        self._urls = urls
        self._timeout = timeout
        self._senders = senders
        self._lines: dict[str, _Line] = {}
        self._clients: dict[str, HttpClient] = {}
        self._number = 0

    async def deliver_to_bus(self, bus_arn: str, event: str) -> None:
        """Hand one event to the region of the bus; see BusPort."""
        line = self._lines.setdefault(bus_arn, _Line())
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.waiting.append((event.encode(), done))
        if len(line.senders) < self._senders:
            self._number += 1
            task = asyncio.create_task(
                self._send_all(bus_arn, line), name=f"eventbridge-peer:{bus_arn}:{self._number}"
            )
            line.senders.add(task)
            task.add_done_callback(line.senders.discard)
        await done

    async def close(self) -> None:
        """Stop sending; callers that still wait are cancelled."""
        tasks = [task for line in self._lines.values() for task in line.senders]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for line in self._lines.values():
            for _, done in line.waiting:
                done.cancel()
        for client in self._clients.values():
            client.close()

    async def _send_all(self, bus_arn: str, line: _Line) -> None:
        while line.waiting:
            batch = _batch(line)
            error: DeliveryError | None = None
            try:
                await self._post(bus_arn, [event for event, _ in batch])
            except DeliveryError as failure:
                error = failure
            except asyncio.CancelledError:
                for _, done in batch:
                    done.cancel()
                raise
            for _, done in batch:
                if done.done():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(
                        DeliveryError(error.code, error.message, retryable=error.retryable)
                    )

    async def _post(self, bus_arn: str, events: list[bytes]) -> None:
        region = bus_arn.split(":")[3]
        url = self._urls.get(region)
        if url is None:
            raise DeliveryError(
                "CONNECTION_FAILURE", f"no endpoint is known for {region}", retryable=True
            )
        client = self._clients.get(url)
        if client is None:
            client = self._clients[url] = HttpClient(url, timeout=self._timeout)
        body = f'{{"busArn":{json.dumps(bus_arn)},"events":['.encode() + b",".join(events) + b"]}"
        try:
            response = await client.request(
                "POST", DELIVER_PATH, {"Content-Type": "application/json"}, body
            )
        except TimeoutError as error:
            raise DeliveryError("TIMEOUT", f"{url} did not answer", retryable=True) from error
        except HttpError as error:
            raise DeliveryError("CONNECTION_FAILURE", str(error), retryable=True) from error
        status, answer = response.status, response.body.decode("utf-8", "replace")
        if status == 404:
            raise DeliveryError("NO_RESOURCE", f"{bus_arn}: {answer}", retryable=False)
        if status != 200:
            raise DeliveryError(
                "CROSS_REGION_INGESTION_FAILED", f"{status}: {answer[:200]}", retryable=True
            )


def _batch(line: _Line) -> list[tuple[bytes, asyncio.Future[None]]]:
    """The next events of a line: at least one, else as many as fit."""
    batch: list[tuple[bytes, asyncio.Future[None]]] = []
    size = 0
    while line.waiting and len(batch) < MAXIMUM_EVENTS:
        event = line.waiting[0][0]
        size += len(event)
        if batch and size > MAXIMUM_BYTES:
            break
        batch.append(line.waiting.popleft())
    return batch
