"""Dead letters: what they say, and where a redrive takes them."""

import json
from typing import Any

import pytest
from globalws_functions.domain.command import read_command
from globalws_functions.domain.message import read_message_published
from globalws_functions.domain.redrive import redrive_of

from cli.domain.dead_letters import (
    DeadLetter,
    InvokeFunction,
    PutOnPeerBus,
    Queue,
    Reading,
    marked,
    read_dead_letter,
)
from tests.unit.cli.samples import (
    FUNCTION,
    HOME,
    MESSAGE,
    PEER_BUS,
    bus_dead_letter,
    change,
    dead_letter,
    event,
    record,
)


def test_an_event_that_missed_a_function_goes_to_that_function() -> None:
    reading = read_dead_letter(bus_dead_letter(FUNCTION), HOME)
    assert reading.destination == InvokeFunction("replay", None, MESSAGE)
    assert reading.reason == "NO_PERMISSIONS: not allowed (3 retries)"
    assert reading.poison == ""
    assert reading.summary()["channel"] == "tech"


def test_a_qualifier_is_kept() -> None:
    reading = read_dead_letter(bus_dead_letter(FUNCTION + ":live"), HOME)
    assert reading.destination == InvokeFunction("replay", "live", MESSAGE)


def test_a_message_that_missed_a_peer_goes_to_the_peers_bus_with_its_origin() -> None:
    reading = read_dead_letter(bus_dead_letter(PEER_BUS), HOME)
    assert isinstance(reading.destination, PutOnPeerBus)
    assert reading.destination.region == "ap-southeast-2"
    assert reading.destination.bus_arn == PEER_BUS
    assert reading.destination.detail == MESSAGE["detail"]
    assert reading.destination.time == "2026-11-23T10:15:01Z"


def test_a_command_by_hand_stays_the_same_command_on_a_peers_bus() -> None:
    by_hand = event("PurgeRequested", {"name": "tech", "reason": "spam", "by": "ops"})
    destination = read_dead_letter(bus_dead_letter(PEER_BUS, by_hand), HOME).destination
    assert isinstance(destination, PutOnPeerBus)
    arrived = {**by_hand, "region": "ap-southeast-2", "detail": destination.detail}
    before, after = read_command(by_hand), read_command(arrived)
    assert after == before
    assert after.origin == "us-west-2"


@pytest.mark.parametrize("allowed", [True, False, None])
def test_a_command_of_ours_is_carried_unchanged(allowed: bool | None) -> None:
    given = change("what", "ChannelPolicyChanged", name="media", allowed=allowed)
    detail = given.detail("us-west-2")
    document = event("ChannelPolicyChanged", detail)
    destination = read_dead_letter(bus_dead_letter(PEER_BUS, document), HOME).destination
    assert isinstance(destination, PutOnPeerBus)
    assert destination.detail == detail


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (dead_letter(Queue.BUS, "{"), "not JSON"),
        (dead_letter(Queue.BUS, "[]"), "not a JSON object"),
        (dead_letter(Queue.BUS, MESSAGE), "neither a function nor a bus"),
        (bus_dead_letter(FUNCTION.replace("replay", "admin")), "not of this stack"),
        (bus_dead_letter(FUNCTION.replace("us-west-2", "eu-west-1")), "this region and account"),
        (
            bus_dead_letter(FUNCTION.replace("123456789012", "999999999999")),
            "this region and account",
        ),
        (bus_dead_letter(PEER_BUS.replace("globalws", "other")), "not a bus of this deployment"),
        (bus_dead_letter(PEER_BUS.replace("ap-southeast-2", "eu-west-1")), "not a bus of this"),
        (bus_dead_letter(PEER_BUS.replace("123456789012", "999999999999")), "not a bus of this"),
        (bus_dead_letter(PEER_BUS, event("MessagePublished", {})), "breaks its contract"),
        (bus_dead_letter(PEER_BUS, event("Other", {})), "breaks its contract"),
        (
            bus_dead_letter(
                PEER_BUS,
                event("MessagePublished", {**MESSAGE["detail"], "region": "ap-southeast-2"}),  # type: ignore[dict-item]
            ),
            "where it is to go",
        ),
        (dead_letter(Queue.FUNCTION, {"requestContext": {}}), "no requestPayload"),
        (dead_letter(Queue.FUNCTION, record("admin")), "not of this stack"),
    ],
)
def test_what_has_no_destination_is_poison(found: DeadLetter, why: str) -> None:
    reading = read_dead_letter(found, HOME)
    assert reading.destination is None
    assert why in reading.poison
    json.dumps(reading.summary())


def test_a_failed_invocation_goes_to_its_function_again() -> None:
    reading = read_dead_letter(dead_letter(Queue.FUNCTION, record()), HOME)
    assert reading.destination == InvokeFunction("replay", None, MESSAGE)
    assert reading.reason == "RetriesExhausted: TransientError: HTTP 503"
    assert reading.poison == ""


def test_what_the_function_gave_up_at_once_is_poison_with_a_destination() -> None:
    reading = read_dead_letter(
        dead_letter(Queue.FUNCTION, record("replay", "PermanentFailure")), HOME
    )
    assert reading.destination == InvokeFunction("replay", None, MESSAGE)
    assert reading.poison == "TransientError: HTTP 503"


@pytest.mark.parametrize(
    "reading",
    [
        read_dead_letter(dead_letter(Queue.FUNCTION, record()), HOME),
        read_dead_letter(bus_dead_letter(FUNCTION), HOME),
        read_dead_letter(bus_dead_letter(PEER_BUS), HOME),
    ],
    ids=["function", "bus to a function", "bus to a peer"],
)
def test_a_redriven_event_says_where_it_lay_and_why(reading: Reading) -> None:
    destination, plain = marked(reading), reading.destination
    assert plain is not None
    if isinstance(destination, InvokeFunction):
        event: Any = destination.payload
        assert {**event, "redrive": None} == {**MESSAGE, "redrive": None}
    else:
        event = {"detail": destination.detail}
        assert {**destination.detail, "redrive": None} == {**MESSAGE["detail"], "redrive": None}
    mark = redrive_of(event)
    assert mark == {
        "region": "us-west-2", "queue": reading.dead_letter.queue.value, "reason": reading.reason,
        "deadLetteredAt": "1970-01-01T00:00:00.000Z",
    }  # fmt: skip
    assert read_message_published({**MESSAGE, **event}).id == MESSAGE["detail"]["id"]
