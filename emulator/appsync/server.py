"""The engine on HTTP and WebSocket: aiohttp routes for an application that others share."""

import contextlib
import uuid

from aiohttp import web

from .auth import Evidence
from .connection import CloseCode
from .engine import Engine, HttpAnswer
from .errors import ErrorType, RequestError
from .invocation import RequestMeta
from .protocol import SUBPROTOCOL, ConnectionError
from .requests import parse_connect
from .responses import json_bytes, request_error
from .session import GRAPHQL_PATH, WebSocketSession

REALTIME_PATH = "/graphql/realtime"
CONNECT_PATH = "/graphql/connect"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "x-amzn-RequestId,x-amzn-ErrorType",
}
_CORS_PREFLIGHT = {
    **_CORS,
    "Access-Control-Allow-Methods": "OPTIONS,POST",
    "Access-Control-Max-Age": "172800",
}


def routes(engine: Engine) -> list[web.RouteDef]:
    """The routes of one API: GraphQL on /graphql, WebSocket there and on /graphql/realtime."""
    handlers = _Handlers(engine)
    return [
        web.post(GRAPHQL_PATH, handlers.post),
        web.options(GRAPHQL_PATH, handlers.preflight),
        web.get(GRAPHQL_PATH, handlers.get, allow_head=False),
        web.get(REALTIME_PATH, handlers.get, allow_head=False),
    ]


def add_routes(app: web.Application, engine: Engine) -> None:
    """Add the routes to `app` and let the engine start and close with it.

    `client_max_size` of the application should not be below `engine.options.max_body`.
    """
    app.add_routes(routes(engine))

    async def start(_app: web.Application) -> None:
        await engine.start()

    async def close(_app: web.Application) -> None:
        await engine.close()

    app.on_startup.append(start)
    app.on_shutdown.append(close)


class _Handlers:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def preflight(self, request: web.Request) -> web.Response:
        asked = request.headers.get("Access-Control-Request-Headers", "*")
        return web.Response(headers={**_CORS_PREFLIGHT, "Access-Control-Allow-Headers": asked})

    async def post(self, request: web.Request) -> web.Response:
        body = await _read_body(request, self._engine.options.max_body)
        if body is None:
            message = f"Request body is larger than {self._engine.options.max_body} bytes."
            error = RequestError(ErrorType.MALFORMED_REQUEST, message, status=413)
            return _respond(HttpAnswer(error.status, request_error(error)))
        meta = _meta(request)
        evidence = Evidence(
            headers=meta.headers,
            path=request.rel_url.raw_path,
            body=body,
            query=request.rel_url.raw_query_string,
            source_ips=_source_ips(request),
        )
        return _respond(await self._engine.handle(evidence, meta))

    async def get(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            message = "Send GraphQL as POST, or open a WebSocket."
            error = RequestError(ErrorType.MALFORMED_REQUEST, message, status=405)
            return _respond(HttpAnswer(error.status, request_error(error)))
        options = self._engine.options
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            timeout=options.close_timeout,
            heartbeat=options.ping_interval,
            max_msg_size=options.max_frame,
            compress=False,
        )
        await socket.prepare(request)
        transport = request.transport
        # Between the handshake's answer and here the client may have left.
        if transport is None:
            return socket
        session = WebSocketSession(
            self._engine, socket, transport, _meta(request), _source_ips(request)
        )
        refusal = await self._refusal(request)
        if refusal is None and not self._engine.admit(session):
            refusal = ConnectionError(ErrorType.LIMIT_EXCEEDED, "Too many connections.", 429)
        if refusal is not None:
            session.deliver_message(refusal)
            await _first_frame(socket, options.close_timeout)
            await socket.close(code=CloseCode.POLICY, message=b"Connection refused.")
            return socket
        await session.run()
        return socket

    async def _refusal(self, request: web.Request) -> ConnectionError | None:
        """Why the handshake is refused, if it is."""
        offered = request.headers.get("Sec-WebSocket-Protocol", "")
        subprotocols = [name.strip() for name in offered.split(",")]
        if SUBPROTOCOL not in subprotocols:
            return ConnectionError(
                ErrorType.SUBPROTOCOL, f"The subprotocol {SUBPROTOCOL} must be offered."
            )
        try:
            connect = parse_connect(request.query, subprotocols, _meta(request).headers)
            await self._engine.authenticate(
                Evidence(
                    headers=connect.headers,
                    path=CONNECT_PATH,
                    body=connect.payload,
                    source_ips=_source_ips(request),
                )
            )
        except RequestError as error:
            return ConnectionError(error.error_type, error.message, error.status)
        return None


async def _first_frame(socket: web.WebSocketResponse, seconds: float) -> None:
    """Let a refused client say its `connection_init`.

    A close that comes before it would reach the client as a failure to send, and the reason for
    the refusal would be lost.
    """
    with contextlib.suppress(TimeoutError):
        await socket.receive(timeout=seconds)


async def _read_body(request: web.Request, limit: int) -> bytes | None:
    """The body, or None if it is longer than `limit`, of which no more is read then."""
    chunks, size = [], 0
    async for chunk in request.content.iter_chunked(65_536):
        size += len(chunk)
        if size > limit:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _respond(answer: HttpAnswer) -> web.Response:
    headers = {**_CORS, "x-amzn-RequestId": str(uuid.uuid4())}
    errors = answer.body.get("errors")
    if errors and answer.status >= 400:
        headers["x-amzn-ErrorType"] = str(errors[0]["errorType"])
    return web.Response(
        body=json_bytes(answer.body),
        status=answer.status,
        headers=headers,
        content_type="application/json",
        charset="UTF-8",
    )


def _meta(request: web.Request) -> RequestMeta:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return RequestMeta(headers)


def _source_ips(request: web.Request) -> tuple[str, ...]:
    forwarded = request.headers.get("X-Forwarded-For", "")
    return (*filter(None, (part.strip() for part in forwarded.split(","))), request.remote or "")
