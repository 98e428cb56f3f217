"""Walking through a dead-letter queue once, bounded, and leaving it as found.

A queue has no cursor: what is received is hidden for a while, then comes back. A walk meets each
letter at most once, passes by what arrives while it runs (a redriven message that fails again would
keep it going for ever), and shows what it does not delete again when it ends.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from cli.domain.letters import Letter
from cli.errors import CliError

VISIBILITY_SECONDS = 120
_FRUITLESS_ROUNDS = 3


class LetterBox(Protocol):
    """A queue as a walk needs it; see `cli.adapters.queues.DeadLetterQueue`."""

    def now(self) -> float:
        """Epoch seconds by the queue's clock."""

    def receive(self, visibility_seconds: int) -> list[Letter]:
        """Some letters, hidden for that long; none if there is none to be had."""

    def delete(self, letters: Sequence[Letter]) -> dict[str, str]:
        """Deletes; why, by the message id of each that could not be deleted."""

    def release(self, letters: Sequence[Letter]) -> dict[str, str]:
        """Shows letters again at once."""


class Walk:
    """One walk; use it as a context manager, so that what it holds is released.

    Args:
        box: the queue.
        limit: end after this many letters; None for all that the queue held at the start.
    """

    def __init__(self, box: LetterBox, limit: int | None = None) -> None:
        self._box = box
        self._limit = limit
        self._held: dict[str, Letter] = {}
        self._gone: set[str] = set()

    def __enter__(self) -> "Walk":
        return self

    def __exit__(self, *exception: object) -> None:
        held = list(self._held.values())
        self._held.clear()
        with suppress(CliError):  # what is not released comes back by itself
            self._box.release(held)

    def batches(self) -> Iterator[list[Letter]]:
        """The letters, some at a time. Raises CliError."""
        started = self._box.now()
        met: set[str] = set()
        fruitless = 0
        while not self._enough(met) and fruitless <= _FRUITLESS_ROUNDS + len(met) // 5:
            received = self._box.receive(VISIBILITY_SECONDS)
            if not received:
                return
            self._held.update({letter.message_id: letter for letter in received})
            fresh = [
                letter
                for letter in received
                if letter.message_id not in met
                and letter.message_id not in self._gone
                and letter.sent_at <= started
            ]
            if self._limit is not None:
                fresh = fresh[: self._limit - len(met)]
            met.update(letter.message_id for letter in fresh)
            fruitless = 0 if fresh else fruitless + 1
            if fresh:
                yield fresh

    def delete(self, letters: Sequence[Letter]) -> dict[str, str]:
        """Deletes letters of the walk; why, by the message id of each that stays."""
        if not letters:
            return {}
        current = [self._held.get(letter.message_id, letter) for letter in letters]
        failed = self._box.delete(current)
        for letter in letters:
            if letter.message_id not in failed:
                self._gone.add(letter.message_id)
                self._held.pop(letter.message_id, None)
        return failed

    def _enough(self, met: set[str]) -> bool:
        return self._limit is not None and len(met) >= self._limit
