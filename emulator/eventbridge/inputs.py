"""What a target receives: the whole event, or what its Input, InputPath or InputTransformer makes.

Follows "Amazon EventBridge input transformation" of the user guide. A path that the event does not
have becomes nothing inside a quoted string and `null` elsewhere.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from globalws_functions.domain.dead_letter import sqs_text

from emulator.eventbridge.definition import Rule, Target


class InputError(ValueError):
    """A target's input settings that cannot be used, or that make something other than JSON."""


@dataclass(frozen=True)
class Arrival:
    """An event on a bus: how to read its envelope, its JSON text, when it came (ISO 8601, UTC).

    Most targets take the text as it is, so nothing is parsed before somebody asks.
    """

    read: Callable[[], Mapping[str, Any]]
    text: str
    ingestion_time: str


Shape = Callable[[Arrival], str]
"""Gives the JSON text for the target; raises InputError where the result is not JSON."""

_STEP = re.compile(r"\.([^.\[\]'\"]+)|\[(\d+)\]|\['([^']+)'\]")
_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_ABSENT = object()


def compile_input(rule: Rule, target: Target) -> Shape:
    """The function that makes this target's input.

    Raises:
        InputError: more than one kind of input, a path or a template that is not understood.
    """
    kinds = (target.input, target.input_path, target.input_transformer)
    if sum(kind is not None for kind in kinds) > 1:
        raise InputError(f"{rule.name}/{target.id}: only one of Input, InputPath, InputTransformer")
    if target.input is not None:
        constant = _as_json(target.input, f"{rule.name}/{target.id}: Input")
        return lambda arrival: constant
    if target.input_path is not None:
        steps = parse_path(target.input_path)
        return lambda arrival: _dump(_present(walk(arrival.read(), steps)))
    if target.input_transformer is not None:
        return _transformer(rule, target, target.input_transformer)
    return lambda arrival: arrival.text


def parse_path(path: str) -> tuple[str | int, ...]:
    """The steps of a JSON path of EventBridge's kind: `$`, `$.detail.a`, `$.items[0]`, `$['a']`.

    Raises:
        InputError: anything else (filters, wildcards, slices).
    """
    if not path.startswith("$"):
        raise InputError(f"a JSON path starts with $: {path!r}")
    steps: list[str | int] = []
    position = 1
    while position < len(path):
        found = _STEP.match(path, position)
        if found is None:
            raise InputError(f"JSON path {path!r} is not supported from {path[position:]!r} on")
        name, index, quoted = found.groups()
        steps.append(int(index) if index is not None else (name or quoted))
        position = found.end()
    return tuple(steps)


def walk(value: Any, steps: tuple[str | int, ...]) -> Any:
    """The value at the path; a private marker (`_ABSENT`) where there is none."""
    for step in steps:
        if isinstance(step, str):
            there = isinstance(value, Mapping) and step in value
        else:
            there = isinstance(value, list) and step < len(value)
        if not there:
            return _ABSENT
        value = value[step]
    return value


def _present(value: Any) -> Any:
    return None if value is _ABSENT else value


def _dump(value: Any) -> str:
    return sqs_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _as_json(text: str, where: str) -> str:
    try:
        json.loads(text)
    except ValueError as error:
        raise InputError(f"{where} is not JSON: {error}") from error
    return text


def _transformer(rule: Rule, target: Target, settings: Mapping[str, Any]) -> Shape:
    where = f"{rule.name}/{target.id}: InputTransformer"
    unknown = set(settings) - {"InputPathsMap", "InputTemplate"}
    template = settings.get("InputTemplate")
    paths = settings.get("InputPathsMap") or {}
    if unknown or not isinstance(template, str) or not isinstance(paths, Mapping):
        raise InputError(f"{where}: expected InputPathsMap and InputTemplate, got {dict(settings)}")
    if any(name.startswith("AWS") for name in paths):
        raise InputError(f"{where}: names of variables must not start with AWS")
    steps = {name: parse_path(path) for name, path in paths.items()}
    for name in _VARIABLE.findall(template):
        if name not in steps and name not in _PREDEFINED:
            raise InputError(f"{where}: <{name}> is not defined")

    def shape(arrival: Arrival) -> str:
        event = arrival.read()

        def value_of(name: str) -> Any:
            if name in steps:
                return walk(event, steps[name])
            return _PREDEFINED[name](rule, arrival, event)

        return _as_json(_fill(template, value_of), where)

    return shape


_PREDEFINED: dict[str, Callable[[Rule, Arrival, Mapping[str, Any]], Any]] = {
    "aws.events.rule-arn": lambda rule, arrival, event: rule.arn,
    "aws.events.rule-name": lambda rule, arrival, event: rule.name,
    "aws.events.event.ingestion-time": lambda rule, arrival, event: arrival.ingestion_time,
    "aws.events.event": lambda rule, arrival, event: {
        key: value for key, value in event.items() if key != "detail"
    },
    "aws.events.event.json": lambda rule, arrival, event: dict(event),
}


def _fill(template: str, value_of: Callable[[str], Any]) -> str:
    """Replace the variables: as JSON, or as bare text inside a JSON string."""
    out: list[str] = []
    position, quoted = 0, False
    for found in _VARIABLE.finditer(template):
        before = template[position : found.start()]
        quoted ^= _odd_quotes(before)
        value = value_of(found.group(1))
        if not quoted:
            out += [before, _dump(_present(value))]
        elif value is _ABSENT:
            out.append(before)
        else:
            text = value if isinstance(value, str) else _dump(value)
            out += [before, _dump(text)[1:-1]]
        position = found.end()
    return "".join([*out, template[position:]])


def _odd_quotes(text: str) -> bool:
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text)) % 2 == 1
