"""Callers at once get events in their order; every time option takes any time, or is refused."""

import asyncio
import json
import math
from random import Random
from typing import Any

import pytest
from globalws_client import (
    ApiKey,
    Checkpoint,
    MessageEvent,
    NoAnswerError,
    PublishOptions,
    Subscription,
)
from globalws_client import graphql as module
from globalws_client.delivery_buffer import Budget, DeliveryBuffer
from globalws_client.options import Beginning, Options
from globalws_client.resume_position import ResumePosition
from globalws_client.retry import Retry, part
from globalws_client.signals import Command
from globalws_client.types import Message, RegionEndpoint
from globalws_client.ulid import id_at, is_ulid

NOW = 1_795_000_000_000
DAY = 86_400_000
LONG = [2**31 - 1, 2**31, 60 * DAY, 2**53, 1e300, math.inf]
TIMES = [name for name in Options.__dataclass_fields__ if name.endswith("_ms")]
PUBLISH_TIMES = ["timeout_ms", "backoff_base_ms", "backoff_cap_ms"]


class Channel:
    """A delivery buffer and its subscription, which is woken as the client does it."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        position, budget = ResumePosition(Options(), lambda: NOW), Budget(math.inf)
        self._unread = DeliveryBuffer(
            1, ("us",), Options(), position, budget, self._commands, skip_own=False
        )
        source: Any = None  # nothing is asked of the client
        self.events = Subscription("tech", 1, source, self._unread)

    def put(self, number: int) -> None:
        self._unread.deliver_live(Message(id_at(NOW + number), "tech", str(number), "", "us"))
        if self._commands:
            self._commands.clear()
            self.events.wake()

    async def take(self) -> str:
        event = await anext(self.events, None)
        return event.message.message if isinstance(event, MessageEvent) else "end"


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
async def test_three_calls_at_once_get_the_events_in_order_and_end(count: int) -> None:
    channel = Channel()
    calls = [asyncio.create_task(channel.take()) for _ in range(3)]
    await asyncio.sleep(0)
    for number in range(count):
        channel.put(number)
    await asyncio.sleep(0)
    channel.events.finish(None)
    got = await asyncio.gather(*calls)
    assert got == [str(place) if place < count else "end" for place in range(3)]


async def test_each_of_two_calls_is_woken_when_something_comes_for_it() -> None:
    channel = Channel()
    calls = [asyncio.create_task(channel.take()) for _ in range(2)]
    for number, call in enumerate(calls):
        await asyncio.sleep(0)
        channel.put(number)
        async with asyncio.timeout(1):
            assert await call == str(number)


async def test_a_call_that_comes_later_does_not_go_first() -> None:
    channel, got = Channel(), []

    async def take(name: str) -> None:
        got.append(name + await channel.take())

    first = asyncio.create_task(take("a"))
    await asyncio.sleep(0)
    channel.put(1)
    second = asyncio.create_task(take("b"))
    channel.put(2)
    await asyncio.gather(first, second)
    assert got == ["a1", "b2"]


async def test_a_call_that_was_given_up_takes_nothing_along() -> None:
    channel = Channel()
    waiting = [asyncio.create_task(channel.take()) for _ in range(2)]
    await asyncio.sleep(0)
    channel.put(1)
    waiting[0].cancel()
    channel.put(2)
    assert await waiting[1] == "1"
    assert await channel.take() == "2"


@pytest.mark.parametrize("ms", LONG)
@pytest.mark.parametrize("name", TIMES)
def test_a_time_may_be_as_long_as_one_likes(name: str, ms: float) -> None:
    options: Options = Options(**{name: ms})  # type: ignore[arg-type]
    position = ResumePosition(options, lambda: NOW)
    position.begin(NOW)
    position.has_read("us")
    for region in ("us", "au"):
        after, _ = position.resume(region)
        assert is_ulid(after)
    checkpoint = position.checkpoint(())
    assert checkpoint is not None
    document = json.loads(json.dumps(checkpoint.to_json(), allow_nan=False))
    assert Checkpoint.from_json(document) == checkpoint
    retry = Retry(options, 2, Random(1).random)
    for now in range(100):
        assert retry.lost(0, now, None, kicked=False).delay_ms >= 0


@pytest.mark.parametrize("bad", [math.nan, -1, -math.inf, "5", None])
@pytest.mark.parametrize("name", [*TIMES, "silence_factor", "history_attempts", "buffer_limit"])
def test_what_is_no_time_is_refused(name: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a number"):
        Options(**{name: bad})


@pytest.mark.parametrize("bad", [math.nan, -1, "5"])
def test_a_replay_of_no_time_is_refused(bad: Any) -> None:
    with pytest.raises(ValueError, match="replay_ms must be a number"):
        Beginning(replay_ms=bad)


@pytest.mark.parametrize("ms", LONG[3:])
def test_a_replay_of_all_times_begins_at_the_first(ms: float) -> None:
    position = ResumePosition(Options(), lambda: NOW, Beginning(replay_ms=ms))
    assert position.resume("us") == (id_at(0), False)


@pytest.mark.parametrize("bad", [math.nan, -1, "5", None])
@pytest.mark.parametrize("name", [*PUBLISH_TIMES, "attempts", "rounds"])
def test_publish_refuses_what_is_no_time(name: str, bad: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a number"):
        PublishOptions(**{name: bad})


@pytest.mark.parametrize("name", ["attempts", "rounds"])
def test_publish_tries_a_whole_number_of_times(name: str) -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        PublishOptions(**{name: math.inf})  # type: ignore[arg-type]


@pytest.mark.parametrize("random", [0.0, 0.5])
def test_a_part_of_for_ever_is_for_ever(random: float) -> None:
    assert part(math.inf, random) == math.inf
    assert part(8, random) == 8 * random


class SlowSession:
    """Never answers; knows by when it had to."""

    timeout: Any = None
    closed = False

    def post(self, _: str, **options: Any) -> "SlowSession":
        self.timeout = options["timeout"]
        return self

    async def __aenter__(self) -> "SlowSession":
        # As aiohttp does it: at a whole second.
        if self.timeout.total is not None:
            math.ceil(asyncio.get_running_loop().time() + self.timeout.total)
        raise TimeoutError

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("ms", LONG)
async def test_a_request_may_take_as_long_as_one_likes(ms: float) -> None:
    endpoint = RegionEndpoint("us", "https://api.test/graphql", "wss://api.test", "k")
    session: Any = SlowSession()
    with pytest.raises(NoAnswerError):
        await module.execute(session, endpoint, ApiKey(), module.PING, {}, ms)
    assert session.timeout.total is None or session.timeout.total == ms / 1000
