"""The resuming subscription as a state machine: inputs in, commands out, no I/O.

There is one main link; while failed over there may be a second one, the candidate, by which the
subscriber goes home: it is subscribed and has caught up before the main link is dropped.
"""

from collections.abc import Callable, Sequence

from . import signals
from .course import Course
from .errors import NO_HISTORY, BufferOverflowError, is_final
from .ledger import Ledger
from .link import Link, Phase
from .links import Links
from .outbox import Outbox
from .protocol import Complete, ConnectionAck, Data, ErrorFrame, Frame, StartAck
from .retry import Retry
from .signals import CancelTimer, Command, SetTimer, Subscribe
from .types import Checkpoint, Message, Options, State


class Machine:
    """One subscription.

    `regions` are names in order of preference; the first is home. `wall` is this machine's
    clock, milliseconds since 1970; it and `random` (0 to 1) are all that is not in the inputs.
    """

    def __init__(
        self,
        regions: Sequence[str],
        options: Options,
        random: Callable[[], float],
        wall: Callable[[], int],
    ) -> None:
        self._regions = tuple(regions)
        self._options = options
        self._now = 0.0
        self._commands: list[Command] = []
        self._retry = Retry(options, len(regions), random)
        self._ledger = Ledger(options, wall)
        self._links = Links(self._regions, options, self._ledger, self._commands)
        self._out = Outbox(self._regions, options, self._ledger, self._commands)
        self._course = Course(options, self._retry, random, self._links, self._out, self._commands)

    def handle(self, input: signals.Input, now: float) -> list[Command]:
        """What is to be done, in order. `now` is monotonic milliseconds."""
        self._now = now
        if not self._course.finished:
            self._dispatch(input)
        commands = list(self._commands)
        self._commands.clear()
        return commands

    def checkpoint(self, pending: Sequence[Message]) -> Checkpoint | None:
        """Where a consumer stands that has not taken `pending` yet; None before the first live."""
        for link in self._links.all():
            self._links.cover(link)
        return self._ledger.checkpoint(pending)

    def _dispatch(self, input: signals.Input) -> None:
        match input:
            case signals.Received(id, frame):
                if link := self._links.by_id(id):
                    self._receive(link, frame)
            case signals.Taken(messages):
                self._out.taken(messages)
                for link in self._links.all():
                    self._fetch(link)
            case signals.HistoryPage(request, items, token):
                if link := self._links.answered(request):
                    self._page(link, items, token)
            case signals.HistoryFailed(request, error_type, message):
                if link := self._links.answered(request):
                    self._history_failed(link, error_type, message)
            case signals.TimerFired(name):
                self._fire(name)
            case signals.Closed(id, reason):
                if link := self._links.by_id(id):
                    self._course.lose(link, self._now, reason)
            case signals.Begin():
                self._course.begin()
            case signals.Stop():
                self._course.finish(None)

    # Frames

    def _receive(self, link: Link, frame: Frame) -> None:
        link.last_frame = self._now
        match frame:
            case Data(message):
                self._data(link, message)
            case ConnectionAck(timeout_ms) if link.phase is Phase.OPENING:
                self._acknowledged(link, timeout_ms)
            case StartAck() if link.phase is Phase.STARTING:
                self._started(link)
            case Complete() if link.phase is not Phase.OPENING:
                self._kicked(link)
            case ErrorFrame(error_type, message, general):
                if not general or link.phase in (Phase.OPENING, Phase.STARTING):
                    self._course.failed(link, self._now, error_type, message)

    def _acknowledged(self, link: Link, timeout_ms: int | None) -> None:
        options = self._options
        link.phase = Phase.STARTING
        link.silence_ms = options.keep_alive_ms * options.silence_factor
        if timeout_ms is not None:
            link.silence_ms = min(link.silence_ms, timeout_ms)
        self._commands.append(Subscribe(link.id))
        self._commands.append(SetTimer(link.setup_timer, options.start_timeout_ms))
        self._commands.append(SetTimer(link.silence_timer, link.silence_ms))

    def _started(self, link: Link) -> None:
        self._commands.append(CancelTimer(link.setup_timer))
        link.phase = Phase.CATCHING_UP
        if self._ledger.fresh:
            self._ledger.begin()
            self._out.deliver(link.catchup.give_up())
            self._course.live(link, self._now)
            return
        after, link.gap = self._ledger.resume(self._regions[link.region])
        link.catchup.begin(after)
        self._course.subscribed(link)
        self._fetch(link)

    def _data(self, link: Link, message: Message | None) -> None:
        if message is None:
            # A publisher's selection lacked a field: only history has the whole message.
            self._reread(link)
        elif link.phase is not Phase.LIVE:
            link.catchup.hold(message)
        elif not self._out.full:
            self._out.deliver([message])
        elif not self._ledger.knows(message.id):
            link.catchup.miss(message.id)
            link.catchup.overflowed = True
            self._fall_behind(link, "the consumer is slow")

    def _reread(self, link: Link) -> None:
        if not self._ledger.fresh:
            self._links.cover(link)
            link.catchup.miss(self._ledger.resume(self._regions[link.region])[0])
        if link.phase is Phase.LIVE:
            self._fall_behind(link, "an incomplete message arrived")

    def _fall_behind(self, link: Link, reason: str) -> None:
        link.phase = Phase.CATCHING_UP
        if link is self._links.main:
            self._out.state(State.RESUMING, link.region, reason=reason)
        self._fetch(link)

    def _kicked(self, link: Link) -> None:
        if link is self._links.main:
            self._out.state(State.KICKED, link.region)
        self._course.lose(link, self._now, "the server ended the subscription", kicked=True)

    # History

    def _fetch(self, link: Link) -> None:
        """Ask for the next page, if one is due and the consumer has room for it."""
        if link.phase is not Phase.CATCHING_UP or link.busy:
            return
        if not self._out.has_room_for_page:
            return
        page = link.catchup.next_page()
        if page is None:
            self._course.live(link, self._now)
        else:
            self._links.fetch(link, *page)

    def _page(self, link: Link, items: Sequence[Message], next_token: str | None) -> None:
        link.history_failures = 0
        self._out.deliver(link.catchup.page(items, next_token, self._ledger.wanted(items)))
        self._fetch(link)

    def _history_failed(self, link: Link, error_type: str | None, message: str) -> None:
        if error_type == NO_HISTORY:
            self._without_history(link)
        elif is_final(error_type):
            self._course.failed(link, self._now, str(error_type), message)
        else:
            link.history_failures += 1
            if link.history_failures >= self._options.history_attempts:
                self._course.lose(link, self._now, f"history: {message}", error_type=error_type)
            else:
                link.waiting = True
                delay = self._retry.jitter(link.history_failures - 1)
                self._commands.append(SetTimer(link.history_timer, delay))

    def _without_history(self, link: Link) -> None:
        if link.catchup.overflowed:
            text = "messages came faster than they were read, and no history is stored"
            if link is self._links.candidate:
                self._course.lose(link, self._now, text)
            else:
                self._course.finish(BufferOverflowError(text))
            return
        link.gap = True
        self._out.deliver(link.catchup.give_up())
        self._course.live(link, self._now)

    # Timers

    def _fire(self, name: str) -> None:
        if self._course.fire(name):
            return
        for link in self._links.all():
            if name == link.setup_timer:
                self._course.lose(link, self._now, "the server did not answer in time")
            elif name == link.silence_timer:
                self._check_silence(link)
            elif name == link.history_timer:
                self._history_due(link)

    def _check_silence(self, link: Link) -> None:
        silent = self._now - link.last_frame
        if silent >= link.silence_ms:
            self._course.lose(link, self._now, f"no frame for {silent / 1000:.0f} s")
        else:
            self._commands.append(SetTimer(link.silence_timer, link.silence_ms - silent))

    def _history_due(self, link: Link) -> None:
        if link.waiting:
            link.waiting = False
            self._fetch(link)
        else:
            link.request = None
            self._history_failed(link, None, "no answer in time")
