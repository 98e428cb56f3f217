"""Redriving dead letters: each goes to its destination, and leaves its queue once it was accepted.

A run that ends between the two delivers a message again the next time; the API's store knows its
id, and drops it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from cli.domain.dead_letters import DeadLetter, InvokeFunction, PutOnPeerBus, Reading, marked
from cli.drain import Drain, DrainableQueue
from cli.errors import CliError

_AT_ONCE = 10

Read = Callable[[DeadLetter], Reading]
Wanted = Callable[[Reading], bool]
Deliver = Callable[[InvokeFunction | PutOnPeerBus], object]
"""Hands a dead letter's event to its destination. Raises CliError if it was not accepted."""


@dataclass
class Tally:
    """What became of a queue's dead letters. `stayed` tells of each that was wanted and stays."""

    region: str
    queue: str
    done: int = 0
    failed: int = 0
    poison: int = 0
    passed_by: int = 0
    stayed: list[dict[str, str]] = field(default_factory=list)
    error: str = ""

    def stays(self, dead_letter: DeadLetter, why: str) -> None:
        """Notes a dead letter that stays in its queue."""
        self.stayed.append({"messageId": dead_letter.message_id, "reason": why})


def redrive(
    queue: DrainableQueue,
    tally: Tally,
    read: Read,
    deliver: Deliver,
    *,
    wanted: Wanted,
    include_poison: bool,
    limit: int | None = None,
) -> None:
    """Redrives the wanted dead letters of a queue. `tally` counts them, also if interrupted.

    Raises:
        CliError: the queue could not be read; what was done until then is in the tally.
    """
    with Drain(queue, limit) as drain, ThreadPoolExecutor(_AT_ONCE, "redrive") as pool:
        for batch in drain.batches():
            sendable = []
            for reading in map(read, batch):
                if not wanted(reading):
                    tally.passed_by += 1
                elif reading.destination is None or (reading.poison and not include_poison):
                    tally.poison += 1
                    tally.stays(reading.dead_letter, f"poison: {reading.poison}")
                else:
                    sendable.append(reading)
            reasons = pool.map(lambda reading: _deliver(deliver, reading), sendable)
            accepted = []
            for reading, reason in zip(sendable, reasons, strict=True):
                if reason is None:
                    accepted.append(reading.dead_letter)
                else:
                    tally.failed += 1
                    tally.stays(reading.dead_letter, reason)
            _delete(drain, accepted, tally, "redriven, but still in the queue")


def drop(
    queue: DrainableQueue, tally: Tally, read: Read, *, wanted: Wanted, limit: int | None = None
) -> None:
    """Deletes the wanted dead letters of a queue for good. Raises CliError as `redrive` does."""
    with Drain(queue, limit) as drain:
        for batch in drain.batches():
            readings = [read(dead_letter) for dead_letter in batch]
            unwanted = [reading for reading in readings if not wanted(reading)]
            tally.passed_by += len(unwanted)
            dead_letters = [reading.dead_letter for reading in readings if wanted(reading)]
            _delete(drain, dead_letters, tally, "not deleted")


def _delete(
    drain: Drain, dead_letters: Sequence[DeadLetter], tally: Tally, what_if_not: str
) -> None:
    try:
        failed = drain.delete(dead_letters)
    except CliError as error:
        tally.failed += len(dead_letters)
        for dead_letter in dead_letters:
            tally.stays(dead_letter, f"{what_if_not}: {error}")
        raise
    tally.done += len(dead_letters) - len(failed)
    tally.failed += len(failed)
    for dead_letter in dead_letters:
        if dead_letter.message_id in failed:
            tally.stays(dead_letter, f"{what_if_not}: {failed[dead_letter.message_id]}")


def _deliver(deliver: Deliver, reading: Reading) -> str | None:
    try:
        deliver(marked(reading))
    except CliError as error:
        return str(error)
    return None
