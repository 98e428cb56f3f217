"""Publishers that send each message again, with its id, until it is accepted."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
from globalws_client.ulid import new_ulid

from cli.stack_file import RunningRegion
from tests.support.clients import PUBLISH, Message

_ATTEMPT_SECONDS = 10.0
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 1.0


def new_id(ahead_seconds: float = 0.0) -> str:
    """A message id made now, or by a clock that is that many seconds ahead."""
    return new_ulid(int((time.time() + ahead_seconds) * 1000), random.random)


class PersistentPublisher:
    """Publishes in a region; looks the region up at each attempt, because it may be restarted.

    `refusals` counts failed attempts by kind.
    """

    def __init__(self, session: aiohttp.ClientSession, region: Callable[[], RunningRegion]) -> None:
        self._session = session
        self._region = region
        self.refusals: Counter[str] = Counter()

    async def publish(self, name: str, message: str, id: str, seconds: float = 180.0) -> Message:
        """Publish; return the accepted message.

        Raises:
            TimeoutError: it was not accepted in time.
        """
        pause = _FIRST_PAUSE
        async with asyncio.timeout(seconds):
            while True:
                try:
                    return await self._try(name, message, id)
                except _RefusedError as error:
                    self.refusals[str(error)] += 1
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _try(self, name: str, message: str, id: str) -> Message:
        region = self._region()
        body = {"query": PUBLISH, "variables": {"name": name, "message": message, "id": id}}
        try:
            async with self._session.post(
                region.graphqlUrl,
                json=body,
                headers={"x-api-key": region.apiKey},
                timeout=aiohttp.ClientTimeout(_ATTEMPT_SECONDS),
            ) as response:
                answer: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise _RefusedError(type(error).__name__) from error
        published = (answer.get("data") or {}).get("publish")
        if answer.get("errors") or published is None:
            errors = answer.get("errors") or [{}]
            raise _RefusedError(str(errors[0].get("errorType")))
        accepted: Message = published
        return accepted


class _RefusedError(Exception):
    """One attempt failed; the message is the kind of failure."""
