"""Faults to inject: what they are, and the dice that decide when one strikes.

A `FaultPlan` says what is wrong with which direction (this region → that one), target, function,
with PutEvents, with the API and with the tables behind it; `Faults` holds the plan in force.
`fault_json.py` is their JSON.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator.eventbridge.definition import RetryPolicy
from emulator.eventbridge.ports import DeliveryError, InvokeResult

EVERY = "*"
"""The key for every link, target and function that has no entry."""


@dataclass(frozen=True)
class LinkFault:
    """What is wrong with one direction between regions, or with one target.

    Waits are in seconds and do not hold up other events: latency + up to `jitter` for each event,
    `reorder` a further random wait up to that, so that events overtake each other. Rates are 0
    to 1: `error_rate` of the attempts fail (and may be retried), `duplicate_rate` arrive twice.
    A partition fails every attempt as unreachable.
    """

    partition: bool = False
    latency: float = 0.0
    jitter: float = 0.0
    reorder: float = 0.0
    error_rate: float = 0.0
    duplicate_rate: float = 0.0


@dataclass(frozen=True)
class TargetFault(LinkFault):
    """The same for one target, and another retry policy and speed of its back-off."""

    retry: RetryPolicy | None = None
    backoff_scale: float | None = None


@dataclass(frozen=True)
class FunctionFault:
    """What is wrong with the invocation of a function; rates are 0 to 1, waits are in seconds.

    `error_rate` end as a function error without running it, `throttle_rate` as 429,
    `duplicate_rate` run twice. The other members replace its retry settings.
    """

    error_rate: float = 0.0
    throttle_rate: float = 0.0
    duplicate_rate: float = 0.0
    latency: float = 0.0
    maximum_retry_attempts: int | None = None
    maximum_event_age_seconds: float | None = None
    backoff_scale: float | None = None


@dataclass(frozen=True)
class PutEventsFault:
    """A fraction of the entries of PutEvents fails with this code, the others are accepted."""

    failure_rate: float = 0.0
    error_code: str = "InternalFailure"


@dataclass(frozen=True)
class DynamoDbFault:
    """A fraction of the API's own calls to DynamoDB is throttled, or answers a batch in part."""

    throttle_rate: float = 0.0
    unprocessed_rate: float = 0.0


@dataclass(frozen=True)
class ApiFault:
    """Requests and subscriptions of the API.

    A fraction of the requests is answered with HTTP 500. A subscription is acknowledged at once,
    and gets events only a random time later, at most `start_delay` seconds.
    """

    error_rate: float = 0.0
    start_delay: float = 0.0


@dataclass(frozen=True)
class FaultPlan:
    """All faults of one region's process.

    `links` is keyed by the region that events go to, `targets` by rule name or `rule/target id`,
    `functions` by name or ARN; `*` stands for all others. `seed` makes the dice repeatable.
    """

    seed: int | None = None
    links: Mapping[str, LinkFault] = field(default_factory=dict)
    targets: Mapping[str, TargetFault] = field(default_factory=dict)
    functions: Mapping[str, FunctionFault] = field(default_factory=dict)
    put_events: PutEventsFault = PutEventsFault()
    dynamodb: DynamoDbFault = DynamoDbFault()
    api: ApiFault = ApiFault()


_NO_LINK = LinkFault()
_NO_TARGET = TargetFault()
_NO_FUNCTION = FunctionFault()


class Faults:
    """The plan in force and its dice."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self.plan = plan or FaultPlan()
        self.rng = random.Random(self.plan.seed)  # noqa: S311  (dice, no secrets)

    def set(self, plan: FaultPlan) -> None:
        """Put another plan in force, with fresh dice."""
        self.plan = plan
        self.rng = random.Random(plan.seed)  # noqa: S311

    def link(self, region: str) -> LinkFault:
        """The faults towards a region."""
        links = self.plan.links
        return links.get(region) or links.get(EVERY) or _NO_LINK

    def target(self, rule: str, target_id: str) -> TargetFault:
        """The faults of a target: the most particular entry there is."""
        targets = self.plan.targets
        if not targets:
            return _NO_TARGET
        return (
            targets.get(f"{rule}/{target_id}")
            or targets.get(rule)
            or targets.get(EVERY)
            or _NO_TARGET
        )

    def function(self, arn: str) -> FunctionFault:
        """The faults of a function, by ARN or name."""
        functions = self.plan.functions
        if not functions:
            return _NO_FUNCTION
        name = arn.split(":")[6] if arn.count(":") >= 6 else arn
        return functions.get(arn) or functions.get(name) or functions.get(EVERY) or _NO_FUNCTION

    def wait(self, *faults: LinkFault) -> float:
        """Seconds that an event is held up on its way."""
        return sum(
            fault.latency + self.rng.random() * fault.jitter + self.rng.random() * fault.reorder
            for fault in faults
            if fault is not _NO_LINK and fault is not _NO_TARGET
        )

    def strike(self, what: str, *faults: LinkFault) -> None:
        """Let an attempt go on, or fail it.

        Raises:
            DeliveryError: the dice (or a partition) say so; always retryable.
        """
        for fault in faults:
            if fault.partition:
                raise DeliveryError(
                    "CONNECTION_FAILURE", f"{what} is unreachable (injected)", retryable=True
                )
            if self._happens(fault.error_rate):
                raise DeliveryError("INTERNAL_ERROR", f"{what} failed (injected)", retryable=True)

    def doubled(self, *faults: LinkFault | FunctionFault) -> bool:
        """Whether this one is to arrive twice."""
        return any(self._happens(fault.duplicate_rate) for fault in faults)

    def invocation(self, fault: FunctionFault) -> InvokeResult | None:
        """The result of an invocation that is not to reach the function; None lets it run."""
        if self._happens(fault.throttle_rate):
            return InvokeResult(
                "throttled", '{"Reason":"injected"}', 429, error_code="TooManyRequestsException"
            )
        if self._happens(fault.error_rate):
            answer = '{"errorMessage":"injected","errorType":"InjectedFault"}'
            return InvokeResult("function_error", answer, 200, "Unhandled")
        return None

    def put_events_code(self) -> str | None:
        """The error code for one entry of PutEvents, or None."""
        fault = self.plan.put_events
        return fault.error_code if self._happens(fault.failure_rate) else None

    def dynamodb_throttles(self) -> bool:
        """Whether one call of the API's data sources to DynamoDB is refused."""
        return self._happens(self.plan.dynamodb.throttle_rate)

    def key_is_unprocessed(self) -> bool:
        """Whether one BatchGetItem of the API's data sources leaves its first key unprocessed."""
        return self._happens(self.plan.dynamodb.unprocessed_rate)

    def api_fails(self) -> bool:
        """Whether the API answers one request with an error of its own."""
        return self._happens(self.plan.api.error_rate)

    def start_delay(self) -> float:
        """How many seconds after its acknowledgement a subscription begins to get events."""
        return self.rng.uniform(0.0, self.plan.api.start_delay)

    def _happens(self, rate: float) -> bool:
        return rate > 0 and self.rng.random() < rate
