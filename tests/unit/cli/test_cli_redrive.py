"""Walking through a queue: each letter once, bounded, nothing left hidden."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from cli.domain.letters import InvokeFunction, Letter, PutOnPeerBus, Queue, Reading, read_letter
from cli.errors import CliError, UnreachableError
from cli.redrive import Tally, drop, redrive
from cli.walk import Walk
from tests.unit.cli.samples import HOME, record


class FakeBox:
    """A queue whose clock does not move and whose hidden letters stay hidden."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        self.visible = list(letters)
        self.hidden: list[Letter] = []
        self.deleted: list[str] = []
        self.undeletable: set[str] = set()
        self.receives = 0
        self.reappears = False

    def now(self) -> float:
        return 100.0

    def receive(self, visibility_seconds: int) -> list[Letter]:
        self.receives += 1
        batch, self.visible = self.visible[:10], self.visible[10:]
        if self.reappears:
            self.visible += batch
        else:
            self.hidden += batch
        return batch

    def delete(self, letters: Sequence[Letter]) -> dict[str, str]:
        gone = {each.message_id for each in letters} - self.undeletable
        self.deleted += gone
        self.hidden = [each for each in self.hidden if each.message_id not in gone]
        self.visible = [each for each in self.visible if each.message_id not in gone]
        return dict.fromkeys(self.undeletable, "ReceiptHandleIsInvalid")

    def release(self, letters: Sequence[Letter]) -> dict[str, str]:
        names = {each.message_id for each in letters}
        self.visible += [each for each in self.hidden if each.message_id in names]
        self.hidden = [each for each in self.hidden if each.message_id not in names]
        return {}


def letters(count: int, *, poison: Sequence[int] = ()) -> list[Letter]:
    return [
        Letter(
            "us-west-2", Queue.FUNCTION, f"message-{number}", f"r{number}",
            json.dumps(record("replay", "PermanentFailure" if number in poison else "x")),
            {}, 1.0, 1,
        )
        for number in range(count)
    ]  # fmt: skip


def read(letter: Letter) -> Reading:
    return read_letter(letter, HOME)


class Destination:
    def __init__(self, refuses: int = 0) -> None:
        self.taken = 0
        self.refuses = refuses

    def __call__(self, to: InvokeFunction | PutOnPeerBus) -> None:
        if self.refuses:
            self.refuses -= 1
            raise UnreachableError("lambda does not answer")
        self.taken += 1


def run(box: FakeBox, destination: Destination, **options: object) -> Tally:
    tally = Tally("us-west-2", "function")
    chosen = {"wanted": lambda reading: True, "include_poison": False, **options}
    redrive(box, tally, read, destination, **chosen)  # type: ignore[arg-type]
    return tally


def test_thousands_are_redriven_and_deleted() -> None:
    box, destination = FakeBox(letters(1_500)), Destination()
    tally = run(box, destination)
    assert (tally.done, tally.failed, tally.poison) == (1_500, 0, 0)
    assert destination.taken == 1_500
    assert box.visible == box.hidden == []


def test_what_is_not_accepted_stays_and_is_visible_at_once() -> None:
    box = FakeBox(letters(30))
    tally = run(box, Destination(refuses=4))
    assert (tally.done, tally.failed) == (26, 4)
    assert len(box.visible) == 4
    assert box.hidden == []
    assert tally.stayed[0]["reason"] == "lambda does not answer"


def test_poison_stays_unless_it_is_asked_for() -> None:
    box = FakeBox(letters(5, poison=[1, 3]))
    tally = run(box, Destination())
    assert (tally.done, tally.poison) == (3, 2)
    assert {each.message_id for each in box.visible} == {"message-1", "message-3"}
    assert run(box, Destination(), include_poison=True).done == 2


def test_what_has_no_destination_stays_even_then() -> None:
    box = FakeBox([replace(letters(1)[0], body="{")])
    tally = run(box, Destination(), include_poison=True)
    assert (tally.done, tally.poison) == (0, 1)


def test_what_arrives_meanwhile_is_passed_by() -> None:
    box = FakeBox(
        [*letters(3), *[replace(each, message_id="late", sent_at=101) for each in letters(1)]]
    )
    tally = run(box, Destination())
    assert tally.done == 3
    assert [each.message_id for each in box.visible] == ["late"]


def test_a_queue_that_gives_the_same_letters_for_ever_ends() -> None:
    box = FakeBox(letters(20, poison=range(20)))
    box.reappears = True
    tally = run(box, Destination())
    assert tally.poison == 20
    assert box.receives < 20


def test_a_limit_is_kept() -> None:
    box = FakeBox(letters(50))
    assert run(box, Destination(), limit=15).done == 15
    assert len(box.visible) == 35


def test_what_was_accepted_but_not_deleted_is_told() -> None:
    box = FakeBox(letters(3))
    box.undeletable = {"message-2"}
    tally = run(box, Destination())
    assert (tally.done, tally.failed) == (2, 1)
    assert "redriven, but still in the queue" in tally.stayed[0]["reason"]


def test_letters_that_are_not_wanted_are_left() -> None:
    box = FakeBox(letters(3))
    tally = Tally("us-west-2", "function")
    drop(box, tally, read, wanted=lambda reading: reading.letter.message_id == "message-1")
    assert (tally.done, tally.passed_by) == (1, 2)
    assert box.deleted == ["message-1"]
    assert len(box.visible) == 2


def test_an_interrupted_walk_releases_what_it_holds() -> None:
    box = FakeBox(letters(12))
    with pytest.raises(CliError, match="stop"), Walk(box) as walk:  # noqa: PT012
        for _ in walk.batches():
            raise CliError("stop")
    assert box.hidden == []
    assert len(box.visible) == 12
