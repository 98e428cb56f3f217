"""Applies an operator's command in this region: policy, subscriptions, history, audit record.

Each step is noted in the audit record as it is done, so that a retry goes on where the last attempt
stopped, and a command that arrives again does nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from globalws_functions.domain.command import Action, Command
from globalws_functions.domain.errors import PermanentError
from globalws_functions.domain.fields import iso

POLICY = "policy"
SUBSCRIPTIONS = "subscriptions"
HISTORY = "history"


class Outcome(StrEnum):
    """How far a command got in this region."""

    STARTED = "started"
    DONE = "done"
    SUPERSEDED = "superseded"  # a later decision stands
    FAILED = "failed"  # for good; in the dead-letter queue
    DUPLICATE = "duplicate"  # was done before; never recorded


class Decided(StrEnum):
    """What a policy write did."""

    WRITTEN = "written"
    UNCHANGED = "already written"  # this very decision, by the other function
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class AuditRecord:
    """Who had what done to which channel, why, when, and what came of it in this region.

    Attributes:
        at: the decision instant; `recorded_at`: when this record was last written.
        region: the region that this record is about; `origin`: where the command was given.
        steps: step → what it did.
    """

    key: str
    event_id: str
    action: Action
    name: str
    reason: str
    by: str
    at: str
    origin: str
    region: str
    recorded_at: str
    outcome: Outcome
    steps: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def entry(self) -> str:
        """Sorts records by time."""
        return f"{self.at}#{self.event_id}"


class Policies(Protocol):
    """This region's channel policies."""

    def decide(self, command: Command, now: datetime) -> Decided:
        """Writes the command's policy, which it has, unless a later decision stands.

        Raises:
            TransientError: it may succeed later.
        """


class Api(Protocol):
    """This region's API."""

    def unsubscribe(self, name: str) -> None:
        """Ends the channel's subscriptions in this region.

        Raises:
            PermanentError: the API refuses it, now and later.
            TransientError: it may succeed later; ThrottledError if fewer calls are wanted.
        """


class History(Protocol):
    """This region's stored messages."""

    def delete(self, name: str, until: datetime, remaining: Callable[[], float]) -> str:
        """Deletes what was published until then; says what it did, in a word or two.

        Raises:
            TransientError: time ran out (what is deleted stays deleted), or the table failed.
        """


class Audit(Protocol):
    """This region's audit records. Both raise TransientError."""

    def find(self, key: str) -> AuditRecord | None:
        """The record of a command."""

    def save(self, record: AuditRecord) -> None:
        """Writes the record as it is now."""


@dataclass(frozen=True)
class Region:
    """Where commands are carried out; `allowed_channels` is the deployment's AllowedChannels."""

    name: str
    allowed_channels: frozenset[str]
    policies: Policies
    api: Api
    history: History
    audit: Audit
    clock: Callable[[], datetime]


def apply(command: Command, region: Region, remaining: Callable[[], float]) -> AuditRecord:
    """Carries out a command, once; answers the record of it.

    Args:
        remaining: the seconds that are left for it.

    Raises:
        TransientError: to be tried again.
        PermanentError: it can never be; the record says so.
    """
    known = region.audit.find(command.key)
    if known is not None and known.outcome in (Outcome.DONE, Outcome.SUPERSEDED):
        return replace(known, outcome=Outcome.DUPLICATE)
    progress = _Progress(region, known or _new_record(command, region))
    progress.save(Outcome.STARTED)
    try:
        return _carry_out(command, region, progress, remaining)
    except PermanentError as error:
        progress.save(Outcome.FAILED, str(error))
        raise


def _carry_out(
    command: Command, region: Region, progress: "_Progress", remaining: Callable[[], float]
) -> AuditRecord:
    # The ban before the kick: who is kicked comes back at once.
    if command.policy is not None and not progress.has(POLICY):
        progress.note(POLICY, region.policies.decide(command, region.clock()).value)
    is_superseded = progress.record.steps.get(POLICY) == Decided.SUPERSEDED
    is_closed = not is_superseded and _closes(command, region)
    is_kick = command.action is Action.PURGE or is_closed
    if is_kick and not progress.has(SUBSCRIPTIONS):
        region.api.unsubscribe(command.name)
        progress.note(SUBSCRIPTIONS, "ended")
    if command.delete_history and not progress.has(HISTORY):
        progress.note(HISTORY, region.history.delete(command.name, command.received_at, remaining))
    return progress.save(Outcome.DONE if is_kick or not is_superseded else Outcome.SUPERSEDED)


def _closes(command: Command, region: Region) -> bool:
    policy = command.policy
    return policy is not None and not policy.is_allowed(command.name, region.allowed_channels)


def _new_record(command: Command, region: Region) -> AuditRecord:
    return AuditRecord(
        key=command.key,
        event_id=command.id,
        action=command.action,
        name=command.name,
        reason=command.reason,
        by=command.by,
        at=command.at,
        origin=command.origin,
        region=region.name,
        recorded_at="",
        outcome=Outcome.STARTED,
    )


class _Progress:
    """The record, and its writing."""

    def __init__(self, region: Region, record: AuditRecord) -> None:
        self.record = record
        self._region = region

    def has(self, step: str) -> bool:
        """Whether a former attempt did this step."""
        return step in self.record.steps

    def note(self, step: str, result: str) -> None:
        """A step is done: a retry will not do it again."""
        self.record = replace(self.record, steps={**self.record.steps, step: result})
        self.save(Outcome.STARTED)

    def save(self, outcome: Outcome, failure: str = "") -> AuditRecord:
        """Writes the record with this outcome."""
        now = iso(self._region.clock())
        self.record = replace(self.record, outcome=outcome, failure=failure, recorded_at=now)
        self._region.audit.save(self.record)
        return self.record
