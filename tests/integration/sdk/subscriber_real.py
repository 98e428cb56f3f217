"""Runs a scenario with the real driver, against real sockets and in real time."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from globalws_client import (
    ApiKey,
    BufferOverflowError,
    Checkpoint,
    Client,
    RegionEndpoint,
    Subscription,
    Token,
)

from tests.integration.sdk.subscriber_fake_appsync import API_KEY, FakeAppSync
from tests.unit.sdk.subscriber_scenarios import (
    Json,
    Log,
    beginning_of,
    channels_of,
    label,
    options_of,
)

PATIENCE_SECONDS = 15
# On a busy machine this process is silent for longer than a scenario's connection may be.
_PATIENT = {"keep_alive_ms": 60_000, "start_timeout_ms": 10_000}


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


class Consumer:
    """Reads one subscription, unless it is paused."""

    def __init__(self) -> None:
        self.log = Log()
        self.paused = False
        self.subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None

    def go_on(self) -> None:
        if not self.paused and self.subscription is not None:
            self._task = asyncio.create_task(self._read(self.subscription))

    async def pause(self) -> None:
        # Cancelling an iteration that waits for an event loses nothing.
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self, subscription: Subscription) -> None:
        try:
            async for event in subscription:
                self.log.add(label(event))
            self.log.add("end")
        except BufferOverflowError:
            self.log.add("overflow")


class RealRunner:
    """One run of one scenario."""

    def __init__(self, scenario: Json, fake: FakeAppSync) -> None:
        self._scenario = scenario
        self._fake = fake
        self._world = fake.world
        self._channels = channels_of(scenario)
        self._world.channel = self._channels[0]
        self._consumers = {name: Consumer() for name in self._channels}
        self._client: Client | None = None
        self._tokens = 0

    async def run(self) -> None:
        try:
            for step in self._scenario["steps"]:
                # No await in between: steps of the world happen at one moment.
                if self._world.handles(step):
                    self._world.apply(step)
                else:
                    consumer = self._consumers[step.get("channel", self._channels[0])]
                    await self._step(*next(iter(step.items())), consumer)
        finally:
            await self._end()

    async def _token(self) -> str:
        self._tokens += 1
        if self._world.tokens_fail:
            raise ConnectionError("no token today")
        return f"token-{self._world.oldest_token}"

    async def _start(self, checkpoint: Checkpoint | None = None) -> None:
        silent = any("silence" in step for step in self._scenario["steps"])
        patient = {"keep_alive_ms": 3000} if silent else _PATIENT
        options = options_of(self._scenario, **patient)
        auth = Token(self._token) if self._scenario.get("auth") == "token" else ApiKey()
        client = Client(endpoints(self._fake), auth=auth, options=options)
        self._client = await client.__aenter__()
        beginning = beginning_of(self._scenario, self._world.message_id)
        given = {"checkpoint": checkpoint} if checkpoint else vars(beginning)
        for name, consumer in self._consumers.items():
            consumer.subscription = client.subscribe(name, **given)
            consumer.go_on()

    async def _end(self) -> None:
        for consumer in self._consumers.values():
            await consumer.pause()
        if self._client is not None:
            await self._client.close()

    async def _step(self, key: str, value: Any, consumer: Consumer) -> None:
        world, log = self._world, consumer.log
        match key:
            case "start":
                await self._start()
            case "restart":
                assert consumer.subscription is not None
                checkpoint = consumer.subscription.checkpoint()
                assert checkpoint is not None
                await self._end()
                await self._start(Checkpoint.from_json(checkpoint.to_json()))
            case "until":
                await self._wait(lambda: log.reached(value), f"{value}; {log}")
            case "untilAll":
                for each in self._consumers.values():
                    await self._wait(lambda log=each.log: log.reached(value), f"{value}; {log}")
            case "untilSubscribed":
                await self._wait(lambda: value in world.connected(), f"at {value}")
            case "untilConnections" | "expectConnections":
                await self._wait(lambda: world.connected() == value, str(value))
            case "untilTokens":
                await self._wait(lambda: self._tokens >= value, f"{value} tokens")
            case "wait":
                await asyncio.sleep(value / 1000)
            case "pause":
                consumer.paused = value
                if value:
                    await consumer.pause()
                else:
                    consumer.go_on()
            case "token":
                world.token(value)
            case "expect":
                assert log.since_expected() == value
            case "expectHistoryCalls":
                assert world.history_calls == value
            case "expectSockets":
                await self._wait(lambda: world.sockets() == value, f"{value}: {world.sockets()}")
            case _:
                raise ValueError(key)

    async def _wait(self, done: Callable[[], bool], what: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not done():  # noqa: ASYNC110 the log and the world announce nothing
                    await asyncio.sleep(0.005)
        except TimeoutError:
            pytest.fail(f"never came: {what}")
