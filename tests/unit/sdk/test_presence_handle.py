"""A channel's presence as its consumer sees it, with a client's driver that is none."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from globalws_client import PresenceChange, RefusedError, RegionEndpoint, State, StateEvent
from globalws_client.presence import Presence
from globalws_client.presence_driver import PresenceDriver
from globalws_client.presence_types import Change, CountChange

from tests.unit.sdk.presence_virtual import AT

Json = dict[str, Any]


class FakeDriver:
    """Answers at once that all is well, and keeps what it was asked."""

    region = 0

    def __init__(self) -> None:
        self.asked: list[tuple[int, str, Json]] = []
        self.watching: dict[str, Callable[[Any], None]] = {}
        self.hangs = False

    async def ask(self, region: int, query: str, variables: Json) -> Json:
        operation = query.split("{ ")[1].split("(")[0]
        self.asked.append((region, operation, variables))
        if self.hangs:
            await asyncio.Event().wait()
        value: Any = {"seq": 1}
        if operation == "presence":
            value = {"items": [], "nextToken": None}
        return {"data": {operation: value}}

    def watch(
        self, channel: str, told: Callable[[Any], None], ended: Callable[[Any], None]
    ) -> Callable[[], None]:
        self.watching[channel] = told
        return lambda: self.watching.pop(channel, None) and None

    def operations(self) -> list[str]:
        return [operation for _, operation, _ in self.asked]


@pytest.fixture
async def fake() -> FakeDriver:
    return FakeDriver()


@pytest.fixture
async def presence(fake: FakeDriver) -> AsyncIterator[PresenceDriver]:
    regions = [RegionEndpoint(name, f"http://{name}", f"ws://{name}") for name in ("us", "au")]
    driver: Any = fake
    made = PresenceDriver(driver, regions, lambda: 0.5, lambda: "0" * 26, "me")
    yield made
    await made.close()


def told(fake: FakeDriver, action: Any, user: str, seq: int, data: str | None = None) -> None:
    fake.watching["chat"](Change(action, "us", AT, user, f"of {user}", seq, data))


async def test_it_is_ready_once_entered_and_read_and_leaves_when_it_is_closed(
    fake: FakeDriver, presence: PresenceDriver
) -> None:
    async with presence.open("chat", "hello", enter=True) as room:
        fake.watching["chat"](StateEvent(State.LIVE, "us"))
        async with asyncio.timeout(5):
            await room.ready()
        assert room.state is State.LIVE
        _, _, entered = fake.asked[0]
        assert (entered["client"], entered["data"]) == ("me", "hello")
        assert len(entered["secret"]) >= 16
        told(fake, "ENTER", "ann", 1, "hi")
        assert await anext(room) == PresenceChange("ENTER", "ann", "hi")
        assert room.members["ann"].data == "hi"
    assert fake.operations()[-1] == "leave"
    assert fake.watching == {}
    assert [event async for event in room] == []


async def test_one_that_only_watches_enters_nothing(
    fake: FakeDriver, presence: PresenceDriver
) -> None:
    async with presence.open("chat", None, enter=False) as room:
        fake.watching["chat"](StateEvent(State.LIVE, "us"))
        async with asyncio.timeout(5):
            await room.ready()
        room.update("nothing")
    assert set(fake.operations()) == {"presence"}


async def test_a_refused_subscription_is_raised(fake: FakeDriver, presence: PresenceDriver) -> None:
    room = presence.open("chat", None, enter=True)
    refused = StateEvent(State.REFUSED, "us", error_type="PresenceDisabled", reason="off")
    fake.watching["chat"](refused)
    for wait in (room.ready, room.__anext__):
        with pytest.raises(RefusedError, match="PresenceDisabled: off"):
            await wait()
    assert room.state is State.REFUSED


async def test_closing_does_not_wait_for_a_region_that_hangs(
    fake: FakeDriver, presence: PresenceDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("globalws_client.presence_driver._LEAVE_SECONDS", 0.05)
    fake.hangs = True
    room = presence.open("chat", None, enter=True)
    async with asyncio.timeout(5):
        await room.close()
    assert room.state is State.CLOSED


async def test_data_that_is_too_long_changes_nothing(
    fake: FakeDriver, presence: PresenceDriver
) -> None:
    with pytest.raises(ValueError, match="1024 bytes"):
        presence.open("chat", "é" * 513, enter=True)
    room = presence.open("chat", "é" * 512, enter=True)
    with pytest.raises(ValueError, match="1024 bytes"):
        room.update("x" * 1025)
    await room.close()
    assert fake.operations() == ["enter", "leave"]


@pytest.mark.parametrize(
    ("changes", "unread"),
    [
        (["ENTER a", "UPDATE b"], ["ENTER b"]),
        (["ENTER a", "LEAVE"], []),
        (["UPDATE a", "LEAVE"], ["LEAVE"]),
        (["LEAVE", "ENTER b"], ["UPDATE b"]),
        (["ENTER a", "LEAVE", "ENTER b"], ["ENTER b"]),
    ],
)
async def test_to_a_slow_reader_a_users_changes_become_one(
    fake: FakeDriver, presence: PresenceDriver, changes: list[str], unread: list[str]
) -> None:
    room: Presence = presence.open("chat", None, enter=False)
    for change in changes:
        action, _, data = change.partition(" ")
        room.put([PresenceChange(action, "ann", data or None)])  # type: ignore[arg-type]
    room.put([CountChange(300, more=False)])
    found = []
    while isinstance(event := await anext(room), PresenceChange):
        found.append(f"{event.action} {event.data or ''}".strip())
    assert found == unread
    assert room.count == CountChange(300, more=False)
