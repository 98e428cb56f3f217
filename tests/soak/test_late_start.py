"""AWS acknowledges a subscription before it delivers to it: what that costs, and whom."""

import asyncio
import math
from collections import Counter
from uuid import uuid4

import aiohttp
import pytest
from globalws_client import Client, Options, Subscription

from tests.load.crowd import endpoint_of
from tests.support.clients import set_faults
from tests.support.stack import LocalStack

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

# test_soak.py, on the same stack, counts every message of its own channels.
_CHANNEL = "cars"
_SUBSCRIPTIONS = 20
_EARLY = Counter(["early home", "early away"])
_DELAY_MS = 5_000
_AFTER_IT = _DELAY_MS + 1_000
_SECONDS = 60.0


@pytest.mark.parametrize(
    ("settle_ms", "loses"),
    [
        pytest.param(_AFTER_IT, False, id="history is read again"),
        pytest.param(math.inf, True, id="history is read once, as before the SDK"),
    ],
)
async def test_a_message_after_start_ack_is_lost_only_if_history_is_read_once(
    stack: LocalStack, settle_ms: float, loses: bool
) -> None:
    """Later messages arrive in every subscription, so it works: the early one is gone for good."""
    regions = [endpoint_of(each) for each in stack.running.regions]
    late = {"seed": 1, "api": {"startDelayMs": _DELAY_MS}}
    async with (
        aiohttp.ClientSession() as session,
        Client(regions, options=Options(settle_ms=settle_ms)) as home,
        Client(regions[::-1]) as away,
    ):
        for region in stack.running.regions:
            await set_faults(session, region, late)
        try:
            got = await _received(home, away, loses=loses)
        finally:
            for region in stack.running.regions:
                await set_faults(session, region, {})
    missed = sum(not texts >= _EARLY for texts in got)
    print(f"{missed} of {len(got)} subscriptions missed a message after start_ack")
    assert (missed > 0) is loses
    assert all(count == 1 for texts in got for count in texts.values())


async def _received(home: Client, away: Client, *, loses: bool) -> list[Counter[str]]:
    """What each subscriber got, of messages that both regions accepted."""
    run = uuid4().hex
    got = [Counter[str]() for _ in range(_SUBSCRIPTIONS)]
    subscriptions = [home.subscribe(_CHANNEL) for _ in got]

    async def read(subscription: Subscription, texts: Counter[str]) -> None:
        async for message in subscription.messages():
            sent_by, _, text = message.message.partition(" ")
            if sent_by == run:  # an earlier case's last messages may be on their way
                texts[text] += 1

    async def publish(text: str) -> None:
        await asyncio.gather(
            home.publish(_CHANNEL, f"{run} {text} home"),
            away.publish(_CHANNEL, f"{run} {text} away"),
        )

    def complete(texts: Counter[str]) -> bool:
        return (texts - _EARLY).total() > 0 and (loses or texts >= _EARLY)

    async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
        for subscription in subscriptions:
            async for _ in subscription:
                if subscription.state == "live":
                    break
        readers = [group.create_task(read(*each)) for each in zip(subscriptions, got, strict=True)]
        await publish("early")
        number = 0
        while not all(map(complete, got)):
            number += 1
            await publish(f"later {number}")
        for reader in readers:
            reader.cancel()
    return got
