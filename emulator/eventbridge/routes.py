"""The loaded buses: which rules an event matches, and where each target leads. Pure.

Loading checks everything: a pattern, an input or a target that is not understood refuses the whole
set, so that a rule never quietly matches nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from emulator.eventbridge.definition import Bus, Rule, Target
from emulator.eventbridge.inputs import InputError, Shape, compile_input
from emulator.eventbridge.patterns import Pattern, PatternError, compile_pattern


class DefinitionError(ValueError):
    """Buses that cannot be loaded; the message names bus, rule and place."""


@dataclass(frozen=True)
class Route:
    """The name of one target of one rule; what stored deliveries are kept under."""

    bus_arn: str
    rule: str
    target_id: str


@dataclass(frozen=True)
class LoadedTarget:
    """A target, ready to use. `bus_region` is the region of a bus target, None for any other."""

    route: Route
    rule: Rule
    target: Target
    shape: Shape
    bus_region: str | None

    @property
    def to_bus(self) -> bool:
        """Whether the target is an event bus."""
        return self.bus_region is not None

    @cached_property
    def to_queue(self) -> bool:
        """Whether the target is a queue of SQS; what is neither is a function."""
        return self.target.arn.split(":")[2] == "sqs"


@dataclass(frozen=True)
class LoadedRule:
    """A rule with its compiled pattern."""

    rule: Rule
    pattern: Pattern
    targets: tuple[LoadedTarget, ...]


class Routes:
    """All buses of a region.

    Raises:
        DefinitionError: something that is not understood.
    """

    def __init__(self, buses: Sequence[Bus]) -> None:
        self.buses = tuple(buses)
        self._rules: dict[str, tuple[LoadedRule, ...]] = {}
        self._arns: dict[str, str] = {}
        self._targets: dict[Route, LoadedTarget] = {}
        for bus in buses:
            rules = tuple(_load(bus, rule) for rule in bus.rules)
            self._rules[bus.arn] = rules
            self._arns[bus.name] = self._arns[bus.arn] = bus.arn
            self._targets.update({one.route: one for rule in rules for one in rule.targets})

    def bus_arn(self, name_or_arn: str) -> str | None:
        """The ARN of a bus of this region, or None."""
        return self._arns.get(name_or_arn)

    def rules(self, bus_arn: str) -> tuple[LoadedRule, ...]:
        """All rules of a bus, disabled ones too."""
        return self._rules.get(bus_arn, ())

    def matching(self, bus_arn: str, event: Mapping[str, Any]) -> list[LoadedRule]:
        """The enabled rules that an event on this bus matches."""
        return [
            loaded
            for loaded in self._rules.get(bus_arn, ())
            if loaded.rule.enabled and loaded.pattern.matches(event)
        ]

    def target(self, route: Route) -> LoadedTarget | None:
        """A target by its name, or None if it is not (or no longer) there."""
        return self._targets.get(route)


def _load(bus: Bus, rule: Rule) -> LoadedRule:
    where = f"bus {bus.name}, rule {rule.name}"
    try:
        pattern = compile_pattern(rule.pattern, name=where)
        targets = tuple(_load_target(bus, rule, target) for target in rule.targets)
    except PatternError as error:
        raise DefinitionError(str(error)) from error
    except InputError as error:
        raise DefinitionError(f"bus {bus.name}, rule {error}") from error
    if len({target.id for target in rule.targets}) != len(rule.targets):
        raise DefinitionError(f"{where}: two targets have the same id")
    return LoadedRule(rule, pattern, targets)


def _load_target(bus: Bus, rule: Rule, target: Target) -> LoadedTarget:
    parts = target.arn.split(":", 5)
    service = parts[2] if len(parts) == 6 else ""
    resource = parts[5] if len(parts) == 6 else ""
    shaped = (target.input, target.input_path, target.input_transformer)
    if service == "events" and resource.startswith("event-bus/"):
        if any(one is not None for one in shaped):
            raise InputError(f"{rule.name}/{target.id}: a bus target takes no input settings")
        region = parts[3]
    elif (service == "lambda" and resource.startswith("function:")) or (
        service == "sqs" and not resource.endswith(".fifo")
    ):
        region = None
    else:
        raise InputError(
            f"{rule.name}/{target.id}: {target.arn!r} is no Lambda function, standard queue of SQS "
            "or event bus"
        )
    route = Route(bus.arn, rule.name, target.id)
    return LoadedTarget(route, rule, target, compile_input(rule, target), region)
