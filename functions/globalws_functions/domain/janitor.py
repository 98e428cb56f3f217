"""One run of the janitor: what is blocked or no longer allowed loses its subscriptions here.

That is channels and patterns, users, and rules that a deployment made stricter.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol

from globalws_functions.domain.apply import (
    ENDED,
    SUBSCRIPTIONS,
    Api,
    Audit,
    AuditRecord,
    Outcome,
)
from globalws_functions.domain.channel import ONCE_MORE, Channel, JanitorAction, next_action
from globalws_functions.domain.channel_patterns import covering, is_wildcard
from globalws_functions.domain.channel_rules import PROBE, Rule, may_exclude
from globalws_functions.domain.command import Action
from globalws_functions.domain.errors import GlobalwsError, ThrottledError, TransientError
from globalws_functions.domain.fields import iso
from globalws_functions.domain.leases import HasTime, Sweep, Target
from globalws_functions.domain.token_bucket import TokenBucket

# This much time is kept for writing down how the run went.
RESERVE_SECONDS = 15.0
_PAUSE_SECONDS = 1.0
# A name for invalidations that are about no channel.
NOBODYS = "globalws.expired"


class Registry(Protocol):
    """This region's Channels table. All raise TransientError.

    Writes about an item that was decided on in between change nothing: the next run sees it again.
    """

    def channels(self) -> Iterable[Channel]:
        """All channels, patterns and users, page by page."""

    def remember(self, name: str, level: str | None, stricter_since: datetime | None) -> None:
        """Notes that the pattern is in AllowedChannels, and with which level for subscribing.

        Args:
            stricter_since: when its subscriptions were ended because that level is stricter.
        """

    def mark_invalidated(self, channel: Channel, at: datetime) -> None:
        """Its subscriptions were ended; `closed_since` is set if it was not."""

    def reopen(self, channel: Channel) -> None:
        """Forgets that it was closed."""

    def save_run(self, run: "Run") -> None:
        """Keeps the summary of the last run."""


class Presence(Protocol):
    """This region's presence."""

    def shut_out(self, target: Target, has_time: HasTime) -> Sweep:
        """Ends subscriptions of presence, and memberships. Raises GlobalwsError."""


@dataclass
class Run:
    """What a run found and did, in numbers.

    Attributes:
        channels: items that were looked at, patterns and users among them.
        closed: channels that were found closed for the first time, `invalidated` among them.
        stricter: rules whose subscriptions were ended because AllowedChannels became stricter,
            `invalidated` among them.
        failed: invalidations that failed, `throttled` ones included.
        skipped: invalidations that time did not suffice for; the next run does them.
    """

    started_at: str
    duration_ms: int = 0
    channels: int = 0
    remembered: int = 0
    reopened: int = 0
    closed: int = 0
    invalidated: int = 0
    failed: int = 0
    throttled: int = 0
    skipped: int = 0
    write_failures: int = 0
    stricter: int = 0

    @property
    def is_failure(self) -> bool:
        """Whether every invalidation that was tried failed."""
        return self.failed > 0 and self.invalidated == 0


@dataclass(frozen=True)
class _Task:
    """An invalidation: of what, and what is written down once it has succeeded."""

    channel: Channel
    note: Callable[[Run, datetime], None]


@dataclass(frozen=True)
class Janitor:
    """What a run works with; `failure` is told of each channel's failure.

    Attributes:
        deployed: the rules of AllowedChannels, by pattern.
        presence: None where the deployment has none.
        ends_expired: each run ends the subscriptions whose token has expired (EndAtTokenExpiry).
    """

    region: str
    deployed: Mapping[str, Rule]
    grace: timedelta
    registry: Registry
    api: Api
    audit: Audit
    bucket: TokenBucket
    clock: Callable[[], datetime]
    random: Random
    failure: Callable[[str, GlobalwsError], None]
    presence: Presence | None = None
    ends_expired: bool = False

    def run(self, remaining: Callable[[], float]) -> Run:
        """Reconciles once, within the seconds that `remaining` says are left.

        Raises:
            TransientError: the registry could not be read, or the summary not be written.
        """
        started = self.clock()
        run = Run(started_at=iso(started))
        channels = {channel.name: channel for channel in self.registry.channels()}
        run.channels = len(channels)

        def has_time() -> bool:
            return remaining() >= RESERVE_SECONDS

        if self.ends_expired:
            self._end_expired(run, has_time)
        due = [*self._closed(run, channels), *self._tightened(run, channels)]
        # A random order: a channel that fails slowly must not hold up the same others in each run.
        self.random.shuffle(due)
        for done, task in enumerate(due):
            if not has_time():
                run.skipped = len(due) - done
                break
            self._invalidate(run, task, has_time)
        run.duration_ms = round((self.clock() - started).total_seconds() * 1000)
        self.registry.save_run(run)
        return run

    def _closed(self, run: Run, channels: Mapping[str, Channel]) -> Iterable[_Task]:
        """What is blocked or no longer allowed; what is allowed again is written down."""
        allowing = {c.name for c in channels.values() if c.is_allowed(self.deployed)}
        allowing |= {rule.pattern for rule in self.deployed.values() if rule.allowed}
        for channel in channels.values():
            wider = covering(channel.name, any_user=True)
            is_covered = is_wildcard(channel.name) or not allowing.isdisjoint(wider)
            match next_action(channel, self.deployed, self.grace, is_covered=is_covered):
                case JanitorAction.INVALIDATE:
                    yield _Task(channel, partial(self._note_closed, channel))
                case JanitorAction.REOPEN:
                    run.reopened += 1
                    self._write(run, channel.name, partial(self.registry.reopen, channel))
                case JanitorAction.NOTHING:
                    pass

    def _tightened(self, run: Run, channels: Mapping[str, Channel]) -> Iterable[_Task]:
        """Rules of AllowedChannels that became stricter; the others are remembered as they are."""
        for name, rule in sorted(self.deployed.items()):
            if not rule.allowed or name == PROBE:
                continue
            channel = channels.get(name, Channel(name))
            # The level of an operator's decision applies, whatever the deployment says.
            is_decisive = channel.override is not False and channel.subscribe is None
            if not channel.known or channel.known_level != rule.subscribe:
                if is_decisive and may_exclude(channel.known_level, rule.subscribe):
                    yield _Task(channel, partial(self._note_tightened, channel, rule))
                else:
                    run.remembered += not channel.known
                    remember = partial(self.registry.remember, name, rule.subscribe, None)
                    self._write(run, name, remember)
            elif channel.stricter_since and self.clock() - channel.stricter_since >= ONCE_MORE:
                yield _Task(channel, partial(self._note_tightened_again, channel, rule))

    def _end_expired(self, run: Run, has_time: HasTime) -> None:
        # Every invalidation has the time, which subscriptions compare with their token's expiry.
        self.bucket.take()
        try:
            self.api.unsubscribe(NOBODYS)
            self._shut_out(Target(NOBODYS, is_user=False), has_time)
        except GlobalwsError as error:
            run.failed += 1
            self.failure(NOBODYS, error)

    def _invalidate(self, run: Run, task: _Task, has_time: HasTime) -> None:
        self.bucket.take()
        name, user = task.channel.name, task.channel.user
        # Its time is before the call: what subscribes during the call must count as not ended.
        at = self.clock()
        try:
            if user is None:
                self.api.unsubscribe(name)
            else:
                self.api.disconnect(user)
            self._shut_out(Target(user or name, is_user=user is not None), has_time)
        except GlobalwsError as error:
            run.failed += 1
            self.failure(name, error)
            if isinstance(error, ThrottledError):
                run.throttled += 1
                self.bucket.pause(_PAUSE_SECONDS)
            return
        run.invalidated += 1
        self._write(run, name, partial(task.note, run, at))

    def _shut_out(self, target: Target, has_time: HasTime) -> None:
        """As for messages, after them: clients are told then that they were disconnected."""
        if self.presence is None:
            return
        self.bucket.take()
        if failed := self.presence.shut_out(target, has_time).failed:
            raise TransientError(f"{failed} members were not ended; see the warnings before")

    def _note_closed(self, channel: Channel, run: Run, at: datetime) -> None:
        if channel.closed_since is None:
            run.closed += 1
            # If an operator closed it, the audit has the record of that command already.
            if channel.override is None and channel.known:
                self.audit.save(self._closure(channel.name, at, "no longer in AllowedChannels"))
        self.registry.mark_invalidated(channel, at)

    def _note_tightened(self, channel: Channel, rule: Rule, run: Run, at: datetime) -> None:
        run.stricter += 1
        if channel.known:
            reason = f"AllowedChannels has {rule.subscribe or 'no level'} for subscribing now"
            self.audit.save(self._closure(channel.name, at, reason))
        else:
            run.remembered += 1
        self.registry.remember(channel.name, rule.subscribe, at)

    def _note_tightened_again(self, channel: Channel, rule: Rule, run: Run, _: datetime) -> None:
        run.stricter += 1
        self.registry.remember(channel.name, rule.subscribe, None)

    def _closure(self, name: str, at: datetime, reason: str) -> AuditRecord:
        return AuditRecord(
            key=f"{name}#{Action.CLOSE}#{iso(at)}",
            event_id="",
            action=Action.CLOSE,
            name=name,
            reason=reason,
            by="janitor",
            at=iso(at),
            origin=self.region,
            region=self.region,
            recorded_at=iso(at),
            outcome=Outcome.DONE,
            steps={SUBSCRIPTIONS: ENDED},
        )

    def _write(self, run: Run, name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except GlobalwsError as error:
            run.write_failures += 1
            self.failure(name, error)
