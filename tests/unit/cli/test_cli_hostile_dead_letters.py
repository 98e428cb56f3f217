"""Dead letters of any content: each is a row, and hides no other."""

import json
from dataclasses import replace
from typing import Any

import pytest

from cli.adapters.queues import Depth
from cli.commands import dlq
from cli.domain.dead_letters import DeadLetter, Queue
from tests.support.hostile.json_texts import HOSTILE
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment
from tests.unit.cli.samples import FUNCTION, HOME, MESSAGE, bus_dead_letter, dead_letter, record
from tests.unit.cli.test_cli_redrive import FakeQueue

OBJECTS = ("half a surrogate pair", "errors of other forms")


@pytest.fixture
def queues(deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each queue with one hostile dead letter of each kind, and a good one."""

    def queue_of(region: Any, kind: Queue) -> FakeQueue:
        texts = [*HOSTILE.values(), json.dumps(record() if kind is Queue.FUNCTION else MESSAGE)]
        dead_letters = [
            dead_letter_of(kind, text, f"{region.name}-{kind}-{number:04}")
            for number, text in enumerate(texts)
        ]
        return FakeQueue(dead_letters)

    monkeypatch.setattr(
        FakeQueue,
        "depth",
        lambda _: Depth(20, 0, 0),
        raising=False,
    )
    monkeypatch.setattr(dlq, "queue_of", queue_of)
    monkeypatch.setattr(dlq, "home_of", lambda *_: HOME)
    monkeypatch.setattr(dlq, "hand_over", lambda *_, **__: None)


def dead_letter_of(kind: Queue, text: str, message_id: str) -> DeadLetter:
    made = bus_dead_letter(FUNCTION, text) if kind is Queue.BUS else dead_letter(kind, text)
    return replace(made, message_id=message_id)


@pytest.mark.usefixtures("queues")
def test_dead_letters_of_any_content_are_listed_redriven_and_dropped(run: Run) -> None:
    count = len(HOSTILE) + 1
    # To the bus queue, every object is an event, which its function may have again.
    bus, function = 1 + len(OBJECTS), 1
    listed = run("dlq", "list", "--limit", "100", "--json")
    assert listed.code == 0
    messages = listed.document["messages"]
    assert len(messages) == 4 * count
    assert sum(each["poison"] is None for each in messages) == 2 * (bus + function)
    assert run("dlq", "list", "--limit", "100").code == 0
    for each in messages:
        for options in ((), ("--json",)):
            assert run("dlq", "show", each["messageId"], *options).code == 0
    redriven = run("dlq", "redrive", "--yes", "--json")
    assert redriven.code == 3
    done = [queue["done"] for queue in redriven.document["queues"]]
    assert done == [bus, function] * 2
    poison = [queue["poison"] for queue in redriven.document["queues"]]
    assert poison == [count - bus, count - function] * 2
    dropped = run("dlq", "drop", "--all", "--yes", "--json")
    assert dropped.code == 0
    assert [queue["done"] for queue in dropped.document["queues"]] == [count] * 4


@pytest.mark.usefixtures("queues")
@pytest.mark.parametrize("command", ["redrive", "drop"])
def test_a_dead_letter_that_is_named_and_not_found_is_no_success(run: Run, command: str) -> None:
    last = f"us-west-2-bus-{len(HOSTILE):04}"
    ran = run("dlq", command, last, "--yes")
    assert ran.code == 0, ran.err
    ran = run("dlq", command, last, "2f6b1c9e", "--yes")
    assert ran.code == 3
    assert "no queue holds 2f6b1c9e" in ran.err
    assert run("dlq", command, "2f6b1c9e", "--yes").code == 1
