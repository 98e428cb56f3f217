"""Publishers choose ids: of whatever time they are, no message is given out twice or hidden."""

import json
from datetime import UTC, datetime

import pytest
from globalws_client.options import Beginning, Options
from globalws_client.resume_position import ResumePosition
from globalws_client.types import Checkpoint, Message
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


def _restarted(position: ResumePosition, limit: int, clock: Clock) -> ResumePosition:
    checkpoint = position.checkpoint(())
    assert checkpoint is not None
    document = json.loads(json.dumps(checkpoint.to_json()))
    beginning = Beginning(checkpoint=Checkpoint.from_json(document))
    return ResumePosition(Options(seen_limit=limit), clock, beginning)


def _resumes_at_nothing_new(position: ResumePosition, clock: Clock) -> None:
    """A message published from now on is read from history, and given out once."""
    after, _ = position.resume("us")
    new = _published(id_at(clock.ms + STEP)[:10] + "NEW" * 5 + "N", clock)
    assert after < new.id
    assert position.wanted([new]) == [new]
    assert [position.accept(new), position.accept(new), position.accept(new)] == [
        True,
        False,
        False,
    ]


@given(st.lists(IDS, min_size=1, max_size=30, unique=True), st.integers(1, 8), st.booleans())
def test_ids_of_any_time_are_given_out_once_and_hide_nothing(
    ids: list[str], limit: int, restart: bool
) -> None:
    clock = Clock()
    position = ResumePosition(Options(seen_limit=limit), clock)
    position.begin(clock())
    messages = []
    for id in ids:
        message = _published(id, clock)
        assert [position.accept(message), position.accept(message)] == [True, False]
        messages.append(message)
    assert not any(position.accept(message) for message in messages[-limit:])
    position.has_read("us")
    if restart:
        position = _restarted(position, limit, clock)
    after, _ = position.resume("us")
    history = sorted((m for m in messages if m.id > after), key=lambda m: m.id)
    assert not any(position.accept(message) for message in position.wanted(history))
    _resumes_at_nothing_new(position, clock)


@pytest.mark.parametrize("field", ["floor", "evicted", "seen", "positionMs", "readUpToMs"])
def test_a_checkpoint_does_not_carry_a_future_on(field: str) -> None:
    future = {
        "floor": HIGHEST,
        "evicted": HIGHEST,
        "seen": [HIGHEST[:-1] + each for each in "01234567"],
        "positionMs": MAX_MS,
        "readUpToMs": {"us": MAX_MS},
    }
    good = Checkpoint(id_at(NOW - 60_000), id_at(0), NOW, {"us": NOW}, ()).to_json()
    checkpoint = Checkpoint.from_json({**good, field: future[field]})
    clock = Clock()
    position = ResumePosition(Options(seen_limit=5), clock, Beginning(checkpoint=checkpoint))
    _resumes_at_nothing_new(position, clock)


@given(IDS)
def test_a_beginning_after_any_id_hides_nothing_published_from_now_on(id: str) -> None:
    clock = Clock()
    _resumes_at_nothing_new(ResumePosition(Options(), clock, Beginning(after=id)), clock)


@given(TIMES)
def test_a_replay_brings_nothing_older_whatever_its_id(ms: int) -> None:
    clock = Clock()
    old = _published(id_at(ms), clock)
    clock.ms += 60_000
    position = ResumePosition(Options(), clock, Beginning(replay_ms=5_000))
    assert position.wanted([old]) == []
    _resumes_at_nothing_new(position, clock)
