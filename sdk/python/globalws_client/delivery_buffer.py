"""What a channel's consumer gets: each message once, states, and how much is still unread."""

from collections import OrderedDict
from collections.abc import Sequence

from .options import Options
from .resume_position import ResumePosition
from .signals import Command, Emit
from .types import Message, MessageEvent, State, StateEvent

_MOST_OWN_IDS = 10_000


class Budget:
    """What the unread messages of all channels take, and the ids that this client published."""

    __slots__ = ("_most", "_own", "channels", "size")

    def __init__(self, most: float) -> None:
        self._most = most
        self.size = 0
        self.channels = 0
        self._own: OrderedDict[str, None] = OrderedDict()

    def exceeded_by(self, size: int) -> bool:
        """Whether a channel with that much unread must wait: all is used, and so is its share."""
        return self.size >= self._most and size >= self._most / max(1, self.channels)

    def publishes(self, id: str) -> None:
        """This client publishes a message with this id."""
        self._own[id] = None
        if len(self._own) > _MOST_OWN_IDS:
            self._own.popitem(last=False)

    def is_own(self, id: str) -> bool:
        """Whether this client published it, as far as it remembers."""
        return id in self._own


class DeliveryBuffer:
    """Emits a channel's events into `commands`, the core's list, and counts unread messages.

    Attributes:
        waits: a page of history waits until the consumer has taken more.
    """

    __slots__ = (
        "_budget", "_channel", "_commands", "_limit", "_options", "_pending", "_position",
        "_regions", "_size", "_skip_own", "waits",
    )  # fmt: skip

    def __init__(
        self,
        channel: int,
        regions: tuple[str, ...],
        options: Options,
        position: ResumePosition,
        budget: Budget,
        commands: list[Command],
        *,
        skip_own: bool,
    ) -> None:
        self._channel = channel
        self._regions = regions
        self._options = options
        self._limit = options.buffer_limit
        self._position = position
        self._budget = budget
        self._commands = commands
        self._skip_own = skip_own
        self._pending = 0
        self._size = 0
        self.waits = False

    @property
    def full(self) -> bool:
        """Whether a live message must wait for the consumer."""
        return self._pending >= self._limit or self._budget.exceeded_by(self._size)

    @property
    def has_room_for_page(self) -> bool:
        """Whether a whole page of history may come."""
        room = self._limit - self._pending
        return room >= self._options.page_limit and not self._budget.exceeded_by(self._size)

    def taken(self, size: int) -> bool:
        """The consumer took a message so large (`Message.size`).

        Returns whether the core wants to hear `RoomMade`.
        """
        self._pending -= 1
        self._size -= size
        self._budget.size -= size
        return self.waits

    def end(self) -> None:
        """Nothing comes any more: what is still taken counts for nobody."""
        self._budget.size -= self._size
        self._budget.channels -= 1
        self._budget = Budget(0)
        self.waits = False

    def deliver_live(self, message: Message) -> None:
        """A message, if the consumer did not get it before."""
        if self._position.accept(message):
            self._emit(message)

    def _emit(self, message: Message) -> None:
        if self._skip_own and self._budget.is_own(message.id):
            return
        size = message.size
        self._pending += 1
        self._size += size
        self._budget.size += size
        self._commands.append(Emit(self._channel, MessageEvent(message)))

    def deliver(self, messages: Sequence[Message], rewound: frozenset[str] = frozenset()) -> None:
        """Those that the consumer did not get before, in this order.

        Args:
            rewound: ids of messages from before the beginning.
        """
        for message in messages:
            accept = self._position.rewind if message.id in rewound else self._position.accept
            if accept(message):
                self._emit(message)

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
        """A state of the subscription; `region` is an index."""
        event = StateEvent(state, self._regions[region], gap, attempt, error_type, reason)
        self._commands.append(Emit(self._channel, event))
