"""The NONE data source: no service at all."""

from typing import Any

from .base import Answer


class NoneSource:
    """Answers with the request's payload."""

    async def invoke(self, request: Any) -> Answer:
        return Answer(request.get("payload") if isinstance(request, dict) else None)
