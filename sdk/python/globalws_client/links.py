"""The machine's links and the commands about them."""

from .catchup import CatchUp
from .ledger import Ledger
from .link import Link
from .signals import CancelTimer, Command, Drop, Fetch, Open, SetTimer
from .types import Options


class Links:
    """The main link and the candidate. Commands are appended to `commands`, the machine's list."""

    def __init__(
        self, regions: tuple[str, ...], options: Options, ledger: Ledger, commands: list[Command]
    ) -> None:
        self.main: Link | None = None
        self.candidate: Link | None = None
        self._regions = regions
        self._options = options
        self._ledger = ledger
        self._commands = commands
        self._numbers = 0

    def all(self) -> list[Link]:
        """Those that there are."""
        return [link for link in (self.main, self.candidate) if link is not None]

    def by_id(self, id: int) -> Link | None:
        """The link with this number, unless it was dropped."""
        return next((link for link in self.all() if link.id == id), None)

    def answered(self, request: int) -> Link | None:
        """The link that waits for this request, which it does no more."""
        link = next((link for link in self.all() if link.request == request), None)
        if link is not None:
            link.request = None
            self._commands.append(CancelTimer(link.history_timer))
        return link

    def number(self) -> int:
        """A new number for a link or a request."""
        self._numbers += 1
        return self._numbers

    def open(self, region: int) -> Link:
        """Begin to connect; the caller makes it main or candidate."""
        link = Link(self.number(), region, CatchUp(self._options.hold_limit))
        self._commands.append(Open(link.id, region))
        self._commands.append(SetTimer(link.setup_timer, self._options.connect_timeout_ms))
        return link

    def fetch(self, link: Link, after: str, next_token: str | None) -> None:
        """Ask for a page of history of its region."""
        link.request = self.number()
        limit = self._options.page_limit
        self._commands.append(Fetch(link.request, link.id, link.region, after, limit, next_token))
        timeout = self._options.history_timeout_ms
        self._commands.append(SetTimer(link.history_timer, timeout))

    def drop(self, link: Link) -> None:
        """Close it and forget it."""
        self.cover(link)
        self._commands.extend(CancelTimer(name) for name in link.timers)
        self._commands.append(Drop(link.id))
        if link is self.candidate:
            self.candidate = None
        elif link is self.main:
            self.main = None

    def promote(self) -> None:
        """The candidate becomes the main link; a main link that there is gets dropped."""
        previous, self.main, self.candidate = self.main, self.candidate, None
        if previous is not None:
            self.drop(previous)

    def cover(self, link: Link) -> None:
        """Note how far the link's region has been read."""
        read, limit_ms = link.catchup.covered()
        if read:
            self._ledger.cover(self._regions[link.region], limit_ms)
