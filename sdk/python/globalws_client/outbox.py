"""What the consumer gets: messages each once, states, and how much of it is still unread."""

from collections.abc import Sequence

from .ledger import Ledger
from .signals import Command, Emit
from .types import Message, MessageEvent, Options, State, StateEvent


class Outbox:
    """Emits events into `commands`, the machine's list, and counts unread messages."""

    def __init__(
        self, regions: tuple[str, ...], options: Options, ledger: Ledger, commands: list[Command]
    ) -> None:
        self._regions = regions
        self._options = options
        self._ledger = ledger
        self._commands = commands
        self._pending = 0

    @property
    def full(self) -> bool:
        """Whether a live message must wait for the consumer."""
        return self._pending >= self._options.buffer_limit

    @property
    def has_room_for_page(self) -> bool:
        """Whether a whole page of history may come."""
        return self._pending + self._options.page_limit <= self._options.buffer_limit

    def taken(self, messages: int) -> None:
        """The consumer took so many messages."""
        self._pending -= messages

    def deliver(self, messages: Sequence[Message]) -> None:
        """Those that the consumer did not get before, in this order."""
        for message in messages:
            if self._ledger.accept(message):
                self._pending += 1
                self._commands.append(Emit(MessageEvent(message)))

    def state(
        self,
        state: State,
        region: int,
        *,
        gap: bool = False,
        attempt: int = 0,
        error_type: str | None = None,
        reason: str | None = None,
    ) -> None:
        """A state of the subscription; `region` is a place in the list."""
        name = self._regions[region]
        self._commands.append(Emit(StateEvent(state, name, gap, attempt, error_type, reason)))
