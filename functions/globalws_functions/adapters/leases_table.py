"""The Leases table: one item for each connection that entered channels.

Key `connection`; `secret`, `user`, `channels` (a set), `seq`, `expiresAt` (epoch milliseconds, by
the API's clock), `ended`, `ttl`. The API writes it (graphql/functions/joinLease.js); this ends it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from globalws_functions.adapters.dynamodb import (
    Item,
    client,
    domain_errors,
    is_condition_failure,
)
from globalws_functions.domain.leases import Lease

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class LeasesTable:
    """A region's table; see `domain.leases.Leases`."""

    name: str
    dynamodb: "DynamoDBClient"

    @classmethod
    def connect(cls, name: str, region: str) -> "LeasesTable":
        """The table by its name; no I/O yet."""
        return cls(name, client(region))

    def expired(self, now: datetime) -> Iterator[Lease]:
        """See `Leases`. The table is small, so it is scanned: its cost is that of its size."""
        return self._scan(
            "#expiresAt <= :now OR attribute_exists(#ended)",
            {"#expiresAt": "expiresAt", "#ended": "ended"},
            {":now": {"N": str(_milliseconds(now))}},
        )

    def of_user(self, user: str) -> Iterator[Lease]:
        """See `Leases`."""
        return self._scan("#user = :user", {"#user": "user"}, {":user": {"S": user}})

    def mark(self, lease: Lease, *, though_renewed: bool) -> bool:
        """See `Leases`. Enter and leave count `seq` up; enter and heartbeat change `expiresAt`."""
        kept, value = (
            ("seq", lease.seq) if though_renewed else ("expiresAt", _milliseconds(lease.expires_at))
        )
        try:
            with domain_errors():
                self.dynamodb.update_item(
                    TableName=self.name,
                    Key={"connection": {"S": lease.connection}},
                    UpdateExpression="SET #ended = :true",
                    ConditionExpression="#kept = :kept",
                    ExpressionAttributeNames={"#ended": "ended", "#kept": kept},
                    ExpressionAttributeValues={
                        ":true": {"BOOL": True},
                        ":kept": {"N": str(value)},
                    },
                )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            return False
        return True

    def delete(self, lease: Lease) -> None:
        """See `Leases`."""
        with domain_errors():
            self.dynamodb.delete_item(
                TableName=self.name, Key={"connection": {"S": lease.connection}}
            )

    def leave(self, connection: str, channel: str) -> int:
        """See `Leases`."""
        try:
            with domain_errors():
                answer = self.dynamodb.update_item(
                    TableName=self.name,
                    Key={"connection": {"S": connection}},
                    UpdateExpression="DELETE #channels :channels ADD #seq :one",
                    ConditionExpression="attribute_exists(#connection)",
                    ExpressionAttributeNames={
                        "#channels": "channels",
                        "#seq": "seq",
                        "#connection": "connection",
                    },
                    ExpressionAttributeValues={
                        ":channels": {"SS": [channel]},
                        ":one": {"N": "1"},
                    },
                    ReturnValues="ALL_NEW",
                )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            return 0
        return int(answer["Attributes"]["seq"]["N"])

    def _scan(self, condition: str, names: dict[str, str], values: Item) -> Iterator[Lease]:
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.name,
            FilterExpression=condition,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
        )
        with domain_errors():
            for page in pages:
                for item in page["Items"]:
                    yield _lease(item)


def _lease(item: dict[str, Any]) -> Lease:
    milliseconds = int(item["expiresAt"]["N"])
    return Lease(
        connection=item["connection"]["S"],
        user=item["user"]["S"],
        channels=tuple(sorted(item.get("channels", {}).get("SS", ()))),
        seq=int(item["seq"]["N"]),
        expires_at=datetime.fromtimestamp(milliseconds // 1000, UTC).replace(
            microsecond=milliseconds % 1000 * 1000
        ),
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.replace(microsecond=0).timestamp()) * 1000 + moment.microsecond // 1000
