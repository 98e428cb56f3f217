"""PutEvents' checks and the envelope."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.eventbridge.entries import (
    MAXIMUM_BYTES,
    CallError,
    EntryError,
    Origin,
    check_call,
    entry_bytes,
    envelope,
)
from emulator.eventbridge.intake import dump

ORIGIN = Origin("us-west-2", "000000000000", 1_700_000_000.9)


def entry(**changes: Any) -> dict[str, Any]:
    return {"Source": "s", "DetailType": "t", "Detail": "{}", **changes}


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        (None, "ValidationException"),
        ([], "ValidationException"),
        ([entry()] * 11, "ValidationException"),
        ([entry(Surprise=1)], "ValidationException"),
        ([entry(Detail="x" * MAXIMUM_BYTES)], "ValidationException"),
        (["x"], "SerializationException"),
        ([entry(Source=1)], "SerializationException"),
        ([entry(Resources="x")], "SerializationException"),
        ([entry(Time="yesterday")], "SerializationException"),
        ([entry(Time=1e30)], "SerializationException"),
    ],
)
def test_calls_refused_as_a_whole(entries: Any, code: str) -> None:
    with pytest.raises(CallError) as refused:
        check_call(entries)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"DetailType": None}, "InvalidArgument"),
        ({"Detail": None}, "InvalidArgument"),
        ({"Detail": "[]"}, "MalformedDetail"),
        ({"Detail": "{"}, "MalformedDetail"),
        ({"Detail": '{"a": NaN}'}, "MalformedDetail"),
        ({"Detail": "[" * 100_000}, "MalformedDetail"),
        ({"Source": "aws.ec2"}, "NotAuthorizedForSourceException"),
    ],
)
def test_entries_refused_alone(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(EntryError) as refused:
        envelope(entry(**changes), ORIGIN, "id")
    assert refused.value.code == code


def test_size_is_counted_as_aws_counts_it() -> None:
    assert entry_bytes(entry(Detail='{"ü":1}')) == 1 + 1 + 8
    assert entry_bytes(entry(Time=1, Resources=["ab", "c"])) == 14 + 1 + 1 + 2 + 3
    exactly = entry(Detail="x" * (MAXIMUM_BYTES - 2))
    assert check_call([exactly]) == [exactly]


def test_time() -> None:
    assert envelope(entry(), ORIGIN, "i")["time"] == "2023-11-14T22:13:20Z"
    assert envelope(entry(Time=0), ORIGIN, "i")["time"] == "1970-01-01T00:00:00Z"
    iso = envelope(entry(Time="2026-01-02T03:04:05+01:00"), ORIGIN, "i")
    assert iso["time"] == "2026-01-02T02:04:05Z"


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_details_arrive_as_sent(detail: dict[str, Any]) -> None:
    event = envelope(entry(Detail=json.dumps(detail)), ORIGIN, "i")
    text = dump(event)
    assert json.loads(text.encode())["detail"] == detail


def test_lone_surrogates_survive() -> None:
    event = envelope(entry(Detail='{"a":"\\ud800 ü"}'), ORIGIN, "i")
    assert json.loads(dump(event).encode()) == event
