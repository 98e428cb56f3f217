"""What a channel's consumer gets: each message once, states, and how much is still unread."""

from collections import OrderedDict
from collections.abc import Sequence

from .options import Options
from .resume_position import ResumePosition
from .signals import Command, Wake
from .types import Checkpoint, Event, Message, MessageEvent, State, StateEvent

_MOST_STATES = 64
_MOST_OWN_IDS = 10_000


class Budget:
    """What the unread messages of all channels take, and the ids that this client published."""

    __slots__ = ("_own", "channels", "most", "size")

    def __init__(self, most: float) -> None:
        self.most = most
        self.size = 0
        self.channels = 0
        self._own: OrderedDict[str, None] = OrderedDict()

    def exceeded_by(self, size: int) -> bool:
        """Whether a channel with that much unread must wait: all is used, and so is its share."""
        return self.size >= self.most and size >= self.most / max(1, self.channels)

    def publishes(self, id: str) -> None:
        """This client publishes a message with this id."""
        self._own[id] = None
        if len(self._own) > _MOST_OWN_IDS:
            self._own.popitem(last=False)

    def is_own(self, id: str) -> bool:
        """Whether this client published it, as far as it remembers."""
        return id in self._own


class DeliveryBuffer:
    """A channel's events until its consumer takes them: each message once, in order with states.

    The reader of a feed bounds the messages; of states the newest 64 are kept. A client may have
    thousands of buffers, most of them empty: a list is smaller then than a deque, and faster.

    Attributes:
        waits: a page of history waits until the consumer has taken more.
        state: the newest state, also if it has not been taken yet.
        region: the region of that state.
    """

    __slots__ = (
        "_budget", "_commands", "_dropped", "_events", "_is_awaited", "_limit", "_options",
        "_pending", "_position", "_regions", "_size", "_skip_own", "_wake", "region", "state",
        "waits",
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
        self._regions = regions
        self._options = options
        self._limit = options.buffer_limit
        self._position = position
        self._budget = budget
        self._commands = commands
        self._skip_own = skip_own
        self._events: list[Event] = []
        self._dropped: Sequence[Message] = ()
        self._is_awaited = False
        self._wake = Wake(channel)
        self._pending = 0  # messages, and what they take
        self._size = 0
        self.waits = False
        self.state = State.CONNECTING
        self.region = ""

    # The consumer

    def take(self) -> Event | None:
        """The next event. None if there is none; `Wake` tells when there is."""
        events = self._events
        if not events:
            self._is_awaited = True
            return None
        event = events.pop(0)
        if type(event) is MessageEvent:
            size = event.message.size
            self._pending -= 1
            self._size -= size
            self._budget.size -= size
        return event

    def is_empty(self) -> bool:
        """Whether there is nothing to take; `Wake` tells when there is."""
        self._is_awaited = not self._events
        return self._is_awaited

    def unread(self) -> list[Message]:
        """The messages that were not taken."""
        return [event.message for event in self._events if type(event) is MessageEvent]

    def clear(self) -> None:
        """Give out no more of what was not taken, after the end."""
        self._dropped = [*self._dropped, *self.unread()]
        self._events.clear()

    def checkpoint(self) -> Checkpoint | None:
        """From where to go on after what was taken; None before it began."""
        return self._position.checkpoint([*self._dropped, *self.unread()])

    # The core

    @property
    def has_room_for_page(self) -> bool:
        """Whether a whole page of history may come."""
        room, budget = self._limit - self._pending, self._budget
        return room >= self._options.page_limit and (
            budget.size < budget.most or not budget.exceeded_by(self._size)
        )

    def end(self) -> None:
        """Nothing comes any more: what is still taken counts for nobody."""
        self._budget.size -= self._size
        self._budget.channels -= 1
        self._budget = Budget(0)
        self.waits = False

    def _put(self, event: Event) -> None:
        """Append an event, and wake the consumer if it waits."""
        self._events.append(event)
        if self._is_awaited:
            self._is_awaited = False
            self._commands.append(self._wake)

    def deliver_live(self, message: Message) -> bool:
        """A message, if the consumer did not get it before. False: there is no room for it."""
        budget = self._budget
        if self._pending >= self._limit or (
            budget.size >= budget.most and budget.exceeded_by(self._size)
        ):
            return self._position.knows(message.id)
        if self._position.accept(message):
            self._append(message)
        return True

    def _append(self, message: Message) -> None:
        if self._skip_own and self._budget.is_own(message.id):
            return
        size = message.size
        self._pending += 1
        self._size += size
        self._budget.size += size
        self._put(tuple.__new__(MessageEvent, (message,)))  # as in Message.parse

    def deliver(self, messages: Sequence[Message], rewound: frozenset[str] = frozenset()) -> None:
        """Those that the consumer did not get before, in this order.

        Args:
            rewound: ids of messages from before the beginning.
        """
        for message in messages:
            accept = self._position.rewind if message.id in rewound else self._position.accept
            if accept(message):
                self._append(message)

    def tell(
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
        self.state, self.region = state, event.region
        self._put(event)
        events = self._events
        if len(events) - self._pending > _MOST_STATES:
            events.remove(next(e for e in events if type(e) is StateEvent))
