"""What the parts of one region's data plane share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from emulator.eventbridge.counters import Counters
from emulator.eventbridge.faults import Faults
from emulator.eventbridge.ports import Clock, Ports
from emulator.eventbridge.settings import Settings
from emulator.eventbridge.store import Journal


@dataclass(frozen=True)
class Core:
    """One region's settings, state and connections to the rest; made once, by `EventBridge`.

    `on_change` is called after work has ended.
    """

    region: str
    account: str
    ports: Ports
    clock: Clock
    journal: Journal
    settings: Settings
    on_change: Callable[[], None]
    faults: Faults = field(default_factory=Faults)
    counters: Counters = field(default_factory=Counters)
