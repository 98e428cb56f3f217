"""Which region is nearest, by measured round trip."""

import asyncio
import math
import time
from collections.abc import Callable, Sequence

import aiohttp

from .auth import Auth
from .errors import ClientError, GraphQLError
from .graphql import PING, execute
from .types import RegionEndpoint

_TRIES = 2  # the first one pays for the connection
_TIMEOUT_MS = 3_000


async def round_trip_ms(
    session: aiohttp.ClientSession,
    endpoint: RegionEndpoint,
    auth: Auth,
    clock: Callable[[], float] = time.monotonic,
) -> float:
    """The best of a few queries, in milliseconds; infinite if the region does not answer."""
    best = math.inf
    for _ in range(_TRIES):
        begin = clock()
        try:
            await execute(session, endpoint, auth, PING, {}, _TIMEOUT_MS)
        except GraphQLError:
            pass  # it answered, which is all that is asked
        except ClientError:
            return best
        best = min(best, (clock() - begin) * 1000)
    return best


async def nearest_first(
    session: aiohttp.ClientSession, regions: Sequence[RegionEndpoint], auth: Auth
) -> list[RegionEndpoint]:
    """The regions by round trip; those that do not answer keep their order, at the end."""
    times = await asyncio.gather(*(round_trip_ms(session, region, auth) for region in regions))
    order = sorted(range(len(regions)), key=lambda place: times[place])
    return [regions[place] for place in order]
