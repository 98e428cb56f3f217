"""Applies an operator's command in this region: policy, subscriptions, history, audit record.

Each step is noted in the audit record as it is done, so that a retry goes on where the last attempt
stopped, and a command that arrives again does nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from globalws_functions.domain.channel import ONCE_MORE
from globalws_functions.domain.channel_rules import ANYONE, Rule, may_exclude
from globalws_functions.domain.command import Action, Command, Policy
from globalws_functions.domain.errors import PermanentError
from globalws_functions.domain.fields import instant, iso

POLICY = "policy"
SUBSCRIPTIONS = "subscriptions"
HISTORY = "history"
AGAIN = "subscriptions-again"

ENDED = "ended"
_DUE = "due"


class Outcome(StrEnum):
    """How far a command got in this region."""

    STARTED = "started"
    DONE = "done"
    SUPERSEDED = "superseded"  # a later decision applies
    FAILED = "failed"  # final; in the dead-letter queue
    DUPLICATE = "duplicate"  # was done before; never recorded


class Decided(StrEnum):
    """What a policy write did."""

    WRITTEN = "written"
    UNCHANGED = "already written"  # this very decision, by the other function
    SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Decision:
    """What a policy write did.

    Attributes:
        replaced_level: the level for subscribing before, if stated.
        let_subscribe: whether the grant before let the user subscribe, or it is not known.
    """

    decided: Decided
    replaced_level: str | None = None
    let_subscribe: bool = True


@dataclass(frozen=True)
class AuditRecord:
    """What was done to a channel or user in this region: by whose command, why, when, and how.

    Attributes:
        name: the channel, the pattern, or the user's key (`domain.channel.user_of`).
        details: levels or a grant, for people.
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
    details: str = ""

    @property
    def entry(self) -> str:
        """Sorts records by time."""
        return f"{self.at}#{self.event_id}"


class Policies(Protocol):
    """This region's policies about channels and users. Both raise TransientError."""

    def decide(self, command: Command, now: datetime) -> Decision:
        """Writes the policy of a command that has one, unless a later decision is there."""

    def grant(self, command: Command) -> Decision:
        """Writes the grant of a command that has one, unless its pattern has a later one."""


class Api(Protocol):
    """This region's API.

    Both raise PermanentError if the API refuses it, now and later; TransientError if it may succeed
    later; ThrottledError if fewer calls are wanted.
    """

    def unsubscribe(self, name: str) -> None:
        """Ends the subscriptions in this region that a channel's name or a pattern covers."""

    def disconnect(self, user: str) -> None:
        """Ends the user's subscriptions in this region."""


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
    """Where commands are carried out.

    Attributes:
        deployed: the rules of the deployment's AllowedChannels, by pattern.
        pause: waits for so many seconds.
    """

    name: str
    deployed: Mapping[str, Rule]
    policies: Policies
    api: Api
    history: History
    audit: Audit
    clock: Callable[[], datetime]
    pause: Callable[[float], None]


def apply(command: Command, region: Region, remaining: Callable[[], float]) -> AuditRecord:
    """Carries out a command, once; answers the record of it.

    Args:
        remaining: the seconds that are left for it.

    Raises:
        TransientError: to be tried again.
        PermanentError: every attempt would fail; the record says so.
    """
    known = region.audit.find(command.key)
    is_settled = known is not None and known.outcome in (Outcome.DONE, Outcome.SUPERSEDED)
    if known is not None and is_settled and known.steps.get(AGAIN) != _DUE:
        return replace(known, outcome=Outcome.DUPLICATE)
    progress = _Progress(region, known or _new_record(command, region))
    try:
        if not is_settled:
            progress.save(Outcome.STARTED)
            _carry_out(command, region, progress, remaining)
        if progress.record.steps.get(AGAIN) == _DUE:
            _end_again(command, region, progress)
    except PermanentError as error:
        progress.save(Outcome.FAILED, str(error))
        raise
    return progress.record


def _carry_out(
    command: Command, region: Region, progress: "_Progress", remaining: Callable[[], float]
) -> None:
    # Block first: disconnected clients reconnect immediately.
    if (command.policy or command.grant) and not progress.has(POLICY):
        progress.note(_decide(command, region))
    steps = progress.record.steps
    is_superseded = steps.get(POLICY) == Decided.SUPERSEDED
    is_closed = not is_superseded and _closes(command, region)
    is_kick = command.action is Action.PURGE or is_closed or SUBSCRIPTIONS in steps
    if is_kick and steps.get(SUBSCRIPTIONS) != ENDED:
        _end_subscriptions(command, region)
        # The janitor repeats what a block and a reset ended.
        is_repeated = command.policy is Policy.ALLOW or command.grant is not None
        progress.note({SUBSCRIPTIONS: ENDED} | ({AGAIN: _DUE} if is_repeated else {}))
    if command.delete_history and not progress.has(HISTORY):
        done = region.history.delete(command.name, command.received_at, remaining)
        progress.note({HISTORY: done})
    is_done = command.action is Action.PURGE or not is_superseded
    progress.save(Outcome.DONE if is_done else Outcome.SUPERSEDED)


def _decide(command: Command, region: Region) -> dict[str, str]:
    """The steps that writing the policy or the grant made, or made due."""
    if command.grant is not None:
        granted = region.policies.grant(command)
        steps = {POLICY: granted.decided.value}
        if granted.decided is Decided.SUPERSEDED or "subscribe" in command.grant.operations:
            return steps
        return steps | ({SUBSCRIPTIONS: _DUE} if granted.let_subscribe else {})
    decision = region.policies.decide(command, region.clock())
    steps = {POLICY: decision.decided.value}
    if command.policy is not Policy.ALLOW or command.user is not None:
        return steps
    rule = region.deployed.get(command.name)
    deployed = rule.subscribe if rule is not None and rule.allowed else None
    if decision.decided is Decided.SUPERSEDED:
        # Policy may have written it before the later decision came. That one then replaced this
        # one's level, and does not know whom the level before would have let in.
        is_stricter = command.subscribe not in (None, ANYONE)
    else:
        before = decision.replaced_level or deployed
        is_stricter = may_exclude(before, command.subscribe or deployed)
    return steps | ({SUBSCRIPTIONS: _DUE} if is_stricter else {})


def _closes(command: Command, region: Region) -> bool:
    if command.policy is Policy.DEFAULT:
        rule = region.deployed.get(command.name)
        return rule is None or not rule.allowed
    return command.policy is Policy.BLOCK


def _end_subscriptions(command: Command, region: Region) -> None:
    if command.user is not None:
        region.api.disconnect(command.user)
    else:
        region.api.unsubscribe(command.name)


def _end_again(command: Command, region: Region, progress: "_Progress") -> None:
    """Ends subscriptions that began under the old rule while the stricter one was written."""
    waited = region.clock() - instant(progress.record.recorded_at)
    region.pause(max(0.0, (ONCE_MORE - waited).total_seconds()))
    _end_subscriptions(command, region)
    progress.note({AGAIN: ENDED}, progress.record.outcome)


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
        details=command.details,
    )


class _Progress:
    """The record, and its writing."""

    def __init__(self, region: Region, record: AuditRecord) -> None:
        self.record = record
        self._region = region

    def has(self, step: str) -> bool:
        """Whether a former attempt did this step."""
        return step in self.record.steps

    def note(self, steps: Mapping[str, str], outcome: Outcome = Outcome.STARTED) -> None:
        """Steps are done, which a retry will not do again, or due."""
        self.record = replace(self.record, steps={**self.record.steps, **steps})
        self.save(outcome)

    def save(self, outcome: Outcome, failure: str = "") -> AuditRecord:
        """Writes the record with this outcome."""
        now = iso(self._region.clock())
        self.record = replace(self.record, outcome=outcome, failure=failure, recorded_at=now)
        self._region.audit.save(self.record)
        return self.record
