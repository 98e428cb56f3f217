"""A page of history that an application asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from .auth import Auth
from .history import page_of, query_of
from .options import MOST_PER_PAGE
from .questions import first_answer
from .signals import Fetch
from .types import Message, RegionEndpoint


@dataclass(frozen=True)
class Page:
    """A page of history, newest first. `next_token` leads to older messages, if there are any."""

    messages: tuple[Message, ...]
    next_token: str | None


def page_request(channel: str, last: int, next_token: str | None) -> Fetch:
    """The request for a page. Raises ValueError if `last` is out of range."""
    if not 1 <= last <= MOST_PER_PAGE:
        raise ValueError(f"last must be from 1 to {MOST_PER_PAGE}")
    return Fetch(0, 0, channel, None, last, last, next_token)


async def read_page(
    session: aiohttp.ClientSession,
    regions: Sequence[RegionEndpoint],
    auth: Auth,
    wanted: Fetch,
    timeout_ms: float,
) -> Page:
    """The page from the first region that answers. Raises like `Client.history`."""
    return await first_answer(
        session,
        regions,
        auth,
        timeout_ms,
        query_of([wanted]),
        lambda data: Page(*page_of(data["h0"])),
    )
