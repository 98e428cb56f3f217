"""The HTTP client against servers that answer, hang up, and talk nonsense."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from emulator.aws_calls.http import HttpClient, HttpError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Thing: one\r\n\r\nhi"


class Server:
    """Answers each request with what `answer` returns; hangs up where it returns None."""

    def __init__(self, answer: Callable[[int, int], Awaitable[bytes | None]]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection, number = self.connections, 0
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(size))
                number += 1
                answer = await self._answer(connection, number)
                if answer is None:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def _serving(
    answer: Callable[[int, int], Awaitable[bytes | None]], seconds: float = 5.0
) -> AsyncIterator[tuple[Server, HttpClient]]:
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    client = HttpClient(
        f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", timeout=seconds
    )
    try:
        yield server, client
    finally:
        client.close()
        listening.close()
        await asyncio.sleep(0)
        await listening.wait_closed()


def _always(answer: bytes | None) -> Callable[[int, int], Awaitable[bytes | None]]:
    async def give(_connection: int, _number: int) -> bytes | None:
        return answer

    return give


async def test_requests_one_after_the_other_share_a_connection() -> None:
    async with _serving(_always(OK)) as (server, client):
        for body in (b"one", b"two"):
            response = await client.request("POST", "/path", {"X-Mine": "1"}, body)
            assert (response.status, response.body) == (200, b"hi")
            assert response.headers["x-thing"] == "one"
        assert server.connections == 1
        assert server.requests[1].startswith(b"POST /path HTTP/1.1\r\nHost: 127.0.0.1:")
        assert server.requests[1].endswith(b"X-Mine: 1\r\nContent-Length: 3\r\n\r\ntwo")


async def test_requests_at_once_have_a_connection_each() -> None:
    async def after_both(_connection: int, _number: int) -> bytes:
        await both.wait()
        return OK

    both = asyncio.Barrier(2)
    async with _serving(after_both) as (server, client):
        await asyncio.gather(*(client.request("POST", "/", {}) for _ in range(2)))
        assert server.connections == 2


async def test_an_answer_may_come_in_chunks_and_with_any_status() -> None:
    chunks = (
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
    )
    async with _serving(_always(chunks)) as (_, client):
        response = await client.request("GET", "/", {})
        assert (response.status, response.body) == (404, b"abc")


async def test_a_connection_that_the_server_does_not_keep_is_not_used_again() -> None:
    async with _serving(_always(OK.replace(b"X-Thing: one", b"Connection: close"))) as both:
        server, client = both
        for _ in range(2):
            await client.request("POST", "/", {})
        assert server.connections == 2


async def test_a_request_on_a_kept_connection_that_was_closed_is_sent_again() -> None:
    async def once_each(_connection: int, number: int) -> bytes | None:
        return OK if number == 1 else None

    async with _serving(once_each) as (server, client):
        for _ in range(3):
            assert (await client.request("POST", "/", {})).status == 200
        assert server.connections == 3


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 200 OK\r\nContent-Le", b"no HTTP\r\n\r\n"])
async def test_no_proper_answer_is_an_error(answer: bytes | None) -> None:
    async def then_hang_up(_connection: int, number: int) -> bytes | None:
        return answer if number == 1 else None

    async with _serving(then_hang_up, seconds=0.2) as (server, client):
        with pytest.raises((HttpError, TimeoutError)):
            await client.request("POST", "/", {})
        assert len(server.requests) == 1


async def test_a_slow_answer_ends_with_a_time_out_and_is_never_taken_for_another() -> None:
    slow = asyncio.Event()

    async def first_slow(connection: int, _number: int) -> bytes:
        if connection == 1:
            await slow.wait()
            return OK.replace(b"hi", b"no")
        return OK

    async with _serving(first_slow, seconds=0.1) as (server, client):
        with pytest.raises(TimeoutError):
            await client.request("POST", "/", {})
        slow.set()
        assert (await client.request("POST", "/", {})).body == b"hi"
        assert server.connections == 2


async def test_nobody_there_is_an_error_before_anything_was_sent() -> None:
    client = HttpClient("http://127.0.0.1:9", timeout=1.0)
    with pytest.raises(HttpError) as refused:
        await client.request("POST", "/", {})
    assert refused.value.unsent


@pytest.mark.parametrize("url", ["https://127.0.0.1", "127.0.0.1:80"])
def test_only_http_urls_are_served(url: str) -> None:
    with pytest.raises(ValueError, match="not an http"):
        HttpClient(url, timeout=1.0)
