"""Questions to the first region that answers, which no subscription needs: what is a channel?"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiohttp

from .auth import Auth
from .errors import GraphQLError, NoAnswerError, is_final
from .graphql import Json, execute
from .types import RegionEndpoint

CHANNEL = (
    "query Channel($name: String!) "
    "{ getChannel(name: $name) { name allowed publish subscribe reason updatedAt } }"
)

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ChannelInfo:
    """What the API says of a channel.

    Attributes:
        allowed: whether publish and subscribe accept it, from callers who meet its levels.
        publish: who may publish: anyone, signed-in, group:NAME or granted; None if no rule says it.
        subscribe: who may subscribe and read the history, likewise.
        reason: why, if an operator decided it.
        updated_at: when an operator decided it, ISO 8601.
    """

    name: str
    allowed: bool = False
    publish: str | None = None
    subscribe: str | None = None
    reason: str | None = None
    updated_at: str | None = None

    @classmethod
    def parse(cls, name: str, document: Any) -> Self:
        """The channel in a decoded `getChannel`, which is null where no rule is about the name."""
        if not isinstance(document, dict):
            return cls(name)
        texts = (document.get(key) for key in ("publish", "subscribe", "reason", "updatedAt"))
        return cls(
            name,
            document.get("allowed") is True,
            *(text if isinstance(text, str) else None for text in texts),
        )


async def first_answer(
    session: aiohttp.ClientSession,
    regions: Iterable[RegionEndpoint],
    auth: Auth,
    timeout_ms: float,
    question: tuple[str, Json],
    read: Callable[[Json], Answer],
) -> Answer:
    """What `read` finds in the first region's answer that it can read.

    Args:
        question: a document and its variables.
        read: gets the answer's `data`; raises ValueError or KeyError where it is none.

    Raises:
        RefusedError: a region refuses it.
        GraphQLError, NoAnswerError, TokenError: no region answered; the last one's error.
    """
    failure: Exception = NoAnswerError("there are no regions")
    for region in regions:
        try:
            return read(await execute(session, region, auth, *question, timeout_ms))
        except GraphQLError as error:
            if is_final(error.error_type):
                raise
            failure = error
        except (NoAnswerError, ValueError, KeyError) as error:
            failure = error if isinstance(error, NoAnswerError) else NoAnswerError(str(error))
    raise failure
