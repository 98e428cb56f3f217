"""The Channels table: operators' decisions about channels, and what the janitor knows of them.

A channel's item: `allowed`, `reason`, `by`, `updatedAt`, `decision` (an operator's decision and its
rank), `known`, `closedSince`, `invalidatedAt` (the janitor's). A decision without `allowed` leaves
the channel to AllowedChannels. One item more, under a name that no channel can have, keeps the
janitor's last run.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from globalws_functions.adapters.dynamodb import (
    Item,
    client,
    domain_errors,
    is_condition_failure,
    text,
)
from globalws_functions.domain.apply import Decided
from globalws_functions.domain.channel import Channel
from globalws_functions.domain.command import Command, Policy
from globalws_functions.domain.fields import CHANNEL_NAME, instant, iso
from globalws_functions.domain.janitor import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LAST_RUN = "#janitor"
# DynamoDB has reserved words, and wants a name in place of each attribute that is one.
_NAMES = {
    f"#{name}": name
    for name in (
        "name", "allowed", "reason", "by", "updatedAt", "decision",
        "known", "closedSince", "invalidatedAt",
    )
}  # fmt: skip

# What a decision does beside saying who decided, why and when. The janitor's notes begin anew: for
# a block now, for a channel left to AllowedChannels when the janitor finds that it is not in there.
_CHANGES = {
    Policy.ALLOW: ", #allowed = :allowed REMOVE #closedSince, #invalidatedAt",
    Policy.BLOCK: ", #allowed = :allowed, #closedSince = :now REMOVE #invalidatedAt",
    Policy.DEFAULT: " REMOVE #allowed, #closedSince, #invalidatedAt",
}


@dataclass(frozen=True)
class ChannelsTable:
    """A region's table; see `domain.apply.Policies` and `…janitor.Registry`."""

    name: str
    dynamodb: "DynamoDBClient"

    @classmethod
    def connect(cls, name: str, region: str) -> "ChannelsTable":
        """The table by its name; no I/O yet."""
        return cls(name, client(region))

    def decide(self, command: Command, now: datetime) -> Decided:
        """See `Policies`."""
        policy = command.policy
        if policy is None:
            raise ValueError(f"command {command.key} decides nothing")
        values: Item = {
            ":reason": _s(command.reason),
            ":by": _s(command.by),
            ":at": _s(command.at),
            ":decision": _s(command.decision),
        }
        if policy.allowed is not None:
            values[":allowed"] = {"BOOL": policy.allowed}
        if policy is Policy.BLOCK:
            values[":now"] = _s(iso(now))
        try:
            self._update(
                command.name,
                "SET #reason = :reason, #by = :by, #updatedAt = :at, #decision = :decision"
                + _CHANGES[policy],
                "attribute_not_exists(#decision) OR #decision < :decision",
                values,
            )
        except ClientError as error:
            refused: Any = error.response
            standing = text(refused.get("Item", {}), "decision")
            return Decided.UNCHANGED if standing == command.decision else Decided.SUPERSEDED
        return Decided.WRITTEN

    def channels(self) -> Iterator[Channel]:
        """See `Registry`."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.name,
            ProjectionExpression="#name, #allowed, #decision, #known, #closedSince, #invalidatedAt",
            ExpressionAttributeNames={
                key: name
                for key, name in _NAMES.items()
                if name not in ("reason", "by", "updatedAt")
            },
        )
        with domain_errors():
            for page in pages:
                for item in page["Items"]:
                    if CHANNEL_NAME.fullmatch(item["name"].get("S", "")):
                        yield _channel(item)

    def remember(self, name: str) -> None:
        """See `Registry`."""
        self._update(name, "SET #known = :true", None, {":true": {"BOOL": True}})

    def mark_invalidated(self, channel: Channel, at: datetime) -> None:
        """See `Registry`."""
        self._update_unless_decided(
            channel,
            "SET #invalidatedAt = :at, #closedSince = if_not_exists(#closedSince, :at)",
            {":at": _s(iso(at))},
        )

    def reopen(self, channel: Channel) -> None:
        """See `Registry`."""
        self._update_unless_decided(channel, "REMOVE #closedSince, #invalidatedAt", {})

    def save_run(self, run: Run) -> None:
        """See `Registry`."""
        item: Item = {"name": _s(LAST_RUN)}
        for field, value in asdict(run).items():
            item[_camel(field)] = {"N": str(value)} if isinstance(value, int) else _s(value)
        with domain_errors():
            self.dynamodb.put_item(TableName=self.name, Item=item)

    def _update_unless_decided(self, channel: Channel, change: str, values: Item) -> None:
        if channel.decision is None:
            condition = "attribute_not_exists(#decision)"
        else:
            condition = "#decision = :decision"
            values = {**values, ":decision": _s(channel.decision)}
        try:
            self._update(channel.name, change, condition, values)
        except ClientError as error:
            if not is_condition_failure(error):
                raise

    def _update(self, name: str, change: str, condition: str | None, values: Item) -> None:
        used = f"{change} {condition or ''}"
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": {"name": _s(name)},
            "UpdateExpression": change,
            "ExpressionAttributeNames": {
                key: attribute for key, attribute in _NAMES.items() if key in used
            },
        }
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values:
            request["ExpressionAttributeValues"] = values
        with domain_errors():
            self.dynamodb.update_item(**request)


def _channel(item: Item) -> Channel:
    closed_since, invalidated_at = text(item, "closedSince"), text(item, "invalidatedAt")
    return Channel(
        name=item["name"]["S"],
        override=item.get("allowed", {}).get("BOOL"),
        decision=text(item, "decision"),
        known=item.get("known", {}).get("BOOL") is True,
        closed_since=instant(closed_since) if closed_since else None,
        invalidated_at=instant(invalidated_at) if invalidated_at else None,
    )


def _s(value: str) -> dict[str, str]:
    return {"S": value}


def _camel(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(other.capitalize() for other in others)
