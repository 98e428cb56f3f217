"""One WebSocket being served: moves bytes between aiohttp, the protocol's state and the engine."""

import asyncio
import logging

from aiohttp import WSMsgType, web

from .auth import Evidence
from .connection import (
    Action,
    BeginSubscription,
    Close,
    CloseCode,
    Connection,
    EndSubscription,
    Opened,
    Send,
)
from .documents import InvalidDocumentError
from .engine import Engine
from .errors import AppSyncError
from .frames import text_frame
from .invocation import RequestMeta
from .protocol import Error, KeepAlive, ServerMessage, Start, error_of
from .resolvers import internal_error
from .subscriptions import Subscription

logger = logging.getLogger(__name__)
GRAPHQL_PATH = "/graphql"


class WebSocketSession:
    """A client's connection after its handshake was authorized."""

    def __init__(
        self,
        engine: Engine,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport,
        meta: RequestMeta,
        source_ips: tuple[str, ...],
    ) -> None:
        self._engine = engine
        self._socket = socket
        self._transport = transport
        self._meta = meta
        self._source_ips = source_ips
        options = engine.options
        self._connection = Connection(
            options.max_subscriptions_per_connection, options.connection_timeout_ms
        )
        self._max_buffer = options.max_write_buffer
        self._subscriptions: dict[str, Subscription] = {}
        self._starts: dict[str, asyncio.Task[None]] = {}
        self._closing: asyncio.Task[bool] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gone = asyncio.Event()

    async def run(self) -> None:
        """Serve the connection until it ends."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._engine.options.init_timeout, self._init_timeout)
        try:
            async for frame in self._socket:
                if frame.type is WSMsgType.TEXT:
                    self._carry_out(self._connection.receive_text(frame.data))
                elif frame.type is WSMsgType.BINARY:
                    self._carry_out(self._connection.receive_binary())
        finally:
            await self._clean_up()

    def deliver(self, frame: bytes) -> None:
        """Write a frame past aiohttp, whole and at once; a client that does not read is dropped."""
        transport = self._transport
        if transport.get_write_buffer_size() > self._max_buffer:
            self._drop_slow()
        elif not transport.is_closing():
            transport.write(frame)

    def invalidate(self, ids: tuple[str, ...]) -> None:
        self._carry_out(self._connection.invalidated(ids))

    async def shut_down(self) -> None:
        self._carry_out(self._connection.close(CloseCode.GOING_AWAY, "The server shuts down."))
        await self._gone.wait()

    def _carry_out(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            match action:
                case Send(message):
                    self.deliver_message(message)
                case Opened():
                    self._keep_alive_in(self._engine.options.first_keep_alive)
                case BeginSubscription(start):
                    self._starts[start.id] = asyncio.create_task(
                        self._start(start), name=f"appsync-start-{start.id[:40]}"
                    )
                case EndSubscription(id):
                    self._end(id)
                case Close(code, reason):
                    self._close(code, reason)

    def deliver_message(self, message: ServerMessage) -> None:
        """Send a message of the protocol."""
        if isinstance(message, Error):
            self._engine.counters.add_errors(message.errors)
            logger.info("error sent to a subscriber", extra={"errors": message.errors})
        self.deliver(text_frame(message.encode()))

    async def _start(self, start: Start) -> None:
        try:
            subscription = await self._subscription(start)
        except AppSyncError as error:
            self._carry_out(self._connection.refused(start.id, error_of(error, start.id)))
        except InvalidDocumentError as error:
            refusal = Error(tuple(error.errors), start.id)
            self._carry_out(self._connection.refused(start.id, refusal))
        except Exception as error:
            logger.exception("subscription failed")
            refusal = error_of(internal_error(error), start.id)
            self._carry_out(self._connection.refused(start.id, refusal))
        else:
            self._subscriptions[start.id] = subscription
            self._engine.register(subscription)
            self._carry_out(self._connection.started(start.id))
        finally:
            if self._starts.get(start.id) is asyncio.current_task():
                del self._starts[start.id]

    async def _subscription(self, start: Start) -> Subscription:
        evidence = Evidence(
            headers=start.authorization,
            path=GRAPHQL_PATH,
            body=start.data.encode("utf-8", "replace"),
            source_ips=self._source_ips,
        )
        caller = await self._engine.authenticate(evidence)
        return await self._engine.subscribe(start.id, start.data, caller, self._meta, self)

    def _end(self, id: str) -> None:
        starting = self._starts.pop(id, None)
        if starting is not None and starting is not asyncio.current_task():
            starting.cancel()
        subscription = self._subscriptions.pop(id, None)
        if subscription is not None:
            self._engine.unregister(subscription)

    def _close(self, code: int, reason: str) -> None:
        self._forget_subscriptions()
        self._closing = asyncio.create_task(
            self._socket.close(code=code, message=reason.encode()), name="appsync-close"
        )

    def _forget_subscriptions(self) -> None:
        for id in [*self._starts, *self._subscriptions]:
            self._end(id)

    def _drop_slow(self) -> None:
        if not self._transport.is_closing():
            self._engine.counters.dropped_slow += 1
            logger.warning("slow subscriber dropped")
            self._transport.abort()

    def _init_timeout(self) -> None:
        self._carry_out(self._connection.init_timeout())

    def _keep_alive_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._keep_alive)

    def _keep_alive(self) -> None:
        if not self._connection.closed:
            self.deliver_message(KeepAlive())
            self._keep_alive_in(self._engine.options.keep_alive_interval)

    async def _clean_up(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        starts = list(self._starts.values())
        self._connection.close(CloseCode.GOING_AWAY, "gone")
        self._forget_subscriptions()
        tasks = [*starts, *([self._closing] if self._closing else [])]
        await asyncio.gather(*tasks, return_exceptions=True)
        # Otherwise bytes that a vanished client never read would keep the transport open.
        if self._transport.get_write_buffer_size() > 0:
            self._transport.abort()
        self._engine.leave(self)
        self._gone.set()
