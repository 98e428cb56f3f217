"""The metrics that exist: what the functions emit when they run, and those of AWS in use here."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    GlobalwsError,
    PermanentError,
    TransientError,
)
from globalws_functions.domain.janitor import Run
from globalws_functions.domain.leases import HasTime, Sweep

from tests.support.functions import Context, load_handler, sample

DEPLOYMENT = "globalws"

_FUNCTION = {"FunctionName": "AWS::Serverless::Function"}
_API = {"GraphQLAPIId": "AWS::AppSync::GraphQLApi"}

# Namespace and name → dimensions as AWS documents them, each with the type of what its value names.
# Some metrics come in several ways; one of the account as a whole has no dimension.
OF_AWS: dict[tuple[str, str], tuple[dict[str, str], ...]] = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): ({"QueueName": "AWS::SQS::Queue"},),
    ("AWS/Events", "InvocationsFailedToBeSentToDlq"): (
        {"EventBusName": "AWS::Events::EventBus", "RuleName": "AWS::Events::Rule"},
    ),
    ("AWS/Events", "PutEventsApproximateCallCount"): ({},),
    ("AWS/Events", "InvocationsCreated"): ({},),
    ("AWS/Lambda", "ConcurrentExecutions"): (_FUNCTION, {}),
    ("AWS/AppSync", "TokensConsumed"): ({"Region": "AWS::Region"},),
    **{
        ("AWS/Lambda", name): (_FUNCTION,)
        for name in ("AsyncEventsDropped", "DestinationDeliveryFailures", "Errors", "Throttles")
    },
    **{
        ("AWS/AppSync", name): (_API,)
        for name in (
            "4XXError",
            "5XXError",
            "ActiveConnections",
            "ActiveSubscriptions",
            "InboundMessageDropped",
            "InboundMessageError",
            "InboundMessageFailure",
            "InboundMessageSuccess",
            "InvalidationRequestDropped",
            "InvalidationRequestFailure",
            "InvalidationSuccess",
            "OutboundMessages",
            "PublishDataMessageClientError",
            "PublishDataMessageServerError",
            "PublishDataMessageSuccess",
        )
    },
}


@dataclass(frozen=True)
class Metric:
    """A metric as CloudWatch tells it from others."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


class _Api:
    def __init__(self, failure: GlobalwsError | None) -> None:
        self._failure = failure

    def publish_from_bus(self, message: object) -> None:
        if self._failure is not None:
            raise self._failure

    def publish_presence(self, change: object) -> None:
        pass

    publish_requested = publish_from_bus


class _DeadLetters:
    def send(self, event: object, error_type: str, reason: str) -> None:
        pass


class _Keys:
    """A key that ends soon; `is_broken`: AppSync does not answer."""

    def __init__(self, *, is_broken: bool = False) -> None:
        self._is_broken = is_broken

    def expires(self) -> datetime:
        if self._is_broken:
            raise TransientError("AppSync does not answer")
        return datetime.now(UTC) + timedelta(days=7)

    def extend(self, until: datetime) -> datetime:
        return until


class _Janitor:
    def run(self, remaining: object) -> Run:
        return Run("2026-11-23T10:20:00.000Z")


class _Keeper:
    def sweep(self, has_time: HasTime) -> Sweep:
        return Sweep()


def emitted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> frozenset[Metric]:
    """What the handlers write in CloudWatch's embedded metric format, run with fakes."""
    _run_messages("replay", "replay", monkeypatch)
    _run_messages("publish", "publish-requested", monkeypatch)
    _run_command(monkeypatch)
    _run_janitor(monkeypatch)
    _run_sweep(monkeypatch)
    _run_presence(monkeypatch)
    return frozenset(
        metric for line in capsys.readouterr().out.splitlines() for metric in _of_line(line)
    )


def _load(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return load_handler(name, monkeypatch, {"POWERTOOLS_SERVICE_NAME": DEPLOYMENT})


def _run_messages(name: str, event: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = _load(name, monkeypatch)
    monkeypatch.setattr(module, "_dead_letters", _DeadLetters())
    for failure in (
        None,
        DuplicateMessageError("known"),
        BlockedChannelError("blocked"),
        PermanentError("InvalidChannelName", "no"),
        TransientError("HTTP 503"),
    ):
        monkeypatch.setattr(module, "_api", _Api(failure))
        try:
            module.handler(sample(event), Context())
        except TransientError:
            assert failure is not None


def _run_command(monkeypatch: pytest.MonkeyPatch) -> None:
    module = _load("commands", monkeypatch)
    monkeypatch.setattr(module, "_dead_letters", _DeadLetters())
    module.handler(sample("purge-malformed"), Context())


def _run_janitor(monkeypatch: pytest.MonkeyPatch) -> None:
    module = _load("janitor", monkeypatch)
    monkeypatch.setattr(module, "_janitor", _Janitor)
    for keys in (_Keys(), _Keys(is_broken=True)):
        monkeypatch.setattr(module, "_keys", lambda keys=keys: [keys])
        module.handler(sample("janitor"), Context())


def _run_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    module = _load("sweep", monkeypatch)
    monkeypatch.setattr(module, "_keeper", _Keeper)
    module.handler(sample("sweep"), Context(remaining_ms=5_000))


def _run_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    module = _load("presence", monkeypatch)
    monkeypatch.setattr(module, "_api", _Api(None))
    now = {"time": datetime.now(UTC).isoformat(timespec="seconds")}
    for event in (sample("presence") | now, sample("presence"), sample("presence-malformed")):
        module.handler(event, Context())


def _of_line(line: str) -> list[Metric]:
    record: dict[str, Any] = json.loads(line)
    return [
        Metric(
            directive["Namespace"],
            each["Name"],
            tuple((key, str(record[key])) for key in dimensions),
        )
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", [])
        for dimensions in directive["Dimensions"]
        for each in directive["Metrics"]
    ]
