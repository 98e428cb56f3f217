"""What the machine knows of one link: its phase, its catching up, its timers' names."""

from dataclasses import dataclass
from enum import Enum, auto

from .catchup import CatchUp


class Phase(Enum):
    """How far a link has come."""

    OPENING = auto()  # until connection_ack
    STARTING = auto()  # until start_ack
    CATCHING_UP = auto()  # live messages are held, history is read
    LIVE = auto()


@dataclass
class Link:
    """One connection attempt and what became of it. Times are monotonic milliseconds."""

    id: int
    region: int
    catchup: CatchUp
    phase: Phase = Phase.OPENING
    last_frame: float = 0
    silence_ms: float = 0
    live_since: float | None = None
    gap: bool = False
    request: int | None = None  # the page of history under way
    waiting: bool = False  # for a moment, before it is asked for again
    history_failures: int = 0

    @property
    def busy(self) -> bool:
        """Whether a page of history is under way or about to be."""
        return self.request is not None or self.waiting

    @property
    def setup_timer(self) -> str:
        """Until connection_ack, then until start_ack."""
        return f"setup:{self.id}"

    @property
    def silence_timer(self) -> str:
        """Until the connection counts as dead."""
        return f"silence:{self.id}"

    @property
    def history_timer(self) -> str:
        """Until a page of history is late, or is to be asked for again."""
        return f"history:{self.id}"

    @property
    def timers(self) -> tuple[str, ...]:
        """All of them."""
        return self.setup_timer, self.silence_timer, self.history_timer
