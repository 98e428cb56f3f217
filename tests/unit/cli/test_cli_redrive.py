"""Draining a queue: each dead letter once, bounded, nothing left hidden."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.adapters.clients import Access, Clients
from cli.adapters.queues import DeadLetterQueue, Depth
from cli.adapters.stacks import Stack
from cli.deploy import stacks
from cli.domain.dead_letters import (
    DeadLetter,
    InvokeFunction,
    PutOnPeerBus,
    Queue,
    Reading,
    read_dead_letter,
)
from cli.drain import Drain
from cli.errors import CliError, UnreachableError
from cli.redrive import Tally, drop, redrive
from tests.unit.cli.samples import HOME, record


class FakeQueue:
    """A queue whose clock does not move and whose hidden dead letters stay hidden."""

    def __init__(self, dead_letters: Sequence[DeadLetter]) -> None:
        self.visible = list(dead_letters)
        self.hidden: list[DeadLetter] = []
        self.deleted: list[str] = []
        self.undeletable: set[str] = set()
        self.receives = 0
        self.reappears = False

    def now(self) -> float:
        return 100.0

    def receive(self, visibility_seconds: int) -> list[DeadLetter]:
        self.receives += 1
        batch, self.visible = self.visible[:10], self.visible[10:]
        if self.reappears:
            self.visible += batch
        else:
            self.hidden += batch
        return batch

    def delete(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        gone = {each.message_id for each in dead_letters} - self.undeletable
        self.deleted += gone
        self.hidden = [each for each in self.hidden if each.message_id not in gone]
        self.visible = [each for each in self.visible if each.message_id not in gone]
        return dict.fromkeys(self.undeletable, "ReceiptHandleIsInvalid")

    def release(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        names = {each.message_id for each in dead_letters}
        self.visible += [each for each in self.hidden if each.message_id in names]
        self.hidden = [each for each in self.hidden if each.message_id not in names]
        return {}


def dead_letters(count: int, *, poison: Sequence[int] = ()) -> list[DeadLetter]:
    return [
        DeadLetter(
            "us-west-2", Queue.FUNCTION, f"message-{number}", f"r{number}",
            json.dumps(record("replay", "PermanentFailure" if number in poison else "x")),
            {}, 1.0, 1,
        )
        for number in range(count)
    ]  # fmt: skip


def read(dead_letter: DeadLetter) -> Reading:
    return read_dead_letter(dead_letter, HOME)


class Destination:
    def __init__(self, refuses: int = 0) -> None:
        self.taken = 0
        self.refuses = refuses

    def __call__(self, to: InvokeFunction | PutOnPeerBus) -> None:
        if self.refuses:
            self.refuses -= 1
            raise UnreachableError("lambda does not answer")
        self.taken += 1


def run(queue: FakeQueue, destination: Destination, **options: object) -> Tally:
    tally = Tally("us-west-2", "function")
    chosen = {"wanted": lambda reading: True, "include_poison": False, **options}
    redrive(queue, tally, read, destination, **chosen)  # type: ignore[arg-type]
    return tally


def test_thousands_are_redriven_and_deleted() -> None:
    queue, destination = FakeQueue(dead_letters(1_500)), Destination()
    tally = run(queue, destination)
    assert (tally.done, tally.failed, tally.poison) == (1_500, 0, 0)
    assert destination.taken == 1_500
    assert queue.visible == queue.hidden == []


def test_what_is_not_accepted_stays_and_is_visible_at_once() -> None:
    queue = FakeQueue(dead_letters(30))
    tally = run(queue, Destination(refuses=4))
    assert (tally.done, tally.failed) == (26, 4)
    assert len(queue.visible) == 4
    assert queue.hidden == []
    assert tally.stayed[0]["reason"] == "lambda does not answer"


def test_poison_stays_unless_it_is_asked_for() -> None:
    queue = FakeQueue(dead_letters(5, poison=[1, 3]))
    tally = run(queue, Destination())
    assert (tally.done, tally.poison) == (3, 2)
    assert {each.message_id for each in queue.visible} == {"message-1", "message-3"}
    assert run(queue, Destination(), include_poison=True).done == 2


def test_what_has_no_destination_stays_even_then() -> None:
    queue = FakeQueue([replace(dead_letters(1)[0], body="{")])
    tally = run(queue, Destination(), include_poison=True)
    assert (tally.done, tally.poison) == (0, 1)


def test_what_arrives_meanwhile_is_passed_by() -> None:
    queue = FakeQueue(
        [
            *dead_letters(3),
            *[replace(each, message_id="late", sent_at=101) for each in dead_letters(1)],
        ]
    )
    tally = run(queue, Destination())
    assert tally.done == 3
    assert [each.message_id for each in queue.visible] == ["late"]


def test_a_queue_that_gives_the_same_dead_letters_for_ever_ends() -> None:
    queue = FakeQueue(dead_letters(20, poison=range(20)))
    queue.reappears = True
    tally = run(queue, Destination())
    assert tally.poison == 20
    assert queue.receives < 20


def test_a_limit_is_kept() -> None:
    queue = FakeQueue(dead_letters(50))
    assert run(queue, Destination(), limit=15).done == 15
    assert len(queue.visible) == 35


def test_what_was_accepted_but_not_deleted_is_told() -> None:
    queue = FakeQueue(dead_letters(3))
    queue.undeletable = {"message-2"}
    tally = run(queue, Destination())
    assert (tally.done, tally.failed) == (2, 1)
    assert "redriven, but still in the queue" in tally.stayed[0]["reason"]


def test_dead_letters_that_are_not_wanted_are_left() -> None:
    queue = FakeQueue(dead_letters(3))
    tally = Tally("us-west-2", "function")
    drop(queue, tally, read, wanted=lambda reading: reading.dead_letter.message_id == "message-1")
    assert (tally.done, tally.passed_by) == (1, 2)
    assert queue.deleted == ["message-1"]
    assert len(queue.visible) == 2


def test_an_interrupted_drain_releases_what_it_holds() -> None:
    queue = FakeQueue(dead_letters(12))
    with pytest.raises(CliError, match="stop"), Drain(queue) as drain:  # noqa: PT012
        for _ in drain.batches():
            raise CliError("stop")
    assert queue.hidden == []
    assert len(queue.visible) == 12


def test_a_function_that_is_waited_for_has_all_its_time() -> None:
    """A call that is given up earlier is repeated by boto3, while the function still runs."""
    template = Path(__file__).parents[3] / "template.yaml"
    timeouts = [int(each) for each in re.findall(r"^ +Timeout: (\d+)", template.read_text(), re.M)]
    access = Access("http://127.0.0.1:1", "http://127.0.0.1:1", "key", "secret")
    functions = Clients("us-west-2", access).functions
    assert functions.meta.config.read_timeout > max(timeouts) > 60


def test_a_region_is_not_removed_with_dead_letters_that_are_hidden_for_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a redrive that was interrupted."""
    monkeypatch.setattr(DeadLetterQueue, "depth", lambda _: Depth(0, 1, 0))
    outputs = {"BusDeadLetterQueueUrl": "https://queue/bus"}
    assert stacks.dead_letters(Stack("us-west-2", "globalws-us-west-2", outputs=outputs)) == 1
