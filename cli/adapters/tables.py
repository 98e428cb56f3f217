"""A region's tables: audit records, rules of channels, users, and the janitor's last run.

Reads only. The tables' forms are those of `globalws_functions.adapters` (`audit_table`,
`channels_table`), which are imported when a table is read, because they import boto3.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cli.adapters.clients import Clients, aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, ScanInputTypeDef

_INTERNAL = ("log", "entry", "expiresAt")


def audit_records(
    clients: Clients, table: str, channel: str | None, limit: int
) -> list[dict[str, Any]]:
    """The newest records of a channel, or of all, newest first. Raises CliError."""
    from globalws_functions.adapters.audit_table import BY_CHANNEL, BY_TIME, LOG

    if channel is None:
        index, key, value = BY_TIME, "log", LOG
    else:
        index, key, value = BY_CHANNEL, "channel", channel
    request: QueryInputTypeDef = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": key},
        "ExpressionAttributeValues": {":value": {"S": value}},
        "ScanIndexForward": False,
    }
    records: list[dict[str, Any]] = []
    while len(records) < limit:
        request["Limit"] = limit - len(records)
        with aws_errors("dynamodb", clients.region):
            page = clients.tables.query(**request)
        records += [_plain(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            break
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    return records


def audit_record(clients: Clients, table: str, key: str) -> dict[str, Any] | None:
    """The record of one command, or None if the region has none yet. Raises CliError."""
    with aws_errors("dynamodb", clients.region):
        found = clients.tables.get_item(
            TableName=table, Key={"key": {"S": key}}, ConsistentRead=True
        )
    item = found.get("Item")
    return None if item is None else _plain(item)


def janitor_run(clients: Clients, table: str) -> dict[str, Any] | None:
    """The summary of the janitor's last run, or None before its first. Raises CliError."""
    from globalws_functions.adapters.channels_table import LAST_RUN

    with aws_errors("dynamodb", clients.region):
        found = clients.tables.get_item(
            TableName=table, Key={"name": {"S": LAST_RUN}}, ConsistentRead=True
        )
    item = found.get("Item")
    if item is None:
        return None
    run = _plain(item)
    run.pop("name", None)
    return run


def channel_items(clients: Clients, table: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """The items of the Channels table with these keys, those that there are. Raises CliError."""
    found = []
    with aws_errors("dynamodb", clients.region):
        for name in names:
            answer = clients.tables.get_item(
                TableName=table, Key={"name": {"S": name}}, ConsistentRead=True
            )
            if "Item" in answer:
                found.append(_plain(answer["Item"]))
    return found


def all_channel_items(clients: Clients, table: str) -> list[dict[str, Any]]:
    """All items of the Channels table, however many. Raises CliError."""
    request: ScanInputTypeDef = {"TableName": table, "ConsistentRead": True}
    items: list[dict[str, Any]] = []
    while True:
        with aws_errors("dynamodb", clients.region):
            page = clients.tables.scan(**request)
        items += [_plain(item) for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return items
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _plain(item: Any) -> dict[str, Any]:
    from boto3.dynamodb.types import TypeDeserializer

    read = TypeDeserializer().deserialize
    plain = {name: read(value) for name, value in item.items() if name not in _INTERNAL}
    return {
        name: int(value) if hasattr(value, "is_finite") else value for name, value in plain.items()
    }
