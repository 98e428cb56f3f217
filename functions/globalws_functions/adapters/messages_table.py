"""The Messages table: deletes a channel's history, as an operator's command asks.

Key `name` + `id`; `publishedAt` is ISO 8601 in UTC with milliseconds, as the API writes it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from globalws_functions.adapters.dynamodb import Item, client, domain_errors
from globalws_functions.domain.errors import TransientError
from globalws_functions.domain.fields import iso

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOTHING_STORED = "nothing-stored"
# Deleting stops when this much time is left, so that the caller can report it.
RESERVE_SECONDS = 5.0
_BATCH = 25
_BACKOFF_SECONDS = 0.2
# An event's `time` has whole seconds, cut off.
_RESOLUTION = timedelta(seconds=1)


@dataclass(frozen=True)
class MessagesTable:
    """A region's table; see `domain.apply.History`. No name: no message is stored."""

    name: str
    dynamodb: "DynamoDBClient"
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def connect(cls, name: str, region: str) -> "MessagesTable":
        """The table by its name; no I/O yet."""
        return cls(name, client(region))

    def delete(self, name: str, until: datetime, remaining: Callable[[], float]) -> str:
        """See `History`. If time runs out, a retry deletes the rest."""
        if not self.name:
            return NOTHING_STORED
        deleted = 0
        for ids in self._batches(name, iso(until + _RESOLUTION)):
            if remaining() < RESERVE_SECONDS:
                raise TransientError(f"time ran out after deleting {deleted} messages of {name}")
            self._delete_batch(name, ids, remaining)
            deleted += len(ids)
        return f"deleted {deleted}"

    def _batches(self, name: str, until: str) -> Iterator[list[Item]]:
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.name,
            # Messages that were stored just before the command must be deleted too.
            ConsistentRead=True,
            KeyConditionExpression="#name = :name",
            FilterExpression="#publishedAt < :until",
            ProjectionExpression="#name, #id",
            ExpressionAttributeNames={
                "#name": "name",
                "#id": "id",
                "#publishedAt": "publishedAt",
            },
            ExpressionAttributeValues={":name": {"S": name}, ":until": {"S": until}},
        )
        with domain_errors():
            for page in pages:
                keys: list[Item] = page["Items"]
                for start in range(0, len(keys), _BATCH):
                    yield keys[start : start + _BATCH]

    def _delete_batch(self, name: str, keys: list[Item], remaining: Callable[[], float]) -> None:
        requests: list[Any] = [{"DeleteRequest": {"Key": key}} for key in keys]
        while requests:
            with domain_errors():
                answer = self.dynamodb.batch_write_item(RequestItems={self.name: requests})
            requests = answer.get("UnprocessedItems", {}).get(self.name, [])
            if requests:
                if remaining() < RESERVE_SECONDS:
                    raise TransientError(f"time ran out deleting the messages of {name}")
                self.sleep(_BACKOFF_SECONDS)
