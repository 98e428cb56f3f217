"""Publishing with retries that make no duplicates: every attempt carries the same id.

Only an id that the API refuses, because this machine's clock is wrong, is replaced once.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import aiohttp

from .auth import Auth
from .driver import Driver
from .errors import (
    GraphQLError,
    NoAnswerError,
    PublishFailedError,
    RefusedError,
    TokenError,
    is_final,
    then,
)
from .graphql import PUBLISH, accepted, execute
from .options import check_least
from .retry import part
from .signals import Published
from .types import Message, RegionEndpoint


@dataclass(frozen=True)
class PublishOptions:
    """How often and how long to try. Times in milliseconds, `math.inf` for no bound.

    Raises ValueError for what cannot work.
    """

    attempts: int = 2  # in a region, before the next one
    rounds: int = 2  # through all regions
    timeout_ms: float = 10_000
    backoff_base_ms: float = 200
    backoff_cap_ms: float = 5_000

    def __post_init__(self) -> None:
        check_least(self, 1, "attempts", "rounds", "timeout_ms")
        check_least(self, 0, "backoff_base_ms", "backoff_cap_ms")
        if not isinstance(self.attempts, int) or not isinstance(self.rounds, int):
            raise ValueError("attempts and rounds must be whole numbers")


@dataclass(frozen=True)
class Draft:
    """What is to be published. `id`: a ULID, to continue an earlier attempt; None for a new one."""

    channel: str
    text: str
    id: str | None


class Publisher:
    """Publishes for one client.

    Args:
        random: numbers from 0 up to, not including, 1.
        new_id: makes an id of a time, milliseconds since 1970.
        wall: this machine's clock, seconds since 1970.
    """

    def __init__(
        self,
        auth: Auth,
        options: PublishOptions,
        random: Callable[[], float],
        new_id: Callable[[int], str],
        wall: Callable[[], float],
    ) -> None:
        self._auth = auth
        self._options = options
        self._random = random
        self._new_id = new_id
        self._wall = wall

    async def publish(
        self, driver: Driver, regions: Sequence[RegionEndpoint], draft: Draft
    ) -> Message:
        """The message as the API accepted it. The driver is told each id before it is sent.

        Args:
            regions: in order of preference.

        Raises:
            RefusedError: the API refuses it, now and later; half a surrogate pair is not sent.
            PublishFailedError: no region acknowledged it; call again with the error's `id`.
        """
        _check_text(draft.text)
        options = self._options
        # As long as no region can have it under this id, another one may take its place.
        replaceable = draft.id is None
        id = draft.id or self._new_id(int(self._wall() * 1000))
        driver.feed(Published(id))
        reason = "there are no regions"
        order = [r for r in regions for _ in range(options.attempts)] * options.rounds
        away: set[str] = set()  # regions that cannot serve the call
        attempt = 0
        for endpoint in _following(order):
            if endpoint.region in away:
                continue
            if attempt:
                longest = options.backoff_base_ms * (1 << min(attempt, 30))
                wait = part(min(options.backoff_cap_ms, longest), self._random())
                await asyncio.sleep(wait / 1000)
            attempt += 1
            try:
                return await self._send(driver.session, endpoint, draft, id)
            except GraphQLError as error:
                if replaceable and error.server_ms is not None:
                    # This machine's clock is wrong: once more here, with an id by the API's.
                    id = self._new_id(error.server_ms)
                    driver.feed(Published(id))
                    order.insert(0, endpoint)
                elif is_final(error.error_type):
                    raise
                elif then(error.error_type) == "region":
                    away.add(endpoint.region)
                reason = str(error)
            except (NoAnswerError, TokenError) as error:
                reason = str(error)
            replaceable = False
        raise PublishFailedError(id, reason)

    async def _send(
        self, session: aiohttp.ClientSession, endpoint: RegionEndpoint, draft: Draft, id: str
    ) -> Message:
        variables = {"name": draft.channel, "message": draft.text, "id": id}
        timeout = self._options.timeout_ms
        return accepted(
            await execute(session, endpoint, self._auth, PUBLISH, variables, timeout), variables
        )


def _following(order: list[RegionEndpoint]) -> Iterator[RegionEndpoint]:
    """Takes the first one away each time; more may be put in front meanwhile."""
    while order:
        yield order.pop(0)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RefusedError(
            "InvalidMessage", "message holds half a surrogate pair: send whole characters"
        ) from None
