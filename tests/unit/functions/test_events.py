"""Each sample in events/ keeps, or breaks, its contract; and its reader agrees."""

import json
from typing import Any

import pytest
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import InvalidEventError
from globalws_functions.domain.message import read_message_published
from globalws_functions.domain.presence import read_presence_changed
from globalws_functions.domain.publish_request import read_publish_requested
from globalws_functions.domain.schedule import check_scheduled_event

from tests.support.functions import EVENTS, contract, sample

READERS: list[tuple[str, str, Any]] = [
    ("replay", "MessagePublished", read_message_published),
    ("policy-change", "ChannelPolicyChanged", read_command),
    ("pattern-change", "ChannelPolicyChanged", read_command),
    ("user-change", "UserPolicyChanged", read_command),
    ("grant", "UserGrantChanged", read_command),
    ("purge", "PurgeRequested", read_command),
    ("purge-user", "PurgeRequested", read_command),
    ("janitor", "ScheduledEvent", check_scheduled_event),
    ("presence", "PresenceChanged", read_presence_changed),
    ("sweep", "ScheduledEvent", check_scheduled_event),
    ("publish-requested", "PublishRequested", read_publish_requested),
]
# More of what one of them reads, without a malformed one of its own.
VARIANTS: list[tuple[str, str, Any]] = [("policy-reset", "ChannelPolicyChanged", read_command)]


@pytest.mark.parametrize(("name", "detail_type", "read"), READERS + VARIANTS)
def test_the_sample_keeps_its_contract(name: str, detail_type: str, read: Any) -> None:
    contract(detail_type).validate(sample(name))
    read(sample(name))


@pytest.mark.parametrize(("name", "detail_type", "read"), READERS)
def test_the_malformed_sample_breaks_its_contract(name: str, detail_type: str, read: Any) -> None:
    event = sample(f"{name}-malformed")
    assert not contract(detail_type).is_valid(event)
    with pytest.raises(InvalidEventError):
        read(event)


def test_every_sample_and_every_contract_is_tested() -> None:
    names = {path.stem for path in EVENTS.glob("*.json")}
    pairs = {name + end for name, _, _ in READERS for end in ("", "-malformed")}
    assert names == pairs | {name for name, _, _ in VARIANTS}
    contracts = {path.stem for path in (EVENTS / "contracts").glob("*.json")}
    assert contracts == {detail_type for _, detail_type, _ in READERS}


@pytest.mark.parametrize("path", sorted((EVENTS / "entries").glob("*.json")), ids=lambda p: p.stem)
def test_an_entry_for_put_events_makes_a_valid_event(path: Any) -> None:
    (entry,) = json.loads(path.read_text())
    assert set(entry) == {"EventBusName", "Source", "DetailType", "Detail"}
    event = {
        **sample("purge"),
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "detail": json.loads(entry["Detail"]),
    }
    contract(entry["DetailType"]).validate(event)
    if entry["DetailType"] == "PublishRequested":
        # Put again it is another message, even in the same second.
        again = read_publish_requested({**event, "id": "another"})
        assert again.id != read_publish_requested(event).id
        return
    command = read_command(event)
    # Put again a minute later it is another command, not a repetition.
    again = read_command({**event, "time": "2026-11-23T10:21:00Z"})
    assert again.key != command.key
    assert again.decision > command.decision
