"""An HTTP/1.1 client for servers on this machine: kept connections, and nothing else.

No redirects, no cookies, no TLS, no proxies, no compression.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import httptools


class HttpError(Exception):
    """No answer: the server is not there, hung up, or sent something that is not HTTP.

    `unsent` is true if the server cannot have acted on the request.
    """

    def __init__(self, message: str, *, unsent: bool = False) -> None:
        super().__init__(message)
        self.unsent = unsent


@dataclass
class Response:
    """A server's answer. The names of `headers` are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpClient:
    """Requests to one server. A request takes a free connection, or opens one.

    Args:
        url: of the server, as `http://127.0.0.1:4566`; its path is not used.
        timeout: seconds until a request fails, the connect included.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"{url} is not an http:// URL of a server")
        self.host = parts.netloc
        self._address = (parts.hostname, parts.port or 80)
        self._timeout = timeout
        self._free: list[_Connection] = []
        self._busy: set[_Connection] = set()

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
    ) -> Response:
        """Sends a request and returns the answer, whatever its status.

        Host and Content-Length are added. A kept connection may have been closed by the server
        in the meantime; if it ends without a byte of answer, the request is sent once more.

        Raises:
            HttpError: no answer.
            TimeoutError: no answer in time.
        """
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.host}\r\n{lines}"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        data = head.encode() + body
        async with asyncio.timeout(self._timeout):
            while self._free:
                try:
                    return await self._exchange(self._free.pop(), data)
                except _ClosedWhileKeptError:
                    continue
            return await self._exchange(await self._connect(), data)

    def close(self) -> None:
        """Closes all connections; requests under way fail."""
        for connection in [*self._free, *self._busy]:
            connection.abort()
        self._free.clear()

    async def _connect(self) -> "_Connection":
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                _Connection, *self._address
            )
        except OSError as error:
            raise HttpError(f"{self.host}: {error}", unsent=True) from error
        return connection

    async def _exchange(self, connection: "_Connection", data: bytes) -> Response:
        self._busy.add(connection)
        try:
            response = await connection.exchange(data)
        except BaseException:  # a cancelled request leaves an answer to come
            connection.abort()
            raise
        finally:
            self._busy.discard(connection)
        if connection.reusable:
            self._free.append(connection)
        return response


class _ClosedWhileKeptError(HttpError):
    """The server closed a kept connection and did not answer."""


class _Connection(asyncio.Protocol):
    """One connection, with one request at a time. httptools calls the methods `on_…`."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._answer: asyncio.Future[Response] | None = None
        self._response = Response()
        self._body: list[bytes] = []
        self._answered = 0
        self._began = False
        self._keep = False

    @property
    def reusable(self) -> bool:
        """Whether another request may follow."""
        return self._keep and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, data: bytes) -> Response:
        """Sends a request and returns the answer. Raises HttpError."""
        if self._transport is None or self._transport.is_closing():
            raise _ClosedWhileKeptError("the server closed the connection", unsent=True)
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._response, self._body = Response(), []
        self._began = self._keep = False
        self._transport.write(data)
        return await self._answer

    def abort(self) -> None:
        """Closes the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not say that they are

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._answer is None or self._answer.done():
            self.abort()  # nobody asked for this
            return
        self._began = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(HttpError(f"the answer is not HTTP: {error}"))
            self.abort()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        kept = self._answered > 0 and not self._began
        kind = _ClosedWhileKeptError if kept else HttpError
        self._fail(kind(str(error or "the server closed the connection")))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        if self._parser is None or self._answer is None or self._answer.done():
            return
        self._response.status = self._parser.get_status_code()
        self._response.body = b"".join(self._body)
        self._keep = self._parser.should_keep_alive()
        self._answered += 1
        self._answer.set_result(self._response)
        if not self._keep:
            self.abort()

    def _fail(self, error: HttpError) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
