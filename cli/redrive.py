"""Redriving dead letters: each goes to its destination, and leaves its queue once it was accepted.

A run that ends between the two delivers a message again the next time; the API's store knows its
id, and drops it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cli.domain.letters import InvokeFunction, Letter, PutOnPeerBus, Reading, marked
from cli.errors import CliError
from cli.walk import LetterBox, Walk

_AT_ONCE = 10

Read = Callable[[Letter], Reading]
Wanted = Callable[[Reading], bool]
Deliver = Callable[[InvokeFunction | PutOnPeerBus], object]
"""Hands a letter's event to its destination. Raises CliError if it was not accepted."""


@dataclass
class Tally:
    """What became of a queue's letters. `stayed` tells of each that was wanted and stays."""

    region: str
    queue: str
    done: int = 0
    failed: int = 0
    poison: int = 0
    passed_by: int = 0
    stayed: list[dict[str, str]] = field(default_factory=list)
    error: str = ""

    def stays(self, letter: Letter, why: str) -> None:
        """Notes a letter that stays in its queue."""
        self.stayed.append({"messageId": letter.message_id, "reason": why})


def redrive(
    box: LetterBox,
    tally: Tally,
    read: Read,
    deliver: Deliver,
    *,
    wanted: Wanted,
    include_poison: bool,
    limit: int | None = None,
) -> None:
    """Redrives the wanted letters of a queue and counts them in `tally`, also if it is interrupted.

    Raises:
        CliError: the queue could not be read; what was done until then is in the tally.
    """
    with Walk(box, limit) as walk, ThreadPoolExecutor(_AT_ONCE, "redrive") as pool:
        for batch in walk.batches():
            sendable = []
            for reading in map(read, batch):
                if not wanted(reading):
                    tally.passed_by += 1
                elif reading.destination is None or (reading.poison and not include_poison):
                    tally.poison += 1
                    tally.stays(reading.letter, f"poison: {reading.poison}")
                else:
                    sendable.append(reading)
            reasons = pool.map(lambda reading: _deliver(deliver, reading), sendable)
            accepted = []
            for reading, reason in zip(sendable, reasons, strict=True):
                if reason is None:
                    accepted.append(reading.letter)
                else:
                    tally.failed += 1
                    tally.stays(reading.letter, reason)
            _delete(walk, accepted, tally, "redriven, but still in the queue")


def drop(
    box: LetterBox, tally: Tally, read: Read, *, wanted: Wanted, limit: int | None = None
) -> None:
    """Deletes the wanted letters of a queue for good. Raises CliError as `redrive` does."""
    with Walk(box, limit) as walk:
        for batch in walk.batches():
            readings = [read(letter) for letter in batch]
            unwanted = [reading for reading in readings if not wanted(reading)]
            tally.passed_by += len(unwanted)
            letters = [reading.letter for reading in readings if wanted(reading)]
            _delete(walk, letters, tally, "not deleted")


def _delete(walk: Walk, letters: Sequence[Letter], tally: Tally, what_if_not: str) -> None:
    try:
        failed = walk.delete(letters)
    except CliError as error:
        tally.failed += len(letters)
        for letter in letters:
            tally.stays(letter, f"{what_if_not}: {error}")
        raise
    tally.done += len(letters) - len(failed)
    tally.failed += len(failed)
    for letter in letters:
        if letter.message_id in failed:
            tally.stays(letter, f"{what_if_not}: {failed[letter.message_id]}")


def _deliver(deliver: Deliver, reading: Reading) -> str | None:
    try:
        deliver(marked(reading))
    except CliError as error:
        return str(error)
    return None
