"""Real clients on a running stack: publishers over HTTP, subscribers with `gql`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.appsync_auth import AppSyncApiKeyAuthentication, AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport

from cli.stack_file import RunningRegion, RunningStack

FIELDS = "id name message publishedAt region publisher"
PUBLISH = (
    "mutation ($name: String!, $message: String!, $id: ID) "
    f"{{ publish(name: $name, message: $message, id: $id) {{ {FIELDS} }} }}"
)
SUBSCRIBE = f"subscription ($name: String!) {{ subscribe(name: $name) {{ {FIELDS} }} }}"
PROBE = "probe: is this subscription open yet?"

Message = dict[str, str]


class Publisher:
    """Calls one region's API with its key, or with a user's token."""

    def __init__(
        self, region: RunningRegion, session: aiohttp.ClientSession, token: str | None = None
    ) -> None:
        self.region = region
        self._session = session
        self._headers = {"authorization": token} if token else {"x-api-key": region.apiKey}

    async def execute(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, with errors."""
        body = {"query": query, "variables": variables}
        async with self._session.post(
            self.region.graphqlUrl, json=body, headers=self._headers
        ) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def publish(self, name: str, message: str, id: str | None = None) -> Message:
        """Publish; fail the test if it is refused."""
        answer = await self.execute(PUBLISH, name=name, message=message, id=id)
        assert not answer.get("errors"), answer
        published: Message = answer["data"]["publish"]
        return published


class Listener:
    """What one subscriber has received so far, without probes."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.open = asyncio.Event()
        self.ended = asyncio.Event()
        self.error: Exception | None = None
        self._changed = asyncio.Event()

    def take(self, message: Message) -> None:
        if message["message"] == PROBE:
            self.open.set()
            return
        self.messages.append(message)
        self._changed.set()

    async def until(self, count: int, seconds: float = 60.0) -> list[Message]:
        """Wait for at least `count` messages."""
        async with asyncio.timeout(seconds):
            while len(self.messages) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.messages


async def token_of(session: aiohttp.ClientSession, stack: RunningStack, user: str) -> str:
    """A token of one of the local issuer's users."""
    async with session.post(f"{stack.issuerUrl}/token", data={"user": user}) as response:
        assert response.status == 200, await response.text()
        token: str = (await response.json())["access_token"]
        return token


def gql_client(region: RunningRegion, token: str | None = None) -> Client:
    """A `gql` client of the region's real-time API, with its key or with a user's token."""
    host = region.graphqlUrl.split("/")[2]
    auth: AppSyncApiKeyAuthentication | AppSyncJWTAuthentication = (
        AppSyncJWTAuthentication(host=host, jwt=token)
        if token
        else AppSyncApiKeyAuthentication(host=host, api_key=region.apiKey)
    )
    transport = AppSyncWebsocketsTransport(
        url=region.graphqlUrl.replace("http", "ws", 1), auth=auth
    )
    return Client(transport=transport)


@asynccontextmanager
async def listening(
    region: RunningRegion, name: str, token: str | None = None, probed: str | None = None
) -> AsyncIterator[Listener]:
    """A subscriber whose subscription is open: it has received a probe.

    With a token, the same user publishes the probes. Of a pattern, `probed` is a channel of it.
    """
    listener = Listener()
    request = gql(SUBSCRIBE)
    request.variable_values = {"name": name}

    async def listen(client: AsyncClientSession) -> None:
        try:
            async for result in client.subscribe(request):
                listener.take(result["subscribe"])
        except Exception as error:
            listener.error = error
        finally:
            listener.ended.set()

    # Open and close the connection here: a task cancelled while it closes would leave it open.
    async with gql_client(region, token) as client:
        task = asyncio.create_task(listen(client), name=f"listen to {name} in {region.region}")
        try:
            await _until_open(listener, region, probed or name, token)
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _until_open(
    listener: Listener, region: RunningRegion, name: str, token: str | None
) -> None:
    async with aiohttp.ClientSession() as session:
        publisher = Publisher(region, session, token)
        async with asyncio.timeout(20):
            while not listener.open.is_set():
                if listener.ended.is_set():
                    raise AssertionError(f"the subscription ended: {listener.error}")
                await publisher.publish(name, PROBE)
                try:
                    await asyncio.wait_for(listener.open.wait(), 0.2)
                except TimeoutError:
                    continue


async def signed(
    session: aiohttp.ClientSession,
    stack: RunningStack,
    region: RunningRegion,
    query: str,
    **variables: Any,
) -> dict[str, Any]:
    """Run an operation with IAM authorization."""
    body = json.dumps({"query": query, "variables": variables})
    request = AWSRequest(
        "POST", region.graphqlUrl, data=body, headers={"content-type": "application/json"}
    )
    credentials = Credentials(stack.accessKeyId, stack.secretAccessKey)
    SigV4Auth(credentials, "appsync", region.region).add_auth(request)
    async with session.post(
        region.graphqlUrl, data=body, headers=dict(request.headers.items())
    ) as response:
        answer: dict[str, Any] = await response.json()
        return answer


async def set_faults(
    session: aiohttp.ClientSession, region: RunningRegion, plan: dict[str, Any]
) -> None:
    """Set a fault plan in the region; {} ends all faults."""
    url = f"{region.eventsUrl}/_local/faults"
    async with session.put(url, json=plan) as response:
        assert response.status == 200, await response.text()
