"""Clients that misbehave harm neither the server nor anyone else."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.conformance.clients import (
    MESSAGE,
    SECONDS,
    SUBSCRIBE,
    Frames,
    Target,
    connect_header,
    frames,
    publish,
    until,
)


@pytest.fixture
async def bystander(target: Target) -> AsyncIterator[Frames]:
    """A well-behaved subscriber that must still get messages after the test."""
    async with frames(target) as connection:
        assert (await connection.start("1", SUBSCRIBE, name="robots"))["type"] == "start_ack"
        yield connection
        await publish(target, "robots", "still here")
        message = (await connection.receive())["payload"]["data"]["subscribe"]
        assert message["message"] == "still here"


async def metrics(target: Target) -> dict[str, Any]:
    url = target.graphql_url.replace("/graphql", "/metrics")
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        document: dict[str, Any] = await response.json()
        return document


GARBAGE = [
    "not json",
    "",
    "[]",
    "null",
    "7",
    '"start"',
    "{}",
    '{"type": null}',
    '{"type": ["start"]}',
    '{"type": "subscribe", "id": "x"}',
    '{"type": "start"}',
    '{"type": "start", "id": 7, "payload": {}}',
    '{"type": "start", "id": "", "payload": {}}',
    '{"type": "start", "id": "x"}',
    '{"type": "start", "id": "x", "payload": "text"}',
    '{"type": "start", "id": "x", "payload": {"data": {}}}',
    '{"type": "start", "id": "x", "payload": {"data": "{}"}}',
    '{"type": "start", "id": "x", "payload": {"data": "{}", "extensions": []}}',
    '{"type": "stop"}',
    '{"type": "stop", "id": {"a": 1}}',
    '{"type": "stop", "id": "unknown"}',
    "[" * 5_000,
    '{"a":' * 5_000,
    '{"type": "\\ud800", "id": "\\ud800"}',
]


@pytest.mark.parametrize("text", GARBAGE, ids=range(len(GARBAGE)))
async def test_garbage(target: Target, bystander: Frames, text: str) -> None:
    async with frames(target) as connection:
        await connection.socket.send_str(text)
        answer = await connection.receive()
        assert answer["type"] == "error"
        assert answer["payload"]["errors"][0]["errorType"] == "UnsupportedOperation"
        # The connection goes on.
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"


BAD_STARTS = {
    "not json": ("{", "MalformedHttpRequestException"),
    "a batch": ("[]", "MalformedHttpRequestException"),
    "no query": ("{}", "MalformedHttpRequestException"),
    "syntax": ('{"query": "subscription {"}', "MalformedHttpRequestException"),
    "unknown field": ('{"query": "subscription { nothing }"}', "ValidationError"),
    "missing variable": (json.dumps({"query": SUBSCRIBE}), "ValidationError"),
    "wrong variable": (
        json.dumps({"query": SUBSCRIBE, "variables": {"name": [1]}}),
        "ValidationError",
    ),
    "a query": ('{"query": "{ whoami }"}', "UnsupportedOperation"),
    "two fields": (
        json.dumps(
            {
                "query": 'subscription { a: subscribe(name: "tech") { id }'
                ' b: subscribe(name: "tech") { id } }'
            }
        ),
        "ValidationError",
    ),
    "too deep": (
        json.dumps({"query": "subscription { a" + "{a" * 90 + "}" * 91}),
        "LimitExceededError",
    ),
    "absurdly deep": (
        json.dumps({"query": "subscription { a" + "{a" * 3_000 + "}" * 3_001}),
        "MalformedHttpRequestException",
    ),
}


@pytest.mark.parametrize("case", BAD_STARTS)
async def test_bad_start(target: Target, bystander: Frames, case: str) -> None:
    data, error_type = BAD_STARTS[case]
    authorization = {"host": target.host, "x-api-key": target.api_key}
    payload = {"data": data, "extensions": {"authorization": authorization}}
    async with frames(target) as connection:
        await connection.send({"type": "start", "id": "bad", "payload": payload})
        answer = await connection.receive()
        assert (answer["type"], answer["id"]) == ("error", "bad")
        assert answer["payload"]["errors"][0]["errorType"] == error_type
        assert (await connection.start("bad", SUBSCRIBE, name="tech"))["type"] == "start_ack"


async def test_duplicate_id_leaves_the_first_alone(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        answer = await connection.start("1", SUBSCRIBE, name="cars")
        assert answer["type"] == "error"
        assert "id" not in answer
        await publish(target, "cars", "no")
        await publish(target, "tech", "yes")
        assert (await connection.receive())["payload"]["data"]["subscribe"]["message"] == "yes"


async def test_200_subscriptions(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        for i in range(200):
            assert (await connection.start(f"{i}", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        answer = await connection.start("200", SUBSCRIBE, name="tech")
        assert answer["id"] == "200"
        assert answer["payload"]["errors"][0]["errorType"] == "MaxSubscriptionsReachedError"
        await connection.send({"type": "stop", "id": "7"})
        assert await connection.receive() == {"type": "complete", "id": "7"}
        assert (await connection.start("200", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        await publish(target, "tech", "to all")
        ids = {(await connection.receive())["id"] for _ in range(200)}
        assert ids == {f"{i}" for i in range(201)} - {"7"}


async def test_a_frame_beyond_the_bound_closes(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        await connection.socket.send_str("x" * 1_100_000)
        assert await connection.receive() == {"type": "closed", "code": 1009}


async def test_a_large_frame_is_answered(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        await connection.socket.send_str("x" * 900_000)
        assert (await connection.receive())["type"] == "error"


async def test_binary_frames_close(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        await connection.socket.send_bytes(b"\x00\xff")
        assert await connection.receive() == {"type": "closed", "code": 1003}


async def test_without_init_it_closes(target: Target, bystander: Frames) -> None:
    async with frames(target, init=False) as connection:
        # What comes before the acknowledgement is ignored.
        await connection.send({"type": "stop", "id": "x"})
        assert await connection.receive() == {"type": "closed", "code": 4408}


async def test_keep_alive(target: Target) -> None:
    async with frames(target) as connection:
        assert await connection.receive(skip_keep_alive=False) == {"type": "ka"}


async def test_no_subprotocol(target: Target, bystander: Frames) -> None:
    url = f"{target.realtime_url}?header={quote(connect_header(target))}&payload=e30="
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as connection:
        answer = json.loads((await connection.receive(timeout=SECONDS)).data)
    assert answer["type"] == "connection_error"
    assert answer["payload"]["errors"][0]["errorType"] == "SubProtocolNotSupportedError"


@pytest.mark.parametrize("header", ["%%%", "e30", "W10=", "bm90IGpzb24="])
async def test_bad_connect_header(target: Target, bystander: Frames, header: str) -> None:
    url = f"{target.realtime_url}?header={quote(header)}&payload=e30="
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=["graphql-ws"]) as connection,
    ):
        answer = json.loads((await connection.receive(timeout=SECONDS)).data)
    assert answer["type"] == "connection_error"


async def test_realtime_path(target: Target) -> None:
    async with frames(target, path="/realtime", carrier="subprotocol") as connection:
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"


async def _silent_subscriber(target: Target) -> socket.socket:
    """A subscriber on a bare socket, which from now on reads and answers nothing."""
    host, port = target.host.split(":")
    raw = socket.create_connection((host, int(port)))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()

    def frame(document: Any) -> bytes:
        payload = json.dumps(document).encode()
        # A zero mask leaves the payload as it is.
        length = len(payload)
        head = bytes([0x81, 0x80 | length]) if length < 126 else b"\x81\xfe" + length.to_bytes(2)
        return head + b"\0\0\0\0" + payload

    path = f"/graphql?header={quote(connect_header(target))}&payload=e30="
    await loop.sock_sendall(
        raw,
        (
            f"GET {path} HTTP/1.1\r\nHost: {target.host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: graphql-ws\r\n\r\n"
        ).encode(),
    )
    data = json.dumps({"query": SUBSCRIBE, "variables": {"name": "media"}})
    authorization = {"host": target.host, "x-api-key": target.api_key}
    payload = {"data": data, "extensions": {"authorization": authorization}}
    await loop.sock_sendall(raw, frame({"type": "connection_init"}))
    await loop.sock_sendall(raw, frame({"type": "start", "id": "1", "payload": payload}))
    received = b""
    async with asyncio.timeout(SECONDS):
        while b"start_ack" not in received:
            received += await loop.sock_recv(raw, 4_096)
    return raw


async def test_a_subscriber_that_does_not_read_is_dropped(
    target: Target, bystander: Frames
) -> None:
    silent = await _silent_subscriber(target)
    try:
        before = (await metrics(target))["dropped_slow"]
        text = "x" * 200_000

        async def dropped() -> bool:
            await asyncio.gather(*(publish(target, "media", text) for _ in range(8)))
            return bool((await metrics(target))["dropped_slow"] > before)

        await until(dropped)
    finally:
        silent.close()


async def test_a_half_open_socket_is_found_out(target: Target, bystander: Frames) -> None:
    silent = await _silent_subscriber(target)
    try:

        async def gone() -> bool:
            return bool((await metrics(target))["connections"] == 1)

        # It answers no ping. The bystander stays.
        await until(gone)
    finally:
        silent.close()


async def test_payloads_are_bounded(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        await publish(target, "tech", "x" * 250_000)
        await publish(target, "tech", "small")
        large = (await connection.receive())["payload"]
        assert large["data"] is None
        assert large["errors"][0]["errorType"] == "PayloadSizeLimitExceeded"
        small = (await connection.receive())["payload"]
        assert small["data"]["subscribe"]["message"] == "small"


async def test_publish_with_half_a_surrogate_pair(target: Target, bystander: Frames) -> None:
    async with frames(target) as connection:
        assert (await connection.start("1", SUBSCRIBE, name="tech"))["type"] == "start_ack"
        query = f'mutation {{ publish(name: "tech", message: "a\\ud800b") {{ {MESSAGE} }} }}'
        async with (
            aiohttp.ClientSession(headers={"x-api-key": target.api_key}) as session,
            session.post(target.graphql_url, json={"query": query}) as response,
        ):
            assert response.status in (200, 400)
        await publish(target, "tech", "whole")
        frame = await connection.receive()
        if frame["payload"]["data"]["subscribe"]["message"] != "whole":
            frame = await connection.receive()
        assert frame["payload"]["data"]["subscribe"]["message"] == "whole"
