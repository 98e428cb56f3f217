"""Buses, rules, targets and asynchronous functions, as deployed: the input of the data plane.

Nothing here reads AWS; `emulator/runtime/deployed/` fills these types, tests build them by hand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RetryPolicy:
    """EventBridge's defaults: 185 attempts after the first, within 24 hours."""

    maximum_retry_attempts: int = 185
    maximum_event_age_seconds: int = 86_400


@dataclass(frozen=True)
class Target:
    """A rule's target: the ARN of a Lambda function or of an event bus, in any region."""

    id: str
    arn: str
    retry: RetryPolicy = RetryPolicy()
    dead_letter_arn: str | None = None
    input: str | None = None
    input_path: str | None = None
    input_transformer: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Rule:
    """A rule on one bus; `pattern` is the parsed event pattern."""

    name: str
    arn: str
    pattern: Mapping[str, Any]
    targets: tuple[Target, ...]
    enabled: bool = True


@dataclass(frozen=True)
class Bus:
    """An event bus and its rules."""

    name: str
    arn: str
    region: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class AsyncFunction:
    """How Lambda treats asynchronous invocations of one function (its EventInvokeConfig)."""

    arn: str
    maximum_retry_attempts: int = 2
    maximum_event_age_seconds: int = 21_600
    on_failure_arn: str | None = None


@dataclass(frozen=True)
class Definition:
    """What one region serves.

    `region` is its name (`us-west-2`), `account` the twelve-digit account id. A function that is
    not in `functions` has AWS's defaults.
    """

    region: str
    account: str
    buses: tuple[Bus, ...] = ()
    functions: tuple[AsyncFunction, ...] = ()
