"""One run of the janitor: every known channel that is not allowed loses its subscriptions here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Protocol

from globalws_functions.domain.apply import Api, Audit, AuditRecord, Outcome
from globalws_functions.domain.channel import Channel, JanitorAction, next_action
from globalws_functions.domain.command import Action
from globalws_functions.domain.errors import GlobalwsError, ThrottledError
from globalws_functions.domain.fields import iso
from globalws_functions.domain.token_bucket import TokenBucket

# So much time is kept for writing down how the run went.
RESERVE_SECONDS = 15.0
_PAUSE_SECONDS = 1.0


class Registry(Protocol):
    """This region's Channels table. All raise TransientError.

    Writes about a channel that was decided on meanwhile change nothing: the next run sees it anew.
    """

    def channels(self) -> Iterable[Channel]:
        """All channels, page by page."""

    def remember(self, name: str) -> None:
        """Notes that the channel is in AllowedChannels."""

    def mark_invalidated(self, channel: Channel, at: datetime) -> None:
        """Its subscriptions were ended; `closed_since` is set if it was not."""

    def reopen(self, channel: Channel) -> None:
        """Forgets that it was closed."""

    def save_run(self, run: "Run") -> None:
        """Keeps the summary of the last run."""


@dataclass
class Run:
    """What a run found and did, in numbers.

    Attributes:
        closed: channels that were found closed for the first time, `invalidated` among them.
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

    @property
    def is_failure(self) -> bool:
        """Whether every invalidation that was tried failed."""
        return self.failed > 0 and self.invalidated == 0


@dataclass(frozen=True)
class Janitor:
    """What a run works with; `failure` is told of each channel's failure."""

    region: str
    allowed_channels: frozenset[str]
    grace: timedelta
    registry: Registry
    api: Api
    audit: Audit
    bucket: TokenBucket
    clock: Callable[[], datetime]
    random: Random
    failure: Callable[[str, GlobalwsError], None]

    def run(self, remaining: Callable[[], float]) -> Run:
        """Reconciles once, within the seconds that `remaining` says are left.

        Raises:
            TransientError: the registry could not be read, or the summary not be written.
        """
        started = self.clock()
        run = Run(started_at=iso(started))
        due, reopened = self._survey(run)
        for channel in reopened:
            self._write(run, channel.name, partial(self.registry.reopen, channel))
        run.reopened = len(reopened)
        # In another command each time: what fails slowly must not keep the rest waiting for ever.
        self.random.shuffle(due)
        for done, channel in enumerate(due):
            if remaining() < RESERVE_SECONDS:
                run.skipped = len(due) - done
                break
            self._invalidate(run, channel)
        run.duration_ms = round((self.clock() - started).total_seconds() * 1000)
        self.registry.save_run(run)
        return run

    def _survey(self, run: Run) -> tuple[list[Channel], list[Channel]]:
        due: list[Channel] = []
        reopened: list[Channel] = []
        unknown = set(self.allowed_channels)
        for channel in self.registry.channels():
            run.channels += 1
            if channel.known:
                unknown.discard(channel.name)
            match next_action(channel, self.allowed_channels, self.grace):
                case JanitorAction.INVALIDATE:
                    due.append(channel)
                case JanitorAction.REOPEN:
                    reopened.append(channel)
                case JanitorAction.NOTHING:
                    pass
        for name in sorted(unknown):
            self._write(run, name, partial(self.registry.remember, name))
        run.remembered = len(unknown)
        return due, reopened

    def _invalidate(self, run: Run, channel: Channel) -> None:
        self.bucket.take()
        # Its time is before the call: what subscribes during the call must count as not ended.
        at = self.clock()
        try:
            self.api.unsubscribe(channel.name)
        except GlobalwsError as error:
            run.failed += 1
            self.failure(channel.name, error)
            if isinstance(error, ThrottledError):
                run.throttled += 1
                self.bucket.pause(_PAUSE_SECONDS)
            return
        run.invalidated += 1
        if channel.closed_since is None:
            run.closed += 1
        self._write(run, channel.name, partial(self._note, channel, at))

    def _note(self, channel: Channel, at: datetime) -> None:
        # What an operator closed stands in the order's own record.
        if channel.closed_since is None and channel.override is None and channel.known:
            self.audit.save(self._closure(channel.name, at))
        self.registry.mark_invalidated(channel, at)

    def _closure(self, name: str, at: datetime) -> AuditRecord:
        return AuditRecord(
            key=f"{name}#{Action.CLOSE}#{iso(at)}",
            event_id="",
            action=Action.CLOSE,
            name=name,
            reason="no longer in AllowedChannels",
            by="janitor",
            at=iso(at),
            origin=self.region,
            region=self.region,
            recorded_at=iso(at),
            outcome=Outcome.DONE,
            steps={"subscriptions": "ended"},
        )

    def _write(self, run: Run, name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except GlobalwsError as error:
            run.write_failures += 1
            self.failure(name, error)
