"""The shared scenarios with the real driver, against real sockets and in real time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from globalws_client import (
    BufferOverflowError,
    Checkpoint,
    PublishFailedError,
    PublishOptions,
    PublishRefusedError,
    RegionEndpoint,
    Subscriber,
    nearest_first,
    publish,
)

from tests.integration.sdk.subscriber_fake_appsync import API_KEY, FakeAppSync
from tests.unit.sdk.subscriber_scenarios import Json, Log, label, load, options_of

PATIENCE_SECONDS = 15
SCENARIOS = load(real=True)


@pytest.fixture
async def fake() -> AsyncIterator[FakeAppSync]:
    async with FakeAppSync() as fake:
        yield fake


def endpoints(fake: FakeAppSync) -> list[RegionEndpoint]:
    return [
        RegionEndpoint(
            name,
            f"http://127.0.0.1:{port}/graphql",
            f"ws://127.0.0.1:{port}/graphql/realtime",
            API_KEY,
        )
        for name, port in fake.ports.items()
    ]


class RealRunner:
    """One run of one scenario."""

    def __init__(self, scenario: Json, fake: FakeAppSync) -> None:
        self._scenario = scenario
        self._fake = fake
        self._world = fake.world
        self._log = Log()
        self._paused = False
        self._subscriber: Subscriber | None = None
        self._consumer: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            for step in self._scenario["steps"]:
                # No await in between: steps of the world happen at one moment.
                if self._world.handles(step):
                    self._world.apply(step)
                else:
                    await self._step(*next(iter(step.items())))
        finally:
            await self._end()

    async def _start(self, **more: Any) -> None:
        if "after" in self._scenario.get("options", {}):
            more["after"] = self._world.message_id(self._scenario["options"]["after"])
        options = options_of(self._scenario, **more)
        self._subscriber = await Subscriber("tech", endpoints(self._fake), options).__aenter__()
        if not self._paused:
            self._consume()

    def _consume(self) -> None:
        self._consumer = asyncio.create_task(self._read())

    async def _pause(self) -> None:
        # Cancelling an iteration that waits for an event loses nothing.
        if self._consumer is not None:
            self._consumer.cancel()
            await asyncio.gather(self._consumer, return_exceptions=True)

    async def _read(self) -> None:
        assert self._subscriber is not None
        try:
            async for event in self._subscriber:
                self._log.add(label(event))
            self._log.add("end")
        except BufferOverflowError:
            self._log.add("overflow")

    async def _end(self) -> None:
        await self._pause()
        if self._subscriber is not None:
            await self._subscriber.close()

    async def _step(self, key: str, value: Any) -> None:
        world = self._world
        match key:
            case "start":
                await self._start()
            case "restart":
                assert self._subscriber is not None
                checkpoint = self._subscriber.checkpoint()
                assert checkpoint is not None
                await self._end()
                await self._start(checkpoint=Checkpoint.from_json(checkpoint.to_json()))
            case "until":
                await self._wait(lambda: self._log.reached(value), value)
            case "untilSubscribed":
                await self._wait(lambda: value in world.connected(), f"at {value}")
            case "untilConnections":
                await self._wait(lambda: world.connected() == value, str(value))
            case "wait":
                await asyncio.sleep(value / 1000)
            case "pause":
                self._paused = value
                if value:
                    await self._pause()
                else:
                    self._consume()
            case "expect":
                assert self._log.since_expected() == value
            case "expectHistoryCalls":
                assert world.history_calls == value
            case "expectConnections":
                await self._wait(lambda: world.connected() == value, str(value))
            case _:
                raise ValueError(key)

    async def _wait(self, done: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not done():  # noqa: ASYNC110 the log and the world announce nothing
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pytest.fail(f"never came: {what}; {self._log}")


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario(name: str, fake: FakeAppSync) -> None:
    await RealRunner(SCENARIOS[name], fake).run()


async def test_a_wrong_url_is_a_region_that_is_down(fake: FakeAppSync) -> None:
    good = endpoints(fake)[1]
    wrong = RegionEndpoint("us", "http://127.0.0.1:9", "ws://127.0.0.1:9", API_KEY)
    options = options_of({}, failover_attempts=2)
    async with Subscriber("tech", [wrong, good], options) as events:
        labels = [label(await anext(events)) for _ in range(4)]
    assert labels == ["connecting us", "connecting us", "connecting au", "failed-over au"]


async def test_nearest_first_leaves_what_does_not_answer_to_the_end(fake: FakeAppSync) -> None:
    wrong = RegionEndpoint("xx", "http://127.0.0.1:9/", "ws://127.0.0.1:9", API_KEY)
    async with aiohttp.ClientSession() as session:
        order = await nearest_first(session, [wrong, *endpoints(fake)])
    assert order[-1] is wrong


async def test_closing_ends_the_iteration(fake: FakeAppSync) -> None:
    subscriber = Subscriber("tech", endpoints(fake), options_of({}))
    async with subscriber as events:
        await anext(events)
        await subscriber.close()
        with pytest.raises(StopAsyncIteration):
            await anext(events)
    assert fake.world.connected() == []


FAST = PublishOptions(backoff_base_ms=1)
BUSY = {"errorType": "BusUnavailable", "message": "again"}


async def test_publish_retries_with_the_same_id_and_fails_over(fake: FakeAppSync) -> None:
    us, au = fake.regions["us"], fake.regions["au"]
    us.publish_answers = [BUSY, 503]
    message = await publish("tech", "hello", endpoints(fake), options=FAST)
    assert message.region == "au"
    assert message.message == "hello"
    assert {v["id"] for v in us.published + au.published} == {message.id}
    assert (len(us.published), len(au.published)) == (2, 1)


async def test_publish_refused(fake: FakeAppSync) -> None:
    refusal = {"errorType": "ChannelNotAllowed", "message": "no"}
    fake.regions["us"].publish_answers = [refusal]
    with pytest.raises(PublishRefusedError) as caught:
        await publish("tech", "hello", endpoints(fake), options=FAST)
    assert caught.value.error_type == "ChannelNotAllowed"
    assert len(fake.regions["us"].published) == 1


async def test_publish_failed_everywhere_tells_the_id(fake: FakeAppSync) -> None:
    for region in fake.regions.values():
        region.publish_answers = [BUSY] * 4
    with pytest.raises(PublishFailedError) as caught:
        await publish("tech", "hello", endpoints(fake), options=FAST)
    assert caught.value.id == fake.regions["au"].published[-1]["id"]
    message = await publish("tech", "hello", endpoints(fake), id=caught.value.id)
    assert message.id == caught.value.id
