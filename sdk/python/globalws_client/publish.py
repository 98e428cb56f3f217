"""Publishing with retries that make no doubles: every attempt carries the same id.

Only an id that the API refuses, because this machine's clock is wrong, is replaced once.
"""

import asyncio
import random as random_module
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import aiohttp

from .errors import GraphQLError, PublishFailedError, PublishRefusedError, is_final
from .graphql import PUBLISH, NoAnswerError, accepted, execute
from .retry import part
from .types import Message, RegionEndpoint, check_least
from .ulid import new_ulid


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


_DEFAULTS = PublishOptions()


async def publish(
    channel: str,
    text: str,
    regions: Sequence[RegionEndpoint],
    *,
    id: str | None = None,
    options: PublishOptions = _DEFAULTS,
    session: aiohttp.ClientSession | None = None,
    random: Callable[[], float] = random_module.random,
    wall: Callable[[], float] = time.time,
) -> Message:
    """Publish to a channel and return the message as the API accepted it.

    Args:
        regions: in order of preference.
        id: a ULID, to continue an earlier attempt; by default a new one.

    Raises:
        PublishRefusedError: the API refuses it, now and later; half a surrogate pair is not sent.
        PublishFailedError: no region acknowledged it; call again with the error's `id`.
    """
    if session is None:
        async with aiohttp.ClientSession() as own:
            return await publish(
                channel,
                text,
                regions,
                id=id,
                options=options,
                session=own,
                random=random,
                wall=wall,
            )
    _check_text(text)
    # As long as no region can have it under this id, another one may take its place.
    replaceable = id is None
    id = id or new_ulid(int(wall() * 1000), random)
    reason = "there are no regions"
    order = [r for r in regions for _ in range(options.attempts)] * options.rounds
    for attempt, endpoint in enumerate(order):
        if attempt:
            longest = options.backoff_base_ms * (1 << min(attempt, 30))
            await asyncio.sleep(part(min(options.backoff_cap_ms, longest), random()) / 1000)
        try:
            variables = {"name": channel, "message": text, "id": id}
            data = await execute(session, endpoint, PUBLISH, variables, options.timeout_ms)
            return accepted(data, variables)
        except GraphQLError as error:
            if replaceable and error.server_ms is not None:
                # This machine's clock is wrong: once more here, with an id by the API's.
                id = new_ulid(error.server_ms, random)
                order.insert(attempt + 1, endpoint)
            elif is_final(error.error_type):
                raise PublishRefusedError(error.error_type, error.message) from None
            reason = str(error)
        except NoAnswerError as error:
            reason = str(error)
        replaceable = False
    raise PublishFailedError(id, reason)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PublishRefusedError(
            "InvalidMessage", "message holds half a surrogate pair: send whole characters"
        ) from None
