"""Clients of the suite: HTTP with every kind of credential, `gql` subscribers, a bare WebSocket."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql import Client
from gql.transport.appsync_auth import (
    AppSyncApiKeyAuthentication,
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
)
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport

from tests.conformance.api_definition import ACCESS_KEY, API_KEY, EXPIRED_KEY, REGION, SECRET_KEY

SECONDS = 30.0
MESSAGE = "id name message publishedAt region publisher"


@dataclass(frozen=True)
class Target:
    """An API under test."""

    graphql_url: str
    realtime_url: str
    api_key: str
    access_key: str
    secret_key: str
    region: str

    @classmethod
    def local(cls, port: int) -> "Target":
        host = f"127.0.0.1:{port}"
        return cls(
            f"http://{host}/graphql",
            f"ws://{host}/graphql",
            API_KEY,
            ACCESS_KEY,
            SECRET_KEY,
            REGION,
        )

    @property
    def host(self) -> str:
        return urlsplit(self.graphql_url).netloc


CREDENTIALS = ("api-key", "iam", "wrong-key", "expired-key", "wrong-signature", "none")


def headers_for(
    target: Target, credential: str, url: str, body: str, *, moment: float | None = None
) -> dict[str, str]:
    """The headers that a client with this kind of credential sends for a POST of `body`."""
    match credential:
        case "api-key":
            return {"x-api-key": target.api_key}
        case "wrong-key":
            return {"x-api-key": "da2-wrong"}
        case "expired-key":
            return {"x-api-key": EXPIRED_KEY}
        case "none":
            return {}
    secret = target.secret_key if credential == "iam" else target.secret_key + "x"
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(Credentials(target.access_key, secret), "appsync", target.region).add_auth(request)
    return dict(request.headers)


async def post(
    target: Target,
    query: str,
    variables: dict[str, Any] | None = None,
    credential: str = "api-key",
) -> tuple[int, dict[str, Any]]:
    """POST a query; returns HTTP status and document."""
    body = json.dumps({"query": query, "variables": variables or {}})
    headers = headers_for(target, credential, target.graphql_url, body)
    async with (
        aiohttp.ClientSession() as session,
        session.post(target.graphql_url, data=body, headers=headers) as response,
    ):
        return response.status, await response.json()


async def publish(
    target: Target, name: str, message: str, credential: str = "api-key", fields: str = MESSAGE
) -> dict[str, Any]:
    """Publish and return the message as the API answered it."""
    query = (
        "mutation($name: String!, $message: String!)"
        f" {{ publish(name: $name, message: $message) {{ {fields} }} }}"
    )
    status, answer = await post(target, query, {"name": name, "message": message}, credential)
    assert status == 200, answer
    assert "errors" not in answer, answer
    message_document: dict[str, Any] = answer["data"]["publish"]
    return message_document


def gql_client(target: Target, credential: str, keep_alive: float | None = None) -> Client:
    """A `gql` client for subscriptions."""
    auth: AppSyncAuthentication
    if credential in ("api-key", "wrong-key"):
        key = target.api_key if credential == "api-key" else "da2-wrong"
        auth = AppSyncApiKeyAuthentication(target.host, key)
    else:
        secret = target.secret_key if credential == "iam" else target.secret_key + "x"
        auth = AppSyncIAMAuthentication(
            target.host,
            region_name=target.region,
            credentials=Credentials(target.access_key, secret),
        )
    transport = AppSyncWebsocketsTransport(
        target.realtime_url, auth=auth, keep_alive_timeout=keep_alive
    )
    return Client(transport=transport)


class Frames:
    """A bare WebSocket that speaks the protocol frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, target: Target) -> None:
        self.socket = socket
        self._target = target
        self._received: asyncio.Queue[Any] = asyncio.Queue()

    async def send(self, document: Any) -> None:
        await self.socket.send_str(json.dumps(document))

    async def pump(self) -> None:
        """Read until the WebSocket closes; reading is also what answers the server's pings."""
        while True:
            frame = await self.socket.receive()
            if frame.type is not aiohttp.WSMsgType.TEXT:
                self._received.put_nowait({"type": "closed", "code": self.socket.close_code})
                return
            self._received.put_nowait(json.loads(frame.data))

    async def receive(self, *, skip_keep_alive: bool = True) -> Any:
        """The next message, or the WebSocket's close as `{"type": "closed", "code"}`."""
        async with asyncio.timeout(SECONDS):
            while True:
                document = await self._received.get()
                if not (skip_keep_alive and document["type"] == "ka"):
                    return document

    async def init(self) -> None:
        await self.send({"type": "connection_init"})
        assert (await self.receive())["type"] == "connection_ack"

    async def start(
        self, id: str, query: str, credential: str = "api-key", **variables: Any
    ) -> Any:
        """Start a subscription; returns the answer to it."""
        data = json.dumps({"query": query, "variables": variables})
        url = f"https://{self._target.host}/graphql"
        headers = headers_for(self._target, credential, url, data)
        authorization = {"host": self._target.host, **headers}
        payload = {"data": data, "extensions": {"authorization": authorization}}
        await self.send({"id": id, "type": "start", "payload": payload})
        return await self.receive()


def connect_header(target: Target, credential: str = "api-key") -> str:
    """The header JSON of a handshake, in base64."""
    url = f"https://{target.host}/graphql/connect"
    document = {"host": target.host, **headers_for(target, credential, url, "{}")}
    return base64.b64encode(json.dumps(document).encode()).decode()


@asynccontextmanager
async def frames(
    target: Target,
    credential: str = "api-key",
    *,
    carrier: str = "query",
    path: str = "",
    init: bool = True,
    **options: Any,
) -> AsyncIterator[Frames]:
    """A bare WebSocket connection; `carrier` is where its authorization is."""
    header = connect_header(target, credential)
    url, protocols = target.realtime_url + path, ["graphql-ws"]
    if carrier == "query":
        url += f"?header={header.replace('+', '%2B')}&payload=e30="
    else:
        safe = header.rstrip("=").replace("+", "-").replace("/", "_")
        protocols.append(f"header-{safe}")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, protocols=protocols, **options) as socket,
    ):
        connection = Frames(socket, target)
        reader = asyncio.create_task(connection.pump(), name="frames-reader")
        try:
            if init:
                await connection.init()
            yield connection
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)


SUBSCRIBE = f"subscription($name: String!) {{ subscribe(name: $name) {{ {MESSAGE} }} }}"


async def until(condition: Any, seconds: float = SECONDS) -> None:
    """Wait until `condition` (async) holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "condition not met in time"
        await asyncio.sleep(0.02)
