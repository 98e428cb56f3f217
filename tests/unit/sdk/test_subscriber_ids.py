"""Publishers choose ids: of whatever time they are, no message is given out twice or hidden."""

import json
from datetime import UTC, datetime

import pytest
from globalws_client.ledger import Ledger
from globalws_client.types import Checkpoint, Message, Options
from globalws_client.ulid import MAX_MS, id_at
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_000_000_000
STEP = 1_000
HIGHEST = "7" + "Z" * 25

# From 1970 to the year 10889, and around now.
TIMES = (
    st.integers(0, MAX_MS)
    | st.integers(NOW - 600_000, NOW + 600_000)
    | st.sampled_from([0, 1, NOW - 1, NOW, NOW + 1, MAX_MS - 1, MAX_MS])
)
IDS = st.builds(
    lambda ms, tail: id_at(ms)[:10] + tail,
    TIMES,
    st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=16, max_size=16),
)


class Clock:
    def __init__(self) -> None:
        self.ms = NOW

    def __call__(self) -> int:
        return self.ms


def _published(id: str, clock: Clock) -> Message:
    """A message that is published now, with this id."""
    clock.ms += STEP
    at = datetime.fromtimestamp(clock.ms / 1000, UTC).isoformat(timespec="milliseconds")
    return Message(id, "tech", "text", at, "us")


def _restarted(ledger: Ledger, limit: int, clock: Clock) -> Ledger:
    checkpoint = ledger.checkpoint(())
    assert checkpoint is not None
    document = json.loads(json.dumps(checkpoint.to_json()))
    options = Options(seen_limit=limit, checkpoint=Checkpoint.from_json(document))
    return Ledger(options, clock)


def _resumes_at_nothing_new(ledger: Ledger, clock: Clock) -> None:
    """A message published from now on is read from history, and given out once."""
    after, _ = ledger.resume("us")
    new = _published(id_at(clock.ms + STEP)[:10] + "NEW" * 5 + "N", clock)
    assert after < new.id
    assert ledger.wanted([new]) == [new]
    assert [ledger.accept(new), ledger.accept(new), ledger.accept(new)] == [True, False, False]


@given(st.lists(IDS, min_size=1, max_size=30, unique=True), st.integers(1, 8), st.booleans())
def test_ids_of_any_time_are_given_out_once_and_hide_nothing(
    ids: list[str], limit: int, restart: bool
) -> None:
    clock = Clock()
    ledger = Ledger(Options(seen_limit=limit), clock)
    ledger.begin()
    messages = []
    for id in ids:
        message = _published(id, clock)
        assert [ledger.accept(message), ledger.accept(message)] == [True, False]
        messages.append(message)
    assert not any(ledger.accept(message) for message in messages[-limit:])
    ledger.cover("us")
    if restart:
        ledger = _restarted(ledger, limit, clock)
    after, _ = ledger.resume("us")
    history = sorted((m for m in messages if m.id > after), key=lambda m: m.id)
    assert not any(ledger.accept(message) for message in ledger.wanted(history))
    _resumes_at_nothing_new(ledger, clock)


@pytest.mark.parametrize("field", ["floor", "evicted", "seen", "positionMs", "coveredMs"])
def test_a_checkpoint_does_not_carry_a_future_on(field: str) -> None:
    future = {
        "floor": HIGHEST,
        "evicted": HIGHEST,
        "seen": [HIGHEST[:-1] + each for each in "01234567"],
        "positionMs": MAX_MS,
        "coveredMs": {"us": MAX_MS},
    }
    good = Checkpoint(id_at(NOW - 60_000), id_at(0), NOW, {"us": NOW}, ()).to_json()
    checkpoint = Checkpoint.from_json({**good, field: future[field]})
    clock = Clock()
    ledger = Ledger(Options(seen_limit=5, checkpoint=checkpoint), clock)
    _resumes_at_nothing_new(ledger, clock)


@given(IDS)
def test_a_beginning_after_any_id_hides_nothing_published_from_now_on(id: str) -> None:
    clock = Clock()
    _resumes_at_nothing_new(Ledger(Options(after=id), clock), clock)


@given(TIMES)
def test_a_replay_brings_nothing_older_whatever_its_id(ms: int) -> None:
    clock = Clock()
    old = _published(id_at(ms), clock)
    clock.ms += 60_000
    ledger = Ledger(Options(replay_ms=5_000), clock)
    assert ledger.wanted([old]) == []
    _resumes_at_nothing_new(ledger, clock)
