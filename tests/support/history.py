"""Reads a channel's history page by page, as clients do."""

import aiohttp

from cli.stack_file import RunningRegion
from tests.support.clients import FIELDS, Message, Publisher

_HISTORY = (
    "query ($name: String!, $nextToken: String) { history(name: $name, limit: 200, "
    f"nextToken: $nextToken) {{ items {{ {FIELDS} }} nextToken }} }}"
)


async def whole_history(
    session: aiohttp.ClientSession, region: RunningRegion, name: str
) -> list[Message]:
    """All stored messages of the channel in the region, oldest first."""
    reader = Publisher(region, session)
    found: list[Message] = []
    token: str | None = None
    while True:
        answer = await reader.execute(_HISTORY, name=name, nextToken=token)
        assert not answer.get("errors"), answer
        page = answer["data"]["history"]
        found += page["items"]
        token = page["nextToken"]
        if token is None:
            return found
