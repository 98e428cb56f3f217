"""Reading a region's history while its live messages already arrive, and merging the two.

One pass reads page after page to the end; live messages that arrive meanwhile are held and merged
in id order. What cannot be held is not lost: it is remembered as missed, and another pass reads it.
"""

from collections.abc import Sequence

from .types import Message
from .ulid import id_before, valid_time_of


class CatchUp:
    """The passes of one feed."""

    __slots__ = (
        "_after", "_cursor_ms", "_held", "_hold_limit", "_missed", "_token", "overflowed",
        "passed_once",
    )  # fmt: skip

    def __init__(self, hold_limit: int) -> None:
        self._hold_limit = hold_limit
        self._held: list[Message] = []
        self._missed: str | None = None
        self._after: str | None = None
        self._token: str | None = None
        self._cursor_ms: int | None = None
        self.passed_once = False
        self.overflowed = False

    @property
    def reading(self) -> bool:
        """Whether a pass is not over, or another one is due."""
        return self._after is not None or self._missed is not None

    def begin(self, after: str) -> None:
        """Read from this id on, exclusively; a missed message before it stays missed."""
        self._after, self._token = after, None

    def hold(self, message: Message) -> None:
        """A live message that must wait for its place."""
        if len(self._held) < self._hold_limit:
            self._held.append(message)
        else:
            self.miss(message.id)
            self.overflowed = True

    def miss(self, id: str) -> None:
        """A live message from this id on was not kept: history has to bring it."""
        self._missed = id if self._missed is None else min(self._missed, id)

    def next_page(self) -> tuple[str, str | None] | None:
        """(after, token) of the page to ask for, or None if all is read."""
        if self._after is None and self._missed is not None:
            self.begin(id_before(self._missed))
            self._missed = None
        return None if self._after is None else (self._after, self._token)

    def page(
        self, items: Sequence[Message], next_token: str | None, wanted: Sequence[Message]
    ) -> list[Message]:
        """What can be delivered after this page, in id order; ids may repeat.

        `wanted` are those of the page's items that may be delivered.
        """
        self._token = next_token
        if not items and not self._held:
            if next_token is None:
                self._after, self.passed_once = None, True
            return []
        last = items[-1].id if items else None
        ready = list(wanted)
        if next_token is None:
            ready += self._held
            self._held = []
            self._after = None
            self.passed_once = True
        elif last is not None:
            ready += [m for m in self._held if m.id <= last]
            self._held = [m for m in self._held if m.id > last]
        if items:
            self._cursor_ms = max(self._cursor_ms or 0, max(m.time_ms for m in items))
        return sorted(ready, key=lambda m: m.id)

    def give_up(self) -> list[Message]:
        """There is no history: what was held, in id order."""
        held, self._held = self._held, []
        self._after = self._missed = None
        self.passed_once = True
        return sorted(held, key=lambda m: m.id)

    def read_up_to(self) -> tuple[bool, int | None]:
        """(whether the stream was read at all, up to when or None for up to now)."""
        if self.passed_once and not self._held and self._after is None and self._missed is None:
            return True, None
        undelivered = [m.time_ms for m in self._held]
        if self._missed is not None:
            undelivered.append(valid_time_of(self._missed))
        if self._after is not None and self.passed_once:
            undelivered.append(valid_time_of(self._after))
        if self.passed_once:
            return True, min(undelivered, default=None)
        if self._cursor_ms is None:
            return False, None
        return True, min([*undelivered, self._cursor_ms])
