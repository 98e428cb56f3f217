"""The Audit table: one record for each command that this region carried out.

Key `key`; the index `by-channel` (`channel`, `entry`) lists by time the records of one channel, one
pattern or one user (`#user:ID`), the
index `by-time` (`log`, `entry`) all. `log` is the same in every record, because commands are few.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from globalws_functions.adapters.dynamodb import Item, client, domain_errors, text
from globalws_functions.domain.apply import AuditRecord, Outcome
from globalws_functions.domain.command import Action
from globalws_functions.domain.fields import instant

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_CHANNEL = "by-channel"
BY_TIME = "by-time"
LOG = "audit"

# attribute → field of AuditRecord
_TEXTS = {
    "key": "key",
    "eventId": "event_id",
    "action": "action",
    "channel": "name",
    "reason": "reason",
    "by": "by",
    "at": "at",
    "origin": "origin",
    "region": "region",
    "recordedAt": "recorded_at",
    "outcome": "outcome",
    "failure": "failure",
    "details": "details",
}


@dataclass(frozen=True)
class AuditTable:
    """A region's table; see `domain.apply.Audit`. Records live for `retention`."""

    name: str
    retention: timedelta
    dynamodb: "DynamoDBClient"

    @classmethod
    def connect(cls, name: str, retention: timedelta, region: str) -> "AuditTable":
        """The table by its name; no I/O yet."""
        return cls(name, retention, client(region))

    def find(self, key: str) -> AuditRecord | None:
        """See `Audit`."""
        with domain_errors():
            found = self.dynamodb.get_item(
                TableName=self.name, Key={"key": {"S": key}}, ConsistentRead=True
            )
        item = found.get("Item")
        return None if item is None else _record(item)

    def save(self, record: AuditRecord) -> None:
        """See `Audit`."""
        item: Item = {
            attribute: {"S": str(getattr(record, field))} for attribute, field in _TEXTS.items()
        }
        item["steps"] = {"M": {step: {"S": result} for step, result in record.steps.items()}}
        item["entry"] = {"S": record.entry}
        item["log"] = {"S": LOG}
        item["expiresAt"] = {"N": str(self._expiry(instant(record.recorded_at)))}
        with domain_errors():
            self.dynamodb.put_item(TableName=self.name, Item=item)

    def _expiry(self, recorded_at: datetime) -> int:
        return int((recorded_at + self.retention).timestamp())


def _record(item: Item) -> AuditRecord:
    # Records of older versions have no details.
    fields: dict[str, Any] = {f: text(item, attribute) or "" for attribute, f in _TEXTS.items()}
    fields["action"] = Action(fields["action"])
    fields["outcome"] = Outcome(fields["outcome"])
    steps = {step: result["S"] for step, result in item["steps"]["M"].items()}
    return AuditRecord(**fields, steps=steps)
