"""Samples, contracts, contexts and fakes for tests of the Lambda functions."""

import importlib
import json
import re
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from globalws_functions.domain.apply import AuditRecord, Decided, Decision
from globalws_functions.domain.command import Command
from globalws_functions.domain.errors import GlobalwsError
from jsonschema import Draft202012Validator, ValidationError, validators

from tests.support.stack import ROOT

EVENTS = ROOT / "events"
NOW = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)

ENVIRONMENT = {
    "AWS_REGION": "us-west-2",
    "AWS_DEFAULT_REGION": "us-west-2",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "POWERTOOLS_METRICS_NAMESPACE": "GlobalWS",
    "GRAPHQL_URL": "https://api.test/graphql",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/dead",
    "CHANNELS_TABLE": "channels",
    "AUDIT_TABLE": "audit",
    "AUDIT_RETENTION_DAYS": "400",
    "ALLOWED_CHANNELS": "cars,tech",
    "CLOSING_GRACE_MINUTES": "15",
    "INVALIDATIONS_PER_SECOND": "80",
    "END_AT_TOKEN_EXPIRY": "false",
    "API_ID": "api-1",
    "API_KEY_IDS": "da2-key,",
    "PRESENCE": "off",
    "LEASES_TABLE": "leases",
    "MEMBERS_TABLE": "members",
    "SWEEP_SECONDS": "10",
}


def sample(name: str) -> Any:
    """The parsed events/<name>.json."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def _pattern(_: Any, pattern: str, text: object, __: Any) -> Iterator[ValidationError]:
    # `$` is the end of the text in JSON Schema; in Python a newline may follow it.
    if isinstance(text, str) and not re.search(pattern.replace("$", r"\Z"), text):
        yield ValidationError(f"{text!r} does not match {pattern!r}")


_Contract = validators.extend(Draft202012Validator, {"pattern": _pattern})


def contract(detail_type: str) -> Any:
    """The contract of a detail type: a jsonschema validator."""
    schema = json.loads((EVENTS / "contracts" / f"{detail_type}.json").read_text())
    return _Contract(schema)


def load_handler(
    name: str, monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str] | None = None
) -> ModuleType:
    """A fresh import of functions/<name>.py, as in a new Lambda process."""
    for variable in ("AWS_SESSION_TOKEN", "MESSAGES_TABLE", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    # A new service name, because Powertools keeps one logger for each name for ever.
    values = ENVIRONMENT | {"POWERTOOLS_SERVICE_NAME": f"t-{uuid.uuid4()}"} | (environment or {})
    for variable, value in values.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.syspath_prepend(str(ROOT / "functions"))
    monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module(name)
    monkeypatch.setitem(sys.modules, name, module)
    return module


@dataclass
class Context:
    """Lambda's context."""

    function_name: str = "function"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:us-west-2:123456789012:function:function"
    aws_request_id: str = "request-1"
    remaining_ms: int = 60_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


_SAMPLES = {
    "ChannelPolicyChanged": "policy-change",
    "UserPolicyChanged": "user-change",
    "UserGrantChanged": "grant",
    "PurgeRequested": "purge",
}


def command_event(detail_type: str, **detail: Any) -> dict[str, Any]:
    """A valid event of operators, with that detail over a default one; None leaves a field out."""
    base = sample(_SAMPLES[detail_type])
    merged = {**base["detail"], **detail}
    return {**base, "detail": {name: each for name, each in merged.items() if each is not None}}


def reset_event(**detail: Any) -> dict[str, Any]:
    """A command that leaves the channel to AllowedChannels: `allowed` is null, not left out."""
    event = command_event("ChannelPolicyChanged", **detail)
    return {**event, "detail": {**event["detail"], "allowed": None}}


class FakeClock:
    """A clock that moves only when someone sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds - 1000)

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.seconds += seconds


@dataclass
class FakeApi:
    """Counts invalidations; `failures` maps a channel to the errors of its next calls."""

    unsubscribed: list[str] = field(default_factory=list)
    disconnected: list[str] = field(default_factory=list)
    failures: dict[str, list[GlobalwsError]] = field(default_factory=dict)
    on_call: Callable[[str], None] = lambda name: None

    def unsubscribe(self, name: str) -> None:
        self._call(name)
        self.unsubscribed.append(name)

    def disconnect(self, user: str) -> None:
        self._call(user)
        self.disconnected.append(user)

    def _call(self, name: str) -> None:
        self.on_call(name)
        if self.failures.get(name):
            raise self.failures[name].pop(0)


@dataclass
class FakePolicies:
    """The rules and users of the channels table, in memory."""

    standing: dict[str, Command] = field(default_factory=dict)
    grants: dict[tuple[str, str], Command] = field(default_factory=dict)
    replaced: dict[str, str | None] = field(default_factory=dict)
    failures: list[GlobalwsError] = field(default_factory=list)

    def decide(self, command: Command, now: datetime) -> Decision:
        if self.failures:
            raise self.failures.pop(0)
        known = self.standing.get(command.name)
        decided = _decided(known, command)
        if decided is Decided.WRITTEN:
            self.standing[command.name] = command
            self.replaced[command.name] = known.subscribe if known else None
        return Decision(decided, self.replaced.get(command.name))

    def grant(self, command: Command) -> Decision:
        assert command.grant is not None
        at = (command.name, command.grant.pattern)
        known = self.grants.get(at)
        decided = _decided(known, command)
        if decided is Decided.WRITTEN:
            self.grants[at] = command
        before = known.grant.operations if known and known.grant else ()
        return Decision(decided, let_subscribe="subscribe" in before)


def _decided(known: Command | None, command: Command) -> Decided:
    if known is None or known.decision < command.decision:
        return Decided.WRITTEN
    return Decided.UNCHANGED if known.decision == command.decision else Decided.SUPERSEDED


@dataclass
class FakeHistory:
    """A history whose deletes succeed or raise."""

    deleted: list[tuple[str, datetime]] = field(default_factory=list)
    failures: list[GlobalwsError] = field(default_factory=list)

    def delete(self, name: str, until: datetime, remaining: Callable[[], float]) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.deleted.append((name, until))
        return "deleted 3"


@dataclass
class FakeAudit:
    """Keeps every version of each record."""

    records: dict[str, AuditRecord] = field(default_factory=dict)
    saved: list[AuditRecord] = field(default_factory=list)

    def find(self, key: str) -> AuditRecord | None:
        return self.records.get(key)

    def save(self, record: AuditRecord) -> None:
        self.records[record.key] = record
        self.saved.append(record)
