"""The shared scenarios with the real driver, against real sockets and in real time."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from globalws_client import (
    ApiKey,
    Checkpoint,
    Client,
    PublishFailedError,
    PublishOptions,
    RefusedError,
    RegionEndpoint,
    State,
)
from globalws_client.nearest import nearest_first

from tests.integration.sdk.subscriber_fake_appsync import API_KEY, FakeAppSync
from tests.integration.sdk.subscriber_real import PATIENCE_SECONDS, RealRunner, endpoints
from tests.unit.sdk.subscriber_scenarios import (
    label,
    load,
    options_of,
)

SCENARIOS = load(real=True)
FIELDS = ("id", "name", "message", "publishedAt", "region")


@pytest.fixture
async def fake() -> AsyncIterator[FakeAppSync]:
    async with FakeAppSync() as fake:
        yield fake


@pytest.mark.parametrize("name", SCENARIOS)
async def test_scenario(name: str, fake: FakeAppSync) -> None:
    await RealRunner(SCENARIOS[name], fake).run()


async def test_a_wrong_url_is_a_region_that_is_down(fake: FakeAppSync) -> None:
    good = endpoints(fake)[1]
    wrong = RegionEndpoint("us", "http://127.0.0.1:9", "ws://127.0.0.1:9", API_KEY)
    options = options_of({}, failover_attempts=2)
    async with Client([wrong, good], options=options) as client:
        events = client.subscribe("tech")
        labels = [label(await anext(events)) for _ in range(4)]
        assert (client.state, client.region) == (State.FAILED_OVER, "au")
    assert labels == ["connecting us", "connecting us", "connecting au", "failed-over au"]


async def test_nearest_first_leaves_what_does_not_answer_to_the_end(fake: FakeAppSync) -> None:
    wrong = RegionEndpoint("xx", "http://127.0.0.1:9/", "ws://127.0.0.1:9", API_KEY)
    async with aiohttp.ClientSession() as session:
        order = await nearest_first(session, [wrong, *endpoints(fake)], ApiKey())
    assert order[-1] is wrong


async def test_closing_ends_every_iteration_and_waits_for_all(fake: FakeAppSync) -> None:
    states: list[str] = []
    client = Client(endpoints(fake), options=options_of({}))
    # One that raises changes nothing for the others.
    mistakes: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, said: mistakes.append(said["exception"]))
    client.on_state(lambda state, region: [][0])
    client.on_state(lambda state, region: states.append(f"{state} {region}"))
    async with client:
        first, second = client.subscribe("tech"), client.subscribe("cars")
        while second.state is not State.LIVE:
            await anext(second)
        await client.close()
        assert fake.world.connected() == []
        assert [event async for event in first] == []
        with pytest.raises(StopAsyncIteration):
            await anext(second)
    assert states == ["connecting us", "live us", "idle us", "closed us"]
    assert [type(each) for each in mistakes] == [IndexError] * 4
    assert client.state is State.CLOSED
    assert not [task for task in asyncio.all_tasks() if "us" in task.get_name()]


async def test_closing_one_subscription_leaves_the_others(fake: FakeAppSync) -> None:
    async with Client(endpoints(fake), options=options_of({})) as client:
        first, second = client.subscribe("tech"), client.subscribe("cars")
        for each in (first, second):
            while each.state is not State.LIVE:
                await anext(each)
        await first.close()
        fake.world.apply({"publish": "m1", "regions": ["us"], "channel": "cars"})
        messages = second.messages()
        assert (await anext(messages)).message == "m1"
        await messages.aclose()
        async with asyncio.timeout(PATIENCE_SECONDS):
            region = fake.world.regions["us"]
            while sum(map(len, region.connections.values())) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        # Where to go on from is known after the end, too.
        before = second.checkpoint()
        await second.close()
        after = second.checkpoint()
        assert before is not None
        assert after is not None
        assert after.seen == before.seen
        assert len(after.seen) == 1


async def test_a_thousand_channels_read_twice_cost_forty_requests(fake: FakeAppSync) -> None:
    options = options_of({}, settle_ms=2_000, history_timeout_ms=30_000)
    checkpoint = Checkpoint("0" * 26, "0" * 26, 0, {}, ())
    async with Client(endpoints(fake), options=options) as client:
        subscriptions = [
            client.subscribe(f"c{number}", checkpoint=checkpoint) for number in range(1_000)
        ]
        async with asyncio.timeout(60):
            while not all(each.state is State.LIVE for each in subscriptions):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert fake.world.sockets() == {"us": 5}
            while fake.world.history_calls < 2_000:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert (
        40 <= fake.history_requests <= 60
    )  # a query goes out as soon as there is something to ask


async def test_own_messages_can_be_left_out(fake: FakeAppSync) -> None:
    async with Client(endpoints(fake), options=options_of({})) as client:
        events = client.subscribe("tech", skip_own=True)
        while events.state is not State.LIVE:
            await anext(events)
        message = await client.publish("tech", "mine")
        mine = {**message._asdict(), "publishedAt": message.published_at}
        fake.regions["us"].deliver({key: mine[key] for key in FIELDS})
        fake.world.apply({"publish": "theirs", "regions": ["us"]})
        messages = events.messages()
        assert (await anext(messages)).message == "theirs"
        await messages.aclose()


async def test_history_is_paged_from_the_newest_message_back(fake: FakeAppSync) -> None:
    for number in range(5):
        ago = 50_000 - number * 1_000
        fake.world.apply({"publish": f"m{number}", "regions": ["us", "au"], "agoMs": ago})
    async with Client(endpoints(fake)) as client:
        first = await client.history("tech", last=3)
        second = await client.history("tech", last=3, next_token=first.next_token)
        fake.world.apply({"down": "us"})
        again = await client.history("tech", last=3)
    assert [m.message for m in first.messages] == ["m4", "m3", "m2"]
    assert [m.message for m in second.messages] == ["m1", "m0"]
    assert second.next_token is None
    assert again == first
    assert first.messages[0].age_ms() > 40_000


async def test_a_batch_is_read_although_one_of_its_channels_is_refused(fake: FakeAppSync) -> None:
    """`history` is not nullable: one field's error takes the data of all others along."""
    for name in ("good", "bad"):
        fake.world.apply({"publish": name, "regions": ["us"], "channel": name, "agoMs": 9_000})
    fake.regions["us"].refused_history = "bad"
    async with Client(endpoints(fake), options=options_of({})) as client:
        good = client.subscribe("good", rewind=5)
        bad = client.subscribe("bad", rewind=5)
        labels = [label(event) async for event in bad]
        messages = good.messages()
        assert (await anext(messages)).message == "good"
        await messages.aclose()
    assert labels[-1] == "refused us ChannelNotAllowed"


FAST = PublishOptions(backoff_base_ms=1)
BUSY = {"errorType": "BusUnavailable", "message": "again"}


async def test_publish_retries_with_the_same_id_and_fails_over(fake: FakeAppSync) -> None:
    us, au = fake.regions["us"], fake.regions["au"]
    us.publish_answers = [BUSY, 503]
    async with Client(endpoints(fake), publish_options=FAST) as client:
        message = await client.publish("tech", "hello")
    assert message.region == "au"
    assert message.message == "hello"
    assert {v["id"] for v in us.published + au.published} == {message.id}
    assert (len(us.published), len(au.published)) == (2, 1)


async def test_publish_refused(fake: FakeAppSync) -> None:
    refusal = {"errorType": "ChannelNotAllowed", "message": "no"}
    fake.regions["us"].publish_answers = [refusal]
    async with Client(endpoints(fake), publish_options=FAST) as client:
        with pytest.raises(RefusedError) as caught:
            await client.publish("tech", "hello")
    assert caught.value.error_type == "ChannelNotAllowed"
    assert len(fake.regions["us"].published) == 1


async def test_publish_failed_everywhere_tells_the_id(fake: FakeAppSync) -> None:
    for region in fake.regions.values():
        region.publish_answers = [BUSY] * 4
    async with Client(endpoints(fake), publish_options=FAST) as client:
        with pytest.raises(PublishFailedError) as caught:
            await client.publish("tech", "hello")
        assert caught.value.id == fake.regions["au"].published[-1]["id"]
        message = await client.publish("tech", "hello", id=caught.value.id)
    assert message.id == caught.value.id
