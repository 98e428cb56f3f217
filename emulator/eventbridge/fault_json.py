"""Fault plans as JSON, the body of `/_local/faults`.

```json
{"seed": 1,
 "links":     {"ap-southeast-2": {"partition": true}, "*": {"latencyMs": 80, "jitterMs": 20}},
 "targets":   {"forward-rule": {"errorRate": 0.5},
               "replay-rule/Replay": {"backoffScale": 0.01, "retry": {
                   "maximumRetryAttempts": 2, "maximumEventAgeSeconds": 30}}},
 "functions": {"Replay": {
     "errorRate": 0.1, "throttleRate": 0.1, "duplicateRate": 0.1, "latencyMs": 5,
     "maximumRetryAttempts": 1, "maximumEventAgeSeconds": 30, "backoffScale": 0.1}},
 "putEvents": {"failureRate": 0.2, "errorCode": "InternalFailure"},
 "dynamodb":  {"throttleRate": 0.2, "unprocessedRate": 0.1},
 "api":       {"errorRate": 0.2, "startDelayMs": 5000}}
```
Links and targets take `partition`, `latencyMs`, `jitterMs`, `reorderMs`, `errorRate` and
`duplicateRate`. Parts that are left out have no faults. Unknown members and wrong types are
refused.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from emulator.eventbridge.definition import RetryPolicy
from emulator.eventbridge.faults import (
    ApiFault,
    DynamoDbFault,
    FaultPlan,
    FunctionFault,
    LinkFault,
    PutEventsFault,
    TargetFault,
)


class FaultPlanError(ValueError):
    """A fault plan that is not understood; the message names the member."""


T = TypeVar("T")
_Read = Callable[[Any, str], Any]


def _number(value: Any, where: str, highest: float = float("inf")) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= highest:
        bound = f"a number from 0 to {highest:g}" if highest < float("inf") else "a number ≥ 0"
        raise FaultPlanError(f"{where}: expected {bound}, got {value!r}")
    return float(value)


def _rate(value: Any, where: str) -> float:
    return _number(value, where, 1.0)


def _milliseconds(value: Any, where: str) -> float:
    return _number(value, where, 3_600_000.0) / 1000


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise FaultPlanError(f"{where}: expected a whole number ≥ 0, got {value!r}")
    return value


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise FaultPlanError(f"{where}: expected true or false, got {value!r}")
    return value


def _seed(value: Any, where: str) -> int | None:
    return None if value is None else _count(value, where)


def _error_code(value: Any, where: str) -> str:
    if value not in ("InternalFailure", "ThrottlingException"):
        raise FaultPlanError(f"{where}: expected InternalFailure or ThrottlingException")
    return str(value)


def _object(kind: type[T], members: Mapping[str, tuple[str, _Read]]) -> Callable[[Any, str], T]:
    """A reader of JSON objects into `kind`; `members` maps JSON names to (attribute, reader)."""

    def read(value: Any, where: str) -> T:
        if not isinstance(value, Mapping):
            raise FaultPlanError(f"{where}: expected an object, got {value!r}")
        unknown = sorted(set(value) - set(members))
        if unknown:
            known = ", ".join(members)
            raise FaultPlanError(f"{where}: unknown {', '.join(unknown)} (known: {known})")
        arguments = {}
        for name, content in value.items():
            attribute, reader = members[name]
            arguments[attribute] = reader(content, f"{where}.{name}")
        return kind(**arguments)

    return read


def _keyed(reader: _Read) -> _Read:
    def read(value: Any, where: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise FaultPlanError(f"{where}: expected an object, got {value!r}")
        return {key: reader(content, f"{where}.{key}") for key, content in value.items()}

    return read


_RETRY: dict[str, tuple[str, _Read]] = {
    "maximumRetryAttempts": ("maximum_retry_attempts", _count),
    "maximumEventAgeSeconds": ("maximum_event_age_seconds", _number),
}
_LINK: dict[str, tuple[str, _Read]] = {
    "partition": ("partition", _flag),
    "latencyMs": ("latency", _milliseconds),
    "jitterMs": ("jitter", _milliseconds),
    "reorderMs": ("reorder", _milliseconds),
    "errorRate": ("error_rate", _rate),
    "duplicateRate": ("duplicate_rate", _rate),
}
_TARGET: dict[str, tuple[str, _Read]] = {
    **_LINK,
    "retry": ("retry", _object(RetryPolicy, _RETRY)),
    "backoffScale": ("backoff_scale", _number),
}
_FUNCTION: dict[str, tuple[str, _Read]] = {
    "errorRate": ("error_rate", _rate),
    "throttleRate": ("throttle_rate", _rate),
    "duplicateRate": ("duplicate_rate", _rate),
    "latencyMs": ("latency", _milliseconds),
    **_RETRY,
    "backoffScale": ("backoff_scale", _number),
}
_PUT_EVENTS: dict[str, tuple[str, _Read]] = {
    "failureRate": ("failure_rate", _rate),
    "errorCode": ("error_code", _error_code),
}
_DYNAMODB: dict[str, tuple[str, _Read]] = {
    "throttleRate": ("throttle_rate", _rate),
    "unprocessedRate": ("unprocessed_rate", _rate),
}
_API: dict[str, tuple[str, _Read]] = {
    "errorRate": ("error_rate", _rate),
    "startDelayMs": ("start_delay", _milliseconds),
}
_PLAN: dict[str, tuple[str, _Read]] = {
    "seed": ("seed", _seed),
    "links": ("links", _keyed(_object(LinkFault, _LINK))),
    "targets": ("targets", _keyed(_object(TargetFault, _TARGET))),
    "functions": ("functions", _keyed(_object(FunctionFault, _FUNCTION))),
    "putEvents": ("put_events", _object(PutEventsFault, _PUT_EVENTS)),
    "dynamodb": ("dynamodb", _object(DynamoDbFault, _DYNAMODB)),
    "api": ("api", _object(ApiFault, _API)),
}
_MEMBERS: dict[type[Any], Mapping[str, tuple[str, _Read]]] = {
    FaultPlan: _PLAN,
    LinkFault: _LINK,
    TargetFault: _TARGET,
    FunctionFault: _FUNCTION,
    PutEventsFault: _PUT_EVENTS,
    DynamoDbFault: _DYNAMODB,
    ApiFault: _API,
    RetryPolicy: _RETRY,
}


def plan_from_json(value: Any) -> FaultPlan:
    """Read a plan from parsed JSON.

    Raises:
        FaultPlanError: an unknown member, a wrong type, a value out of range.
    """
    return _object(FaultPlan, _PLAN)(value, "faults")


def plan_to_json(plan: FaultPlan) -> dict[str, Any]:
    """The shortest JSON that reads back as this plan."""
    written: dict[str, Any] = _write(plan)
    return written


def _write(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _write(content) for key, content in value.items()}
    members = _MEMBERS.get(type(value))
    if members is None:
        return value
    defaults = {
        one.name: one.default if one.default is not MISSING else {} for one in fields(value)
    }
    written = {}
    for name, (attribute, _) in members.items():
        content = getattr(value, attribute)
        always = isinstance(value, RetryPolicy)
        if always or content != defaults[attribute]:
            scaled = round(content * 1000, 6) if name.endswith("Ms") else content
            written[name] = _write(scaled)
    return written
