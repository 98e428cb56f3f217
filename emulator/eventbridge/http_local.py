"""The local runtime's own HTTP routes: faults, inspection, and events from other regions.

| route | does |
|---|---|
| `GET /_local/faults` | the fault plan in force (`fault_json.py` shows its shape) |
| `PUT /_local/faults` | another plan in its place; what waits is tried at once |
| `DELETE /_local/faults` | no faults |
| `GET /_local/eventbridge` | rules, targets, queues, counters, pending (`counters.Snapshot`) |
| `POST /_local/eventbridge/deliver` | `{"busArn", "events": […]}` from a peer: 200 once durable |

Errors are `{"error": {"type", "message"}}`: 400 `InvalidFaultPlan` or `InvalidRequest`, 403
`NotLoopback`, 404 `NO_RESOURCE`, 415 `InvalidRequest`, 503 `INTERNAL_ERROR`.
Bodies must be `application/json`, which no web page can send here without asking first.
"""

import ipaddress
import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from emulator.eventbridge.entries import MAXIMUM_BYTES
from emulator.eventbridge.fault_json import FaultPlanError, plan_from_json, plan_to_json
from emulator.eventbridge.faults import FaultPlan
from emulator.eventbridge.http_events import add_events_route
from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.service import EventBridge

DELIVER_PATH = "/_local/eventbridge/deliver"
MAXIMUM_BODY = 8 * MAXIMUM_BYTES
"""The most bytes of a request: entries are JSON in JSON, which may escape each character."""
_Handler = Callable[[web.Request], Awaitable[web.Response]]


def add_routes(app: web.Application, service: EventBridge) -> None:
    """Mount everything that this package serves on the region's application.

    The application's `client_max_size` must be MAXIMUM_BODY or more.
    """
    add_events_route(app, service)
    routes = _Routes(service)
    app.router.add_get("/_local/faults", guarded(routes.show_faults))
    app.router.add_put("/_local/faults", guarded(routes.put_faults))
    app.router.add_delete("/_local/faults", guarded(routes.delete_faults))
    app.router.add_get("/_local/eventbridge", guarded(routes.show))
    app.router.add_post(DELIVER_PATH, guarded(routes.deliver))


class _RequestError(Exception):
    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind


def guarded(handler: _Handler) -> _Handler:
    """Loopback only, and every refusal as typed JSON."""

    async def handle(request: web.Request) -> web.Response:
        try:
            _check_loopback(request)
            return await handler(request)
        except _RequestError as error:
            return _error(error.status, error.kind, str(error))
        except FaultPlanError as error:
            return _error(400, "InvalidFaultPlan", str(error))

    return handle


class _Routes:
    def __init__(self, service: EventBridge) -> None:
        self._service = service

    async def show_faults(self, request: web.Request) -> web.Response:
        return web.json_response(plan_to_json(self._service.faults.plan))

    async def put_faults(self, request: web.Request) -> web.Response:
        self._service.set_faults(plan_from_json(await _body(request)))
        return await self.show_faults(request)

    async def delete_faults(self, request: web.Request) -> web.Response:
        self._service.set_faults(FaultPlan())
        return await self.show_faults(request)

    async def show(self, request: web.Request) -> web.Response:
        return web.json_response(self._service.snapshot().as_json())

    async def deliver(self, request: web.Request) -> web.Response:
        body = await _body(request)
        bus_arn = body.get("busArn") if isinstance(body, dict) else None
        events = body.get("events") if isinstance(body, dict) else None
        if not isinstance(bus_arn, str) or not isinstance(events, list):
            raise _RequestError(400, "InvalidRequest", "expected busArn and events")
        if not all(isinstance(event, dict) for event in events):
            raise _RequestError(400, "InvalidRequest", "expected every event to be an object")
        try:
            await self._service.receive_from_bus(bus_arn, events)
        except DeliveryError as error:
            raise _RequestError(
                503 if error.retryable else 404, error.code, error.message
            ) from error
        return web.json_response({"accepted": len(events)})


def _check_loopback(request: web.Request) -> None:
    try:
        local = request.remote is None or ipaddress.ip_address(request.remote).is_loopback
    except ValueError:
        local = False
    if not local:
        raise _RequestError(403, "NotLoopback", "only this machine may ask this")


async def _body(request: web.Request) -> Any:
    if request.content_type != "application/json":
        raise _RequestError(415, "InvalidRequest", "the body must be application/json")
    try:
        return json.loads(await request.read())
    except (ValueError, RecursionError) as error:
        raise _RequestError(400, "InvalidRequest", "the body is not JSON") from error


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"error": {"type": kind, "message": message}}, status=status)
