"""The Members table: the connections in each channel. Key `channel` + `connection`; `user`, `data`.

The API writes it (graphql/functions/putMember.js); this reads and deletes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from globalws_functions.adapters.dynamodb import client, domain_errors, is_condition_failure
from globalws_functions.domain.channel_patterns import USER, covers, is_wildcard
from globalws_functions.domain.leases import Member

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_READ = {"#channel": "channel", "#connection": "connection", "#user": "user", "#seq": "seq"}


@dataclass(frozen=True)
class MembersTable:
    """A region's table; see `domain.leases.Members`."""

    name: str
    dynamodb: "DynamoDBClient"

    @classmethod
    def connect(cls, name: str, region: str) -> "MembersTable":
        """The table by its name; no I/O yet."""
        return cls(name, client(region))

    def covered(self, pattern: str) -> Iterator[Member]:
        """See `Members`. A pattern's are scanned; the `{user}` in one is each member's own id."""
        if USER in pattern or is_wildcard(pattern):
            pages: Any = self.dynamodb.get_paginator("scan").paginate(**self._read())
            for member in _members(pages):
                if covers(pattern.replace(USER, member.user), member.channel):
                    yield member
            return
        pages = self.dynamodb.get_paginator("query").paginate(**self._read(), **_of(pattern))
        yield from _members(pages)

    def delete(self, channel: str, connection: str, before: int) -> None:
        """See `Members`."""
        try:
            with domain_errors():
                self.dynamodb.delete_item(
                    TableName=self.name,
                    Key={"channel": {"S": channel}, "connection": {"S": connection}},
                    ConditionExpression="attribute_not_exists(#seq) OR #seq < :before",
                    ExpressionAttributeNames={"#seq": "seq"},
                    ExpressionAttributeValues={":before": {"N": str(before)}},
                )
        except ClientError as error:
            if not is_condition_failure(error):
                raise

    def _read(self) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(_READ),
            "ExpressionAttributeNames": _READ,
        }


def _members(pages: Iterable[Any]) -> Iterator[Member]:
    with domain_errors():
        for page in pages:
            for item in page["Items"]:
                yield Member(
                    item["channel"]["S"],
                    item["connection"]["S"],
                    item["user"]["S"],
                    int(item["seq"]["N"]),
                )


def _of(channel: str) -> dict[str, Any]:
    return {
        "KeyConditionExpression": "#channel = :channel",
        "ExpressionAttributeValues": {":channel": {"S": channel}},
    }
