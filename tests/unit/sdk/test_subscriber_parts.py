"""What the scenarios do not show: single rules of the core's parts."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from globalws_client import signals
from globalws_client.catchup import CatchUp
from globalws_client.core import Core
from globalws_client.delivery_buffer import Budget, DeliveryBuffer
from globalws_client.options import Beginning, Options
from globalws_client.protocol import (
    Complete,
    ConnectionAck,
    Data,
    ErrorFrame,
    KeepAlive,
    StartAck,
    decode,
    subprotocols,
)
from globalws_client.resume_position import ResumePosition, SeenIds
from globalws_client.retry import Retry
from globalws_client.types import (
    Checkpoint,
    Message,
    MessageEvent,
    RegionEndpoint,
    State,
    StateEvent,
)
from globalws_client.ulid import UlidSource, id_at, id_before, is_ulid, new_ulid, time_of

NOW = 1_795_000_000_000


def message(offset_ms: int) -> Message:
    time = datetime.fromtimestamp((NOW + offset_ms) / 1000, UTC)
    return Message(id_at(NOW + offset_ms), "tech", "text", time.isoformat(), "us")


def test_ulids() -> None:
    id = new_ulid(NOW, Random(1).random)
    assert is_ulid(id)
    assert time_of(id) == NOW
    assert id_before(id) < id_at(NOW) <= id
    with pytest.raises(ValueError, match="not a ULID"):
        time_of("8" + "0" * 25)


def test_a_message_may_have_a_publisher() -> None:
    document = {
        "id": id_at(NOW), "name": "tech", "message": "m", "publishedAt": "", "region": "us",
    }  # fmt: skip
    assert Message.parse(document).publisher is None
    assert Message.parse({**document, "publisher": None}).publisher is None
    assert Message.parse({**document, "publisher": "ada"}).publisher == "ada"


def test_ids_of_one_publisher_are_in_order_within_a_millisecond() -> None:
    source = UlidSource(Random(1).random)
    ids = [source.new(NOW + n // 500) for n in range(1_000)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (
            '{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}',
            ConnectionAck(300_000),
        ),
        ('{"type":"connection_ack"}', ConnectionAck(None)),
        ('{"type":"ka"}', KeepAlive()),
        ('{"type":"start_ack","id":"1"}', StartAck(1)),
        ('{"type":"complete","id":"1"}', Complete(1)),
        ('{"type":"complete","id":"other"}', Complete(None)),
        ('{"type":"data","id":"1","payload":{"data":null,"errors":[{}]}}', Data(1, None)),
        ('{"type":"data","id":"1","payload":{"data":{"subscribe":{"id":"x"}}}}', Data(1, None)),
        (
            '{"type":"error","id":"1","payload":{"errors":{"errorType":"E","message":"m"}}}',
            ErrorFrame("E", "m", 1),
        ),
        (
            '{"type":"error","payload":{"errors":[{"errorType":"E"}]}}',
            ErrorFrame("E", "E"),
        ),
        ('{"type":"connection_error","payload":{}}', ErrorFrame("UnknownError", "{}")),
    ],
)
def test_frames(text: str, frame: object) -> None:
    assert decode(text) == frame


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "1"])
def test_what_is_no_frame(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(text)


def test_the_key_travels_in_the_subprotocol_and_in_no_repr() -> None:
    endpoint = RegionEndpoint("us", "http://h:1/graphql", "ws://h:1/graphql/realtime", "secret")
    name, header = subprotocols({"host": "h:1", "x-api-key": endpoint.api_key})
    assert name == "graphql-ws"
    assert set(header) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert "secret" not in repr(endpoint)


def test_seen_ids_forget_what_was_delivered_first_whatever_its_id() -> None:
    seen = SeenIds(2)
    assert seen.add("7ZZZZZZZZZ0000000000000000", NOW)
    times = [NOW + 9, NOW + 7]
    ids = [id_at(time) for time in times]
    assert [seen.add(id, time) for id, time in zip(ids, times, strict=True)] == [True, True]
    assert seen.evicted == id_at(NOW)
    assert [seen.add(id, time) for id, time in zip(ids, times, strict=True)] == [False, False]
    assert seen.without({ids[0]}) == (ids[1],)


def test_a_link_lost_with_undelivered_messages_covers_up_to_the_oldest_of_them() -> None:
    catchup = CatchUp(1)
    assert catchup.read_up_to() == (False, None)
    catchup.page([], None, [])
    assert catchup.read_up_to() == (True, None)
    catchup.hold(message(9000))
    catchup.hold(message(5000))
    assert catchup.read_up_to() == (True, NOW + 5000)
    assert catchup.next_page() == (id_before(id_at(NOW + 5000)), None)
    assert catchup.read_up_to() == (True, NOW + 4999)


@pytest.mark.parametrize("ahead_ms", [-600_000, 0])
def test_no_fast_region_moves_a_resume_ahead(ahead_ms: int) -> None:
    """Also where the client's own clock is behind: then it reads as much more."""
    position = ResumePosition(Options(), lambda: NOW + ahead_ms)
    position.begin(NOW + ahead_ms)
    position.accept(message(0))
    position.accept(message(420_000))
    position.has_read("us")
    after, _ = position.resume("us")
    assert NOW + ahead_ms - Options().overlap_ms <= time_of(after) < NOW


def test_full_jitter_grows_to_the_cap_and_starts_again_after_a_stable_connection() -> None:
    options = Options(failover_attempts=100, failover_ms=10**9)
    retry = Retry(options, 1, lambda: 1.0)
    delays = [retry.lost(0, 0, None, kicked=False).delay_ms for _ in range(9)]
    assert delays == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
    retry.live()
    flapping = retry.lost(0, 5000, live_since=1, kicked=False)
    assert flapping.delay_ms == 30_000
    stable = retry.lost(0, 10_000, live_since=0, kicked=False)
    assert (stable.delay_ms, stable.number) == (500, 1)


def test_fails_over_after_a_time_too() -> None:
    retry = Retry(Options(failover_attempts=100), 2, lambda: 0.0)
    assert retry.lost(0, 0, None, kicked=False).region == 0
    assert retry.lost(0, 14_999, None, kicked=False).region == 0
    assert retry.lost(0, 15_000, None, kicked=False).region == 1


def test_kicks_are_no_failures() -> None:
    retry = Retry(Options(), 2, lambda: 0.0)
    assert {retry.lost(0, t, t, kicked=True).region for t in range(50)} == {0}


def started() -> Core:
    """A core with one channel, whose connection is 2 and whose feed is 1."""
    core = Core(["us"], Options(), lambda: 0.0, lambda: NOW)
    core.handle(signals.AddChannel(0, "tech", Beginning()), 0)
    return core


def test_silence_is_measured_from_the_last_frame() -> None:
    core = started()
    core.received(2, ConnectionAck(300_000), 10)
    core.received(2, StartAck(1), 20)
    core.received(2, KeepAlive(), 60_000)
    again = core.handle(signals.TimerFired("silence:2"), 78_010)
    assert again == [signals.SetTimer("silence:2", 78_000 - 18_010)]
    lost = core.handle(signals.TimerFired("silence:2"), 138_000)
    assert signals.Drop(2) in lost


def test_the_servers_timeout_is_kept_if_it_is_shorter() -> None:
    commands = started().received(2, ConnectionAck(5000), 0)
    assert signals.SetTimer("silence:2", 5000) in commands


def test_checkpoints_are_plain_data() -> None:
    checkpoint = Checkpoint(id_at(1), id_at(2), 3, {"us": 4}, (id_at(5),))
    assert Checkpoint.from_json(json.loads(json.dumps(checkpoint.to_json()))) == checkpoint


@pytest.mark.parametrize(
    "options",
    [{"page_limit": 201}, {"page_limit": 2, "buffer_limit": 1}, {"hold_limit": 0}],
)
def test_options_that_cannot_work(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Options(**options)


@pytest.mark.parametrize(
    "beginning",
    [{"after": "x"}, {"after": id_at(1), "replay_ms": 1}, {"rewind": -1}, {"rewind": 1001},
     {"rewind": 1.5}],
)  # fmt: skip
def test_beginnings_that_cannot_be(beginning: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Beginning(**beginning)


def test_unread_states_are_bounded_and_messages_never_dropped() -> None:
    position, budget = ResumePosition(Options(), lambda: NOW), Budget(10_000)
    unread = DeliveryBuffer(1, ("us",), Options(), position, budget, [], skip_own=False)
    assert unread.deliver_live(message(0))
    for attempt in range(100):
        unread.tell(State.CONNECTING, 0, attempt=attempt)
    assert budget.size == message(0).size
    assert unread.unread() == [message(0)]
    assert unread.take() == MessageEvent(message(0))
    assert (budget.size, unread.unread()) == (0, [])
    events = [unread.take() for _ in range(64)]
    assert [e.attempt for e in events if isinstance(e, StateEvent)] == list(range(36, 100))
    assert unread.take() is None


def test_a_consumer_is_woken_once_after_it_found_nothing() -> None:
    commands: list[signals.Command] = []
    position, budget = ResumePosition(Options(), lambda: NOW), Budget(10_000)
    unread = DeliveryBuffer(7, ("us",), Options(), position, budget, commands, skip_own=False)
    unread.tell(State.CONNECTING, 0)
    assert commands == []
    assert (unread.take() is None, unread.take()) == (False, None)
    unread.tell(State.RESUMING, 0)
    unread.tell(State.LIVE, 0)
    assert commands == [signals.Wake(7)]
