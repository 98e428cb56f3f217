"""Reads a dead-letter queue once, within bounds, and leaves it as it was.

A queue has no cursor: what is received is hidden for a while, then comes back. A drain
returns each dead letter at most once, ignores what arrives while it runs (otherwise a redriven
message that fails again would keep it going for ever), and at the end makes visible again what it
has not deleted.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from cli.domain.dead_letters import DeadLetter
from cli.errors import CliError

VISIBILITY_SECONDS = 120
_FRUITLESS_ROUNDS = 3


class DrainableQueue(Protocol):
    """What a drain needs of a queue; see `cli.adapters.queues.DeadLetterQueue`."""

    def now(self) -> float:
        """Epoch seconds by the queue's clock."""

    def receive(self, visibility_seconds: int) -> list[DeadLetter]:
        """Some dead letters, hidden for that long; none if there are none."""

    def delete(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        """Deletes; why, by the message id of each that could not be deleted."""

    def release(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        """Makes dead letters visible again at once."""


class Drain:
    """One drain; use it as a context manager, so that what it holds is released.

    Args:
        queue: the queue.
        limit: end after this many dead letters; None for all that the queue held at the start.
    """

    def __init__(self, queue: DrainableQueue, limit: int | None = None) -> None:
        self._queue = queue
        self._limit = limit
        self._held: dict[str, DeadLetter] = {}
        self._gone: set[str] = set()

    def __enter__(self) -> "Drain":
        return self

    def __exit__(self, *exception: object) -> None:
        held = list(self._held.values())
        self._held.clear()
        with suppress(CliError):  # what is not released comes back by itself
            self._queue.release(held)

    def batches(self) -> Iterator[list[DeadLetter]]:
        """The dead letters, some at a time. Raises CliError."""
        started = self._queue.now()
        met: set[str] = set()
        fruitless = 0
        while not self._enough(met) and fruitless <= _FRUITLESS_ROUNDS + len(met) // 5:
            received = self._queue.receive(VISIBILITY_SECONDS)
            if not received:
                return
            self._held.update({dead_letter.message_id: dead_letter for dead_letter in received})
            fresh = [
                dead_letter
                for dead_letter in received
                if dead_letter.message_id not in met
                and dead_letter.message_id not in self._gone
                and dead_letter.sent_at <= started
            ]
            if self._limit is not None:
                fresh = fresh[: self._limit - len(met)]
            met.update(dead_letter.message_id for dead_letter in fresh)
            fruitless = 0 if fresh else fruitless + 1
            if fresh:
                yield fresh

    def delete(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        """Deletes dead letters of the drain; why, by the message id of each that stays."""
        if not dead_letters:
            return {}
        current = [
            self._held.get(dead_letter.message_id, dead_letter) for dead_letter in dead_letters
        ]
        failed = self._queue.delete(current)
        for dead_letter in dead_letters:
            if dead_letter.message_id not in failed:
                self._gone.add(dead_letter.message_id)
                self._held.pop(dead_letter.message_id, None)
        return failed

    def _enough(self, met: set[str]) -> bool:
        return self._limit is not None and len(met) >= self._limit
