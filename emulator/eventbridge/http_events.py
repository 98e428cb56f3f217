"""PutEvents over HTTP: AWS JSON 1.1, `POST /` with `X-Amz-Target: AWSEvents.PutEvents`.

Made for unchanged AWS SDKs and the AWS CLI (`--endpoint-url`). The signature is not verified: the
port is on loopback, and inside the project, IAM is checked where AppSync is called.
"""

import json
import uuid
from typing import Any

from aiohttp import web

from emulator.eventbridge.entries import CallError
from emulator.eventbridge.service import EventBridge

CONTENT_TYPE = "application/x-amz-json-1.1"
_PREFIX = "AWSEvents."
_STATUS = {"InternalException": 500}
_MEMBERS = {"Entries", "EndpointId"}


def add_events_route(app: web.Application, service: EventBridge) -> None:
    """Serve PutEvents at `POST /`. Every other operation is refused by name."""

    async def post(request: web.Request) -> web.Response:
        try:
            operation = _operation(request)
            if operation != "PutEvents":
                raise CallError(
                    "UnknownOperationException",
                    f"{operation} is not served here, only PutEvents; rules are those deployed.",
                )
            return _answer(200, await service.put_events("default", await _entries(request)))
        except CallError as error:
            body = {"__type": error.code, "message": error.message}
            return _answer(_STATUS.get(error.code, 400), body, error.code)

    app.router.add_post("/", post)


def _operation(request: web.Request) -> str:
    target = request.headers.get("X-Amz-Target", "")
    if not target.startswith(_PREFIX):
        raise CallError("UnknownOperationException", f"Unknown X-Amz-Target {target!r}.")
    return target.removeprefix(_PREFIX)


async def _entries(request: web.Request) -> Any:
    try:
        body = json.loads(await request.read())
    except web.HTTPRequestEntityTooLarge as error:
        raise CallError("ValidationException", "The request is too large.") from error
    except (ValueError, RecursionError) as error:
        raise CallError("SerializationException", "The body is not JSON.") from error
    if not isinstance(body, dict):
        raise CallError("SerializationException", "The body is not a JSON object.")
    unknown = sorted(set(body) - _MEMBERS)
    if unknown or body.get("EndpointId") is not None:
        names = ", ".join(unknown or ["EndpointId"])
        raise CallError("ValidationException", f"Not supported: {names}.")
    return body.get("Entries")


def _answer(status: int, body: dict[str, Any], error: str | None = None) -> web.Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4()), "Content-Type": CONTENT_TYPE}
    if error is not None:
        headers["x-amzn-ErrorType"] = error
    return web.Response(status=status, headers=headers, body=json.dumps(body).encode())
