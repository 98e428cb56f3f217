"""The Channels table: operators' decisions about channels and users, and what the janitor knows.

An item of a channel or a pattern: `allowed`, `publish`, `subscribe`, `reason`, `by`, `updatedAt`,
`decision` (an operator's decision and its rank), `replacedLevel` (the level for subscribing before
it), `known`, `knownLevel`, `closedSince`, `invalidatedAt`, `stricterSince` (the janitor's). A
decision without `allowed` leaves it to AllowedChannels. A user's item, under a name that no channel
can have, has the same of a block, and `grants`: pattern → `operations`, `decision`, `replaced` (the
operations before). One item more keeps the janitor's last run.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from globalws_functions.adapters.dynamodb import (
    Item,
    client,
    domain_errors,
    is_condition_failure,
    text,
)
from globalws_functions.domain.apply import Decided, Decision
from globalws_functions.domain.channel import Channel
from globalws_functions.domain.command import Command, Policy
from globalws_functions.domain.errors import PermanentError
from globalws_functions.domain.fields import instant, iso
from globalws_functions.domain.janitor import Run

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LAST_RUN = "#janitor"
# An item has at most 400 KB. With so many grants of the longest patterns there is room for a block.
MOST_GRANTS = 1000
# A bus tries for a day, and a dead letter can be redriven for two weeks.
_LATEST = timedelta(days=16)
_FORGOTTEN_AT_ONCE = 25
# DynamoDB has reserved words, and wants a name in place of each attribute that is one.
_NAMES = {
    f"#{name}": name
    for name in (
        "name", "allowed", "publish", "subscribe", "reason", "by", "updatedAt", "decision",
        "replacedLevel", "known", "knownLevel", "closedSince", "invalidatedAt", "stricterSince",
        "grants",
    )
}  # fmt: skip
# What the janitor reads.
_READ = (
    "name", "allowed", "subscribe", "decision",
    "known", "knownLevel", "closedSince", "invalidatedAt", "stricterSince",
)  # fmt: skip

# What a decision does beside saying who decided, why and when. The janitor's notes start again: for
# a block now, for a channel left to AllowedChannels when the janitor finds that it is not in there.
_CHANGES = {
    Policy.ALLOW: (", #allowed = :allowed", "#closedSince, #invalidatedAt"),
    Policy.BLOCK: (", #allowed = :allowed, #closedSince = :now", "#invalidatedAt"),
    Policy.DEFAULT: ("", "#allowed, #closedSince, #invalidatedAt"),
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

    def decide(self, command: Command, now: datetime) -> Decision:
        """See `Policies`."""
        policy = command.policy
        if policy is None:
            raise ValueError(f"command {command.key} decides nothing")
        values: Item = {
            ":reason": _s(command.reason),
            ":by": _s(command.by),
            ":at": _s(command.at),
            ":decision": _s(command.decision),
            ":unstated": _s(""),
        }
        if policy.allowed is not None:
            values[":allowed"] = {"BOOL": policy.allowed}
        if policy is Policy.BLOCK:
            values[":now"] = _s(iso(now))
        changed, removed = _CHANGES[policy]
        for operation, level in (("publish", command.publish), ("subscribe", command.subscribe)):
            if level is None:
                removed += f", #{operation}"
            else:
                changed += f", #{operation} = :{operation}"
                values[f":{operation}"] = _s(level)
        # The Policy function writes the same, maybe first: so the item itself says what was before.
        change = (
            "SET #reason = :reason, #by = :by, #updatedAt = :at, #decision = :decision, "
            f"#replacedLevel = if_not_exists(#subscribe, :unstated){changed} REMOVE {removed}"
        )
        return self._decide(command, change, "#decision", values)[0]

    def grant(self, command: Command) -> Decision:
        """See `Policies`."""
        grant = command.grant
        if grant is None:
            raise ValueError(f"command {command.key} grants nothing")
        # A grant can be written into a map only.
        empty: Item = {":empty": {"M": {}}}
        change = "SET #grants = if_not_exists(#grants, :empty)"
        before = _grant(self._update(command.name, change, None, empty), grant.pattern)
        written = {
            "operations": {"L": [_s(each) for each in grant.operations]},
            "decision": _s(command.decision),
            # The other function may come first: so the grant itself says what was before.
            "replaced": before.get("operations", {"L": []}),
        }
        values: Item = {
            ":decision": _s(command.decision),
            ":grant": {"M": written},
            ":most": {"N": str(MOST_GRANTS)},
        }
        decision, item = self._decide(
            command,
            "SET #grants.#pattern = :grant",
            "#grants.#pattern.#decision",
            values,
            {"#pattern": grant.pattern},
            "(attribute_exists(#grants.#pattern) OR size(#grants) < :most)",
        )
        if decision.decided is Decided.SUPERSEDED and _rank(item, command) is None:
            raise PermanentError("TooManyGrants", f"the user has {MOST_GRANTS}: grant patterns")
        if decision.decided is Decided.WRITTEN:
            self._forget(command, item)
        replaced = _grant(item, grant.pattern).get("replaced", {"L": [_s("subscribe")]})
        return replace(decision, let_subscribe=_s("subscribe") in replaced["L"])

    def _forget(self, command: Command, item: Item) -> None:
        """Removes what was revoked so long ago that no older grant can arrive any more."""
        before = iso(command.received_at - _LATEST)
        old = [
            pattern
            for pattern, grant in item["grants"]["M"].items()
            if not grant["M"]["operations"]["L"] and grant["M"]["decision"]["S"] < before
        ]
        names = {
            f"#old{number}": pattern for number, pattern in enumerate(old[:_FORGOTTEN_AT_ONCE])
        }
        if not names:
            return
        with suppress(ClientError):  # one was granted again: next time
            self._update(
                command.name,
                f"REMOVE {', '.join(f'#grants.{name}' for name in names)}",
                " AND ".join(f"#grants.{name}.#decision < :before" for name in names),
                {":before": _s(before)},
                names,
            )

    def _decide(
        self,
        command: Command,
        change: str,
        rank: str,
        values: Item,
        names: Mapping[str, str] = MappingProxyType({}),
        also: str = "",
    ) -> tuple[Decision, Item]:
        """Writes a decision unless one that ranks higher, at this path, is there; and the item.

        Args:
            also: another condition.
        """
        condition = f"(attribute_not_exists({rank}) OR {rank} < :decision)"
        if also:
            condition += f" AND {also}"
        try:
            item = self._update(command.name, change, condition, values, names)
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            refused: Any = error.response
            item = refused.get("Item", {})
            if _rank(item, command) != command.decision:
                return Decision(Decided.SUPERSEDED), item
            return Decision(Decided.UNCHANGED, text(item, "replacedLevel") or None), item
        return Decision(Decided.WRITTEN, text(item, "replacedLevel") or None), item

    def channels(self) -> Iterator[Channel]:
        """See `Registry`."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.name,
            ProjectionExpression=", ".join(f"#{name}" for name in _READ),
            ExpressionAttributeNames={f"#{name}": name for name in _READ},
        )
        with domain_errors():
            for page in pages:
                for item in page["Items"]:
                    if item["name"]["S"] != LAST_RUN:
                        yield _channel(item)

    def remember(self, name: str, level: str | None, stricter_since: datetime | None) -> None:
        """See `Registry`."""
        change = "SET #known = :true, #knownLevel = :level"
        values: Item = {":true": {"BOOL": True}, ":level": _s(level or "")}
        if stricter_since is None:
            change += " REMOVE #stricterSince"
        else:
            change += ", #stricterSince = :since"
            values[":since"] = _s(iso(stricter_since))
        self._update(name, change, None, values)

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

    def _update(
        self,
        name: str,
        change: str,
        condition: str | None,
        values: Item,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> Item:
        """The item as it is after the change."""
        used = set(re.findall(r"#\w+", f"{change} {condition or ''}"))
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": {"name": _s(name)},
            "UpdateExpression": change,
            "ExpressionAttributeNames": {key: {**_NAMES, **names}[key] for key in sorted(used)},
            "ReturnValues": "ALL_NEW",
        }
        if condition:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values:
            request["ExpressionAttributeValues"] = values
        with domain_errors():
            item: Item = self.dynamodb.update_item(**request).get("Attributes", {})
        return item


def _rank(item: Item, command: Command) -> str | None:
    """The rank of the decision that an item has in place of the command's."""
    if command.grant is None:
        return text(item, "decision")
    return text(_grant(item, command.grant.pattern), "decision")


def _grant(item: Item, pattern: str) -> Item:
    """A user's grant on a pattern; empty if there is none."""
    grant: Item = item.get("grants", {}).get("M", {}).get(pattern, {}).get("M", {})
    return grant


def _channel(item: Item) -> Channel:
    return Channel(
        name=item["name"]["S"],
        override=item.get("allowed", {}).get("BOOL"),
        subscribe=text(item, "subscribe"),
        decision=text(item, "decision"),
        known=item.get("known", {}).get("BOOL") is True,
        known_level=text(item, "knownLevel") or None,
        closed_since=_instant(item, "closedSince"),
        invalidated_at=_instant(item, "invalidatedAt"),
        stricter_since=_instant(item, "stricterSince"),
    )


def _instant(item: Item, attribute: str) -> datetime | None:
    written = text(item, attribute)
    return instant(written) if written else None


def _s(value: str) -> dict[str, str]:
    return {"S": value}


def _camel(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(other.capitalize() for other in others)
