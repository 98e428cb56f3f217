"""One id with two texts, published at once in several regions: all regions keep the same text."""

import asyncio
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random
from typing import Any

from globalws_client.ulid import id_at
from globalws_functions.domain.errors import DuplicateMessageError, PermanentError
from globalws_functions.domain.message import Message
from globalws_functions.domain.replay import replay
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.appsync.engine import Engine, build_engine
from emulator.appsync.javascript import load
from emulator.appsync.javascript.program import Host
from emulator.appsync.sigv4 import IamCredential
from tests.support.project_api import MemoryServices, ask, ask_as_iam, project_api
from tests.unit.graphql.test_known_ids import PUBLISH, REPLAY

_NOW = 1_800_000_000_000
ID = id_at(_NOW)
_REGIONS = ("ap-southeast-2", "eu-west-1", "us-west-2")


@dataclass
class _Slow(MemoryServices):
    """Services that take a random number of turns of the loop for each call."""

    random: Random = field(default_factory=Random)

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        await self._wait()
        answer = await super().put_events(bus_arn, entries)
        await self._wait()
        return answer

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        await self._wait()
        return await super().dynamodb(operation, payload, region)

    async def _wait(self) -> None:
        for _ in range(self.random.randrange(6)):
            await asyncio.sleep(0)


@dataclass
class _Region:
    """One region: its API, its bus, and what Replay kept as dead dead_letters."""

    name: str
    services: _Slow = field(default_factory=_Slow)
    clock: int = 0
    dead_letters: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0

    @property
    def text(self) -> str:
        (item,) = self.services.tables["Messages"].values()
        text: str = item["message"]["S"]
        return text

    async def publish(self, engine: Engine, text: str) -> str | None:
        """The refusal's errorType, or None if the message was accepted."""
        self.clock += 1
        answer = await ask(engine, PUBLISH, message=text, id=ID)
        errors = answer.body.get("errors")
        return errors[0]["errorType"] if errors else None

    async def replay(self, engine: Engine, event: dict[str, Any]) -> None:
        """What functions/replay.py does, with the API's answer as its adapter reads it."""
        errors = (await ask_as_iam(engine, REPLAY, **event)).body.get("errors")
        kind = errors[0]["errorType"] if errors else None

        class Api:
            def publish_from_bus(self, message: Message) -> None:
                if kind == "DuplicateMessage":
                    raise DuplicateMessageError(kind)
                if kind is not None:
                    raise PermanentError(kind, kind)

        class DeadLetters:
            @staticmethod
            def send(event: Any, error_type: str, reason: str) -> None:
                assert error_type == "InvalidMessageId"
                self.dead_letters.append(event["detail"])

        replay(
            {"source": "globalws", "detail-type": "MessagePublished", "detail": event},
            Api(),
            DeadLetters(),
        )


@cache
def _world() -> dict[str, tuple[_Region, Engine]]:
    """Build it once, because that compiles every resolver."""

    def one(name: str) -> tuple[_Region, Engine]:
        region = _Region(name)
        api = project_api()
        host = Host(now=lambda: _NOW + region.clock)
        return region, build_engine(
            replace(api, environment={**api.environment, "REGION": name}),
            region.services,
            credentials={"test": IamCredential("test")},
            loader=lambda source, environment: load(source, environment, host),
        )

    return {name: one(name) for name in _REGIONS}


async def _carry(random: Random, doubled: bool) -> bool:
    """EventBridge, one event of some region: to the peers' Replay, or to the region's own."""
    world = _world()
    waiting = [region for region, _ in world.values() if region.sent < len(region.services.events)]
    if not waiting:
        return False
    origin = random.choice(waiting)
    event = origin.services.events[origin.sent]
    origin.sent += 1
    goals = [name for name in _REGIONS if (name != origin.name) == (event["region"] == origin.name)]
    if event["region"] != origin.name:
        goals = [origin.name]
    random.shuffle(goals)
    for name in goals * (2 if doubled else 1):
        region, engine = world[name]
        await region.replay(engine, event)
    return True


async def _run(
    texts: list[tuple[str, str]], skews: list[int], seed: int, doubled: bool
) -> list[str | None]:
    random = Random(seed)
    world = _world()
    for (region, _), skew in zip(world.values(), skews, strict=True):
        region.services.events.clear()
        region.services.tables.clear()
        region.services.random = random
        region.clock, region.sent = skew, 0
        region.dead_letters.clear()

    async def publish(name: str, text: str) -> str | None:
        for _ in range(random.randrange(60)):
            await asyncio.sleep(0)
        region, engine = world[name]
        return await region.publish(engine, text)

    async def carry() -> None:
        for _ in range(200):
            await asyncio.sleep(0)
            await _carry(random, doubled)

    publishing = [publish(name, text) for name, text in texts]
    refusals = (await asyncio.gather(*publishing, carry()))[:-1]
    while await _carry(random, doubled):
        pass
    return list(refusals)


_PUBLISHES = st.lists(
    st.tuples(st.sampled_from(_REGIONS), st.sampled_from(["a", "b", "\uffff", "\U0001f600"])),
    min_size=2,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(_PUBLISHES, st.tuples(*[st.integers(-3, 3)] * 3), st.integers(0, 2**32), st.booleans())
@example([("us-west-2", "a"), ("eu-west-1", "b")], (0, 0, 0), 1, False)
@example([("us-west-2", "\uffff"), ("us-west-2", "\U0001f600")], (0, 0, 0), 2, False)
def test_all_regions_end_with_one_text_and_every_other_has_a_trace(
    texts: list[tuple[str, str]], skews: tuple[int, int, int], seed: int, doubled: bool
) -> None:
    refusals = asyncio.run(_run(texts, list(skews), seed, doubled))
    regions = [region for region, _ in _world().values()]
    assert len({region.text for region in regions}) == 1
    assert set(refusals) <= {None, "InvalidMessageId"}
    accepted = {text for (_, text), refusal in zip(texts, refusals, strict=True) if not refusal}
    if len({text for _, text in texts}) == 2:
        dead_letters = {each["message"] for region in regions for each in region.dead_letters}
        assert accepted - {regions[0].text} <= dead_letters
