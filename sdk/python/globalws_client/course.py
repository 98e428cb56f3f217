"""The course of a subscription: attempts, failover, the way home, and its end."""

from collections.abc import Callable

from .errors import SubscriberError, is_final
from .link import Link, Phase
from .links import Links
from .outbox import Outbox
from .retry import Attempt, Retry
from .signals import CancelTimer, Command, Finish, SetTimer
from .types import Options, State

_RETRY = "retry"
_HOME = "home"
_HOME_REGION = 0


class Course:
    """Acts on the links when they come live or are lost. Times are monotonic milliseconds."""

    def __init__(
        self,
        options: Options,
        retry: Retry,
        random: Callable[[], float],
        links: Links,
        out: Outbox,
        commands: list[Command],
    ) -> None:
        self._options = options
        self._retry = retry
        self._random = random
        self._links = links
        self._out = out
        self._commands = commands
        self._next = Attempt(_HOME_REGION, 0, 1)
        self._ever_live = False
        self.finished = False

    def begin(self) -> None:
        """The first attempt, at home."""
        self._out.state(State.CONNECTING, _HOME_REGION, attempt=1)
        self._connect()

    def subscribed(self, link: Link) -> None:
        """The link is subscribed and reads history; a loss before has told of it already."""
        if link is self._links.main and not self._ever_live:
            self._out.state(State.RESUMING, link.region, attempt=self._next.number)

    def live(self, link: Link, now: float) -> None:
        """The link has caught up."""
        link.phase = Phase.LIVE
        link.catchup.overflowed = False
        first_time = link.live_since is None
        if first_time:
            link.live_since = now
        if link is self._links.candidate:
            self._links.promote()
        self._ever_live = True
        self._retry.live()
        home = link.region == _HOME_REGION
        self._out.state(State.LIVE if home else State.FAILED_OVER, link.region, gap=link.gap)
        link.gap = False
        if home:
            self._commands.append(CancelTimer(_HOME))
        elif first_time and self._links.candidate is None:
            self._probe_home_later()

    def lose(
        self,
        link: Link,
        now: float,
        reason: str,
        *,
        error_type: str | None = None,
        kicked: bool = False,
    ) -> None:
        """The link is of no use any more; another attempt follows."""
        was_candidate = link is self._links.candidate
        self._links.drop(link)
        if was_candidate:
            self._probe_home_later()
            return
        if self._links.candidate is not None:
            # The way home is under way already: it is the next attempt.
            self._links.promote()
            self._next = Attempt(_HOME_REGION, 0, self._next.number)
        else:
            self._next = self._retry.lost(link.region, now, link.live_since, kicked=kicked)
            self._commands.append(SetTimer(_RETRY, self._next.delay_ms))
        self._commands.append(CancelTimer(_HOME))
        state = State.RESUMING if self._ever_live else State.CONNECTING
        number = self._next.number + (0 if self._ever_live else 1)
        self._out.state(
            state, self._next.region, attempt=number, error_type=error_type, reason=reason
        )

    def failed(self, link: Link, now: float, error_type: str, message: str) -> None:
        """The API answered with an error."""
        # Regions may disagree for a moment about a policy: only the one in use decides.
        if is_final(error_type) and link is self._links.main:
            self._out.state(State.REFUSED, link.region, error_type=error_type, reason=message)
            self.finish(None)
        else:
            self.lose(link, now, message, error_type=error_type)

    def fire(self, name: str) -> bool:
        """A timer's time came; whether it was one of the course's."""
        if name == _RETRY and self._links.main is None:
            self._connect()
        elif name == _HOME and self._links.main is not None and self._links.candidate is None:
            self._links.candidate = self._links.open(_HOME_REGION)
        return name in (_RETRY, _HOME)

    def finish(self, error: SubscriberError | None) -> None:
        """The end."""
        for link in self._links.all():
            self._links.drop(link)
        self._commands += [CancelTimer(_RETRY), CancelTimer(_HOME), Finish(error)]
        self.finished = True

    def _connect(self) -> None:
        self._links.main = self._links.open(self._next.region)

    def _probe_home_later(self) -> None:
        # Spread over half to one and a half times the interval, so that clients do not go at once.
        delay = self._options.home_probe_ms * (0.5 + self._random())
        self._commands.append(SetTimer(_HOME, delay))
