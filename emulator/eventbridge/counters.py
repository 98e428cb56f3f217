"""What was counted since the process started, and the snapshot that shows it."""

from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any


@dataclass
class RuleCounters:
    """The counters of one rule; all but `matched` count (event, target) pairs.

    `delivered` means accepted by the peer's bus or by the asynchronous queue of a function.
    `not_forwarded` were held by the one-hop rule; `dropped` belonged to a rule or target that a
    reload removed.
    """

    matched: int = 0
    delivered: int = 0
    failed_attempts: int = 0
    dead_lettered: int = 0
    dead_letter_failures: int = 0
    lost: int = 0
    not_forwarded: int = 0
    dropped: int = 0


@dataclass
class FunctionCounters:
    """The counters of one function's asynchronous queue; `attempts` reached the function."""

    accepted: int = 0
    attempts: int = 0
    succeeded: int = 0
    function_errors: int = 0
    throttled: int = 0
    unavailable: int = 0
    rejected: int = 0
    sent_on_failure: int = 0
    on_failure_errors: int = 0
    lost: int = 0


@dataclass
class BusCounters:
    """The counters of the region's process as a whole."""

    accepted: int = 0
    refused: int = 0
    received: int = 0


@dataclass(frozen=True)
class TargetState:
    """A target and how many of its deliveries wait and run."""

    id: str
    arn: str
    dead_letter_arn: str | None
    waiting: int
    in_flight: int


@dataclass(frozen=True)
class RuleState:
    """A rule, its targets and its counters."""

    bus: str
    name: str
    arn: str
    enabled: bool
    pattern: Any
    targets: tuple[TargetState, ...]
    counters: RuleCounters


@dataclass(frozen=True)
class FunctionState:
    """A function's asynchronous queue."""

    arn: str
    on_failure_arn: str | None
    waiting: int
    in_flight: int
    counters: FunctionCounters


@dataclass(frozen=True)
class Snapshot:
    """The data plane at one moment. `pending` counts all accepted work that is not done,
    `parked` of it belongs to rules that are not loaded (yet)."""

    region: str
    pending: int
    parked: int
    deliveries_waiting: int
    deliveries_in_flight: int
    invocations_waiting: int
    invocations_in_flight: int
    events: BusCounters
    rules: tuple[RuleState, ...] = ()
    functions: tuple[FunctionState, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain dictionaries and lists; names in camelCase, patterns as they are."""
        shown: dict[str, Any] = _shown(self)
        return shown


def _shown(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_shown(one) for one in value]
    if not is_dataclass(value):
        return value
    return {_camel(one.name): _shown(getattr(value, one.name)) for one in fields(value)}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass
class Counters:
    """All counters, by (bus ARN, rule name) and by function ARN."""

    events: BusCounters = field(default_factory=BusCounters)
    rules: dict[tuple[str, str], RuleCounters] = field(default_factory=dict)
    functions: dict[str, FunctionCounters] = field(default_factory=dict)

    def rule(self, bus_arn: str, name: str) -> RuleCounters:
        """Those of a rule, made when first asked for."""
        found = self.rules.get((bus_arn, name))
        if found is None:
            found = self.rules[bus_arn, name] = RuleCounters()
        return found

    def function(self, arn: str) -> FunctionCounters:
        """Those of a function, made when first asked for."""
        return self.functions.setdefault(arn, FunctionCounters())
