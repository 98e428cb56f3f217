"""Users with tokens on the two-region stack: blocked, granted and revoked everywhere.

Each command goes to the bus of the first region; what it does is seen in the second.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from cli.domain.names import new_ulid
from cli.stack_file import RunningRegion
from tests.e2e.test_operate import run
from tests.support.clients import (
    PUBLISH,
    Listener,
    Publisher,
    listening,
    set_faults,
    signed,
    token_of,
)
from tests.support.stack import LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

# The seconds that are promised are in tests/faults/test_access.py; here other tests may be busy.
_SECONDS = 30.0
_POLL_SECONDS = 0.05


class Access:
    """The regions, the operator's command, and users who come with tokens."""

    def __init__(self, stack: LocalStack, folder: Path, session: aiohttp.ClientSession) -> None:
        self._running = stack.running
        self.here, self.there = self._running.regions
        self.session = session
        self.tokens: dict[str, str] = {}
        self._folder = folder

    async def command(self, arguments: str) -> None:
        """Run `globalws` in the first region, without waiting for the other."""
        where = f"--region {self.here.region} --no-wait --reason test --yes"
        done = await asyncio.to_thread(run, f"globalws {arguments} {where}", self._folder)
        assert done.returncode == 0, done.stdout + done.stderr

    @asynccontextmanager
    async def listening(
        self, user: str, name: str, probed: str | None = None
    ) -> AsyncIterator[Listener]:
        """The user subscribes in the other region, and has received a message."""
        async with listening(self.there, name, self.tokens[user], probed) as listener:
            yield listener

    async def grant(self, user: str, channel: str, *operations: str) -> None:
        """Call the mutation `grant` in the other region, as a back end; no operation revokes."""
        query = (
            "mutation ($user: ID!, $channel: String!, $operations: [String!]!) "
            "{ grant(user: $user, channel: $channel, operations: $operations) { id } }"
        )
        given = {"user": user, "channel": channel, "operations": operations}
        answer = await signed(self.session, self._running, self.there, query, **given)
        assert not answer.get("errors"), answer

    async def refusal(self, user: str, name: str, region: RunningRegion | None = None) -> str:
        """The type of the error that the user's publish ends with; empty if it is accepted."""
        publisher = Publisher(region or self.there, self.session, self.tokens[user])
        answer = await publisher.execute(PUBLISH, name=name, message="x")
        errors = answer.get("errors") or [{"errorType": ""}]
        return str(errors[0]["errorType"])

    async def until(self, user: str, name: str, wanted: str) -> None:
        """Wait until the user's publish ends so in both regions."""
        async with asyncio.timeout(_SECONDS):
            for region in (self.there, self.here):
                while await self.refusal(user, name, region) != wanted:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(_POLL_SECONDS)


@pytest_asyncio.fixture
async def access(stack: LocalStack, tmp_path: Path) -> AsyncIterator[Access]:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").symlink_to(stack.stack_file)
    async with aiohttp.ClientSession() as session:
        found = Access(stack, tmp_path, session)
        for user in ("alice", "bob"):
            found.tokens[user] = await token_of(session, stack.running, user)
        yield found


async def test_a_blocked_user_is_out_in_both_regions_and_cannot_come_back(access: Access) -> None:
    async with AsyncExitStack() as exits:
        alice = await exits.enter_async_context(access.listening("alice", "tech"))
        bob = await exits.enter_async_context(access.listening("bob", "tech"))
        await access.command("users block alice")
        try:
            await asyncio.wait_for(alice.ended.wait(), _SECONDS)
            await access.until("alice", "tech", "UserBlocked")
            for region in (access.here, access.there):
                with pytest.raises(AssertionError, match="UserBlocked"):
                    async with listening(region, "tech", access.tokens["alice"]):
                        pass
            sent = await Publisher(access.here, access.session).publish("tech", "bob is still here")
            received = await bob.until(1)
            assert (received[-1]["id"], bob.ended.is_set()) == (sent["id"], False)
        finally:
            await access.command("users allow alice")
        await access.until("alice", "tech", "")
        await exits.enter_async_context(access.listening("alice", "tech"))


async def test_a_grant_opens_in_the_other_region_and_its_end_closes_there(access: Access) -> None:
    room = f"rooms:{new_ulid().lower()}"
    await access.command("channels allow 'rooms:*' --publish granted --subscribe granted")
    try:
        await access.until("alice", room, "AccessDenied")
        await access.command(f"users grant alice {room} publish subscribe")
        await access.until("alice", room, "")
        assert await access.refusal("bob", room) == "AccessDenied"
        async with access.listening("alice", room) as alice:
            with pytest.raises(AssertionError, match="AccessDenied"):
                async with access.listening("bob", room):
                    pass
            token = access.tokens["alice"]
            await Publisher(access.here, access.session, token).publish(room, "it is I")
            assert (await alice.until(1))[-1]["publisher"] == "alice"
            await access.command(f"users revoke alice {room}")
            await asyncio.wait_for(alice.ended.wait(), _SECONDS)
            await access.until("alice", room, "AccessDenied")
        await access.grant("bob", room, "publish")
        await access.until("bob", room, "")
        await access.grant("bob", room)
        await access.until("bob", room, "AccessDenied")
    finally:
        await access.command("channels reset 'rooms:*'")


@pytest.mark.parametrize("fault", ["throttleRate", "unprocessedRate"])
async def test_what_the_table_does_not_answer_is_closed(access: Access, fault: str) -> None:
    """`tech` is open to anyone: only a rule that could not be read keeps it closed."""
    await set_faults(access.session, access.there, {"dynamodb": {fault: 1.0}})
    try:
        for _ in range(10):
            assert await access.refusal("alice", "tech") == "RegistryUnavailable"
        with pytest.raises(AssertionError, match="RegistryUnavailable"):
            async with access.listening("alice", "tech"):
                pass
    finally:
        await set_faults(access.session, access.there, {})
    assert await access.refusal("alice", "tech") == ""


async def test_what_comes_to_a_blocked_channel_is_kept_and_delivered_to_nobody(
    access: Access, stack: LocalStack
) -> None:
    """A message that another region accepted before it knew of the block."""
    name = f"late:{new_ulid().lower()}"
    late = {
        "id": new_ulid(),
        "name": name,
        "message": "too late",
        "publishedAt": "2026-11-28T10:00:00.000Z",
        "origin": access.here.region,
    }
    replay = (
        "mutation ($id: ID!, $name: String!, $message: String!, $publishedAt: AWSDateTime!, "
        "$origin: String!) { publishFromBus(id: $id, name: $name, message: $message, "
        "publishedAt: $publishedAt, region: $origin) { id name message publishedAt region } }"
    )
    await access.command("channels allow 'late:*' --publish granted --subscribe granted")
    await access.command("users grant alice 'late:*' publish subscribe")
    try:
        # Accepted where rule and grant have arrived. The pattern below takes the grant.
        await access.until("alice", name, "")
        await access.command(f"channels block {name}")
        await access.until("alice", name, "ChannelBlocked")
        # A pattern above the block can be subscribed to, but this channel is silent there, too.
        async with access.listening("alice", "late:*", "late:other") as alice:
            answer = await signed(access.session, stack.running, access.there, replay, **late)
            assert answer["errors"][0]["errorType"] == "ChannelBlocked"
            publisher = Publisher(access.there, access.session, access.tokens["alice"])
            sent = await publisher.publish("late:other", "in time")
            assert [each["id"] for each in await alice.until(1)] == [sent["id"]]
        await access.command(f"channels allow {name}")
        await access.until("alice", name, "")
        history = "query ($name: String!) { history(name: $name) { items { id message } } }"
        found = await publisher.execute(history, name=name)
        kept = {each["id"]: each["message"] for each in found["data"]["history"]["items"]}
        assert kept[late["id"]] == "too late"
    finally:
        await access.command("users revoke alice 'late:*'")
        await access.command(f"channels reset {name}")
        await access.command("channels reset 'late:*'")
