"""Presence on the real stack: members of two regions, changes told in both, kicks, and expiry."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from gql import gql
from gql.client import AsyncClientSession

from cli.domain.names import new_ulid
from cli.stack_file import RunningRegion
from tests.e2e.test_commands import _globalws, _until, folder
from tests.support.aws import aws_client, outputs
from tests.support.clients import Publisher, gql_client, token_of
from tests.support.stack import ROOT, LocalStack

__all__ = ["folder"]
pytestmark = pytest.mark.stack

_ENTER = (
    "mutation ($name: String!, $connection: ID!, $secret: String!, $data: String, $client: ID) {"
    " enter(name: $name, connection: $connection, secret: $secret, data: $data, client: $client)"
    " { user connection data seq region } }"
)
_LEAVE = (
    "mutation ($name: String!, $connection: ID!, $secret: String!) {"
    " leave(name: $name, connection: $connection, secret: $secret) { user } }"
)
_HEARTBEAT = (
    "mutation ($connection: ID!, $secret: String!) {"
    " heartbeat(connection: $connection, secret: $secret) { expiresAt channels } }"
)
_PRESENCE = "query ($name: String!) { presence(name: $name) { items { user connection data } } }"
_OCCUPANCY = "query ($name: String!) { occupancy(name: $name) { connections more } }"
_CHANGED = (
    "subscription ($name: String!) { presenceChanged(name: $name)"
    " { action user connection seq data region } }"
)


class Tab:
    """A member's connection, with an API key or a token."""

    def __init__(
        self,
        region: RunningRegion,
        session: aiohttp.ClientSession,
        client: str,
        token: str | None = None,
    ) -> None:
        self.region, self._session = region, session
        self.connection, self._secret, self._client = new_ulid(), f"secret of {client}" * 2, client
        self.use(token)

    def use(self, token: str | None = None) -> None:
        """Come with this token from now on, or with the key."""
        self._api = Publisher(self.region, self._session, token)

    async def call(self, query: str, **variables: Any) -> dict[str, Any]:
        mine = {"connection": self.connection, "secret": self._secret, "client": self._client}
        return await self._api.execute(query, **{**mine, **variables})

    async def enter(self, name: str, data: str | None = None) -> dict[str, Any]:
        answer = await self.call(_ENTER, name=name, data=data)
        assert not answer.get("errors"), answer
        member: dict[str, Any] = answer["data"]["enter"]
        return member

    async def channels(self) -> list[str]:
        """What a heartbeat answers."""
        answer = await self.call(_HEARTBEAT)
        found: list[str] = answer["data"]["heartbeat"]["channels"]
        return found

    async def leave(self, name: str) -> None:
        answer = await self.call(_LEAVE, name=name)
        assert not answer.get("errors"), answer


async def members(region: RunningRegion, session: aiohttp.ClientSession, name: str) -> list[str]:
    answer = await Publisher(region, session).execute(_PRESENCE, name=name)
    return [each["user"] for each in answer["data"]["presence"]["items"]]


class Watch:
    """The changes that one subscriber has been told."""

    def __init__(self) -> None:
        self.changes: list[dict[str, Any]] = []
        self.ended = asyncio.Event()
        self._changed = asyncio.Event()

    async def until(self, action: str, user: str, seconds: float = 30) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while True:
                for change in self.changes:
                    if (change["action"], change["user"]) == (action, user):
                        return change
                self._changed.clear()
                await self._changed.wait()

    async def listen(self, client: AsyncClientSession, name: str) -> None:
        request = gql(_CHANGED)
        request.variable_values = {"name": name}
        try:
            async for result in client.subscribe(request):
                self.changes.append(result["presenceChanged"])
                self._changed.set()
        finally:
            self.ended.set()


@asynccontextmanager
async def watching(region: RunningRegion, name: str) -> AsyncIterator[Watch]:
    """A subscriber of a channel's presence whose subscription is open: it has seen someone come."""
    watch = Watch()
    async with aiohttp.ClientSession() as session, gql_client(region) as client:
        task = asyncio.create_task(watch.listen(client, name), name=f"watch {name}")
        opener = Tab(region, session, "opener")
        try:
            async with asyncio.timeout(30):
                while not watch.changes:
                    await opener.enter(name)
                    await asyncio.sleep(0.2)
            await opener.call(_LEAVE, name=name)
            await watch.until("LEAVE", "anon:opener")
            yield watch
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_who_comes_changes_and_leaves_is_told_in_every_region_once(stack: LocalStack) -> None:
    west, sydney = stack.running.regions
    async with (
        aiohttp.ClientSession() as session,
        watching(west, "music") as at_home,
        watching(sydney, "music") as away,
    ):
        ann = Tab(west, session, "ann")
        assert (await ann.enter("music", "writing"))["user"] == "anon:ann"
        for watch in (at_home, away):
            change = await watch.until("ENTER", "anon:ann")
            assert change["connection"] == ann.connection
            assert (change["data"], change["region"]) == ("writing", west.region)
        await ann.enter("music", "reading")
        for watch in (at_home, away):
            assert (await watch.until("UPDATE", "anon:ann"))["data"] == "reading"
        # Each region answers for its own members.
        assert await members(west, session, "music") == ["anon:ann"]
        assert await members(sydney, session, "music") == []
        answer = await Publisher(west, session).execute(_OCCUPANCY, name="music")
        assert answer["data"]["occupancy"] == {"connections": 1, "more": False}
        assert await ann.channels() == ["music"]
        await ann.call(_LEAVE, name="music")
        for watch in (at_home, away):
            left = await watch.until("LEAVE", "anon:ann")
            mine = [each for each in watch.changes if each["user"] == "anon:ann"]
            assert [each["action"] for each in mine] == ["ENTER", "UPDATE", "LEAVE"]
            assert [each["seq"] for each in mine] == sorted(each["seq"] for each in mine)
            assert left["seq"] == mine[-1]["seq"]
        assert await members(west, session, "music") == []


async def test_nobody_can_use_anothers_lease(stack: LocalStack) -> None:
    west, _ = stack.running.regions
    async with aiohttp.ClientSession() as session:
        ann, eve = Tab(west, session, "ann"), Tab(west, session, "eve")
        await ann.enter("media")
        eve.connection = ann.connection
        for query in (_ENTER, _HEARTBEAT):
            answer = await eve.call(query, name="media")
            assert [each["errorType"] for each in answer["errors"]] == ["LeaseExpired"]
        answer = await eve.call(_LEAVE, name="media")
        assert answer["data"] == {"leave": None}
        assert await members(west, session, "media") == ["anon:ann"]
        await ann.call(_LEAVE, name="media")
        # A user's membership is renewed with a token, not with a key.
        token = await token_of(session, stack.running, "alice")
        alice = Tab(west, session, "", token)
        assert (await alice.enter("media"))["user"] == "alice"
        assert await alice.channels() == ["media"]
        alice.use()
        answer = await alice.call(_HEARTBEAT)
        assert [each["errorType"] for each in answer["errors"]] == ["LeaseExpired"]
        await alice.leave("media")


@pytest.mark.parametrize(
    ("variables", "error_type"),
    [
        ({"name": "nowhere"}, "ChannelNotAllowed"),
        ({"connection": "c"}, "InvalidMember"),
        ({"secret": "short"}, "InvalidMember"),
        ({"client": None}, "InvalidMember"),
        ({"data": "x" * 1025}, "InvalidMember"),
    ],
)
async def test_bad_input_has_a_typed_error(
    stack: LocalStack, variables: dict[str, Any], error_type: str
) -> None:
    west, _ = stack.running.regions
    async with aiohttp.ClientSession() as session:
        answer = await Tab(west, session, "ann").call(_ENTER, **{"name": "media", **variables})
    assert [each["errorType"] for each in answer["errors"]] == [error_type]


async def test_a_purge_ends_members_and_watchers_in_every_region(
    stack: LocalStack, folder: object
) -> None:
    running = stack.running
    west, sydney = running.regions
    async with aiohttp.ClientSession() as session, watching(sydney, "robots") as watch:
        ann = Tab(west, session, "ann")
        await ann.enter("robots")
        await watch.until("ENTER", "anon:ann")
        await _globalws(folder, 'purge robots --reason "test" --yes --no-wait')

        async def gone() -> bool:
            return not await members(west, session, "robots")

        await asyncio.wait_for(watch.ended.wait(), 30)
        await _until(gone, "the member is not shown")
        assert await ann.channels() == []


async def test_a_lease_that_nobody_renews_becomes_one_leave(stack: LocalStack) -> None:
    """The sweep is started here as its schedule starts it each minute."""
    running = stack.running
    west, sydney = running.regions
    async with aiohttp.ClientSession() as session, watching(sydney, "cars") as watch:
        ann = Tab(west, session, "ann")
        await ann.enter("cars")
        await watch.until("ENTER", "anon:ann")
        leases = aws_client(running, west.region, "dynamodb")
        leases.update_item(
            TableName=outputs(running, west)["LeasesTableName"],
            Key={"connection": {"S": ann.connection}},
            UpdateExpression="SET expiresAt = :past",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )
        assert await members(west, session, "cars") == []  # at once, whatever the sweep does
        aws_client(running, west.region, "lambda").invoke(
            FunctionName=outputs(running, west)["SweepFunctionName"],
            InvocationType="Event",
            Payload=(ROOT / "events" / "sweep.json").read_bytes(),
        )
        await watch.until("LEAVE", "anon:ann")
        answer = await ann.call(_HEARTBEAT)
        assert [each["errorType"] for each in answer["errors"]] == ["LeaseExpired"]
