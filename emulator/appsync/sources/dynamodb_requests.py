"""APPSYNC_JS request objects for DynamoDB, translated to the payloads of its API."""

import json
from collections.abc import Callable
from typing import Any

from ..ports import DataSourceError
from .base import as_object, check_keys, refuse
from .dynamodb_values import typed_map

_EXPRESSION = {"expression", "expressionNames", "expressionValues"}
_CONDITION = _EXPRESSION | {
    "equalsIgnore",
    "consistentRead",
    "conditionalCheckFailedHandler",
    "returnValuesOnConditionCheckFailure",
}


def with_objects(request: dict[str, Any]) -> dict[str, Any]:
    """The request with its condition and filter as objects: util.transform writes them as JSON."""
    return request | {
        name: _parsed(name, request[name])
        for name in ("condition", "filter")
        if isinstance(request.get(name), str)
    }


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        refuse(f"{name} is neither an expression object nor the JSON of one.")


def condition_keys(request: dict[str, Any]) -> dict[str, Any]:
    """The key of the item that a request is about, typed."""
    key = typed_map("key", request.get("key"))
    if not key:
        refuse("key must not be empty.")
    return key


def _expressions(
    payload: dict[str, Any], request: dict[str, Any], parts: dict[str, str]
) -> dict[str, Any]:
    """Add expressions (`parts`: request key → payload key) with their names and values merged."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    for source, target in parts.items():
        if request.get(source) is None:
            continue
        document = as_object(source, request[source])
        allowed = _CONDITION if source == "condition" else _EXPRESSION
        check_keys(source, document, allowed)
        if not isinstance(document.get("expression"), str) or not document["expression"]:
            refuse(f"{source}.expression must be a non-empty string.")
        payload[target] = document["expression"]
        names |= document.get("expressionNames") or {}
        values |= typed_map(f"{source}.expressionValues", document.get("expressionValues") or {})
    if names:
        payload["ExpressionAttributeNames"] = names
    if values:
        payload["ExpressionAttributeValues"] = values
    return payload


def _get_item(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("GetItem", request, {"operation", "key", "consistentRead", "projection"})
    payload: dict[str, Any] = {"TableName": table, "Key": condition_keys(request)}
    if request.get("consistentRead") is not None:
        payload["ConsistentRead"] = bool(request["consistentRead"])
    return _expressions(payload, request, {"projection": "ProjectionExpression"})


def _put_item(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("PutItem", request, {"operation", "key", "attributeValues", "condition"})
    _check_condition(request)
    values = typed_map("attributeValues", request.get("attributeValues") or {})
    payload = {"TableName": table, "Item": values | condition_keys(request)}
    return _expressions(payload, request, {"condition": "ConditionExpression"})


def _update_item(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("UpdateItem", request, {"operation", "key", "update", "condition"})
    _check_condition(request)
    payload = {"TableName": table, "Key": condition_keys(request), "ReturnValues": "ALL_NEW"}
    parts = {"update": "UpdateExpression", "condition": "ConditionExpression"}
    return _expressions(payload, request, parts)


def _delete_item(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("DeleteItem", request, {"operation", "key", "condition"})
    _check_condition(request)
    payload = {"TableName": table, "Key": condition_keys(request), "ReturnValues": "ALL_OLD"}
    return _expressions(payload, request, {"condition": "ConditionExpression"})


def _check_condition(request: dict[str, Any]) -> None:
    if request.get("condition") is None:
        return
    handler = as_object("condition", request["condition"]).get("conditionalCheckFailedHandler")
    if handler is not None and as_object("handler", handler).get("strategy") != "Reject":
        refuse("conditionalCheckFailedHandler: only the strategy 'Reject' is supported.")


_PAGE = {
    "operation",
    "index",
    "nextToken",
    "limit",
    "consistentRead",
    "select",
    "filter",
    "projection",
}
_PAGE_PARTS = {"filter": "FilterExpression", "projection": "ProjectionExpression"}


def _page(table: str, request: dict[str, Any]) -> dict[str, Any]:
    payload: dict[str, Any] = {"TableName": table}
    limit = request.get("limit")
    if limit is not None:
        # JavaScript has one kind of number; a whole one may arrive as a float.
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit < 1:
            refuse("limit must be a positive number.")
        payload["Limit"] = int(limit)
    for source, target in (("index", "IndexName"), ("select", "Select")):
        if request.get(source) is not None:
            payload[target] = request[source]
    if request.get("consistentRead") is not None:
        payload["ConsistentRead"] = bool(request["consistentRead"])
    if request.get("projection") is not None:
        payload.setdefault("Select", "SPECIFIC_ATTRIBUTES")
    return payload


def _query(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("Query", request, _PAGE | {"query", "scanIndexForward"})
    payload = _page(table, request)
    if request.get("query") is None:
        refuse("A Query needs query.expression.")
    if request.get("scanIndexForward") is not None:
        payload["ScanIndexForward"] = bool(request["scanIndexForward"])
    return _expressions(payload, request, {"query": "KeyConditionExpression"} | _PAGE_PARTS)


def _scan(table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("Scan", request, _PAGE | {"totalSegments", "segment"})
    payload = _page(table, request)
    for source, target in (("totalSegments", "TotalSegments"), ("segment", "Segment")):
        if request.get(source) is not None:
            payload[target] = int(request[source])
    return _expressions(payload, request, _PAGE_PARTS)


def _batch_get(_table: str, request: dict[str, Any]) -> dict[str, Any]:
    check_keys("BatchGetItem", request, {"operation", "tables"})
    items: dict[str, Any] = {}
    for table, given in as_object("tables", request.get("tables")).items():
        # Both the short form (a list of keys) and the long one are documented.
        wanted = {"keys": given} if isinstance(given, list) else as_object("A table", given)
        check_keys("A table", wanted, {"keys", "consistentRead", "projection"})
        keys = [typed_map("keys", key) for key in wanted.get("keys") or ()]
        # DynamoDB's own refusal, which moto and MiniStack do not make.
        if any(key in keys[:at] for at, key in enumerate(keys)):
            raise DataSourceError(
                "ValidationException", "Provided list of item keys contains duplicates"
            )
        entry: dict[str, Any] = {"Keys": keys}
        if wanted.get("consistentRead") is not None:
            entry["ConsistentRead"] = bool(wanted["consistentRead"])
        items[table] = _expressions(entry, wanted, {"projection": "ProjectionExpression"})
    if not 1 <= sum(len(entry["Keys"]) for entry in items.values()) <= 100:
        refuse("BatchGetItem takes 1 to 100 keys.")
    return {"RequestItems": items}


def transact_item(item: Any) -> dict[str, Any]:
    """One entry of TransactWriteItems."""
    item = with_objects(as_object("A transact item", item))
    operation, table = item.get("operation"), item.get("table")
    if not isinstance(table, str):
        refuse("A transact item must name its table.")
    request = {name: value for name, value in item.items() if name != "table"}
    match operation:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            payload = REQUESTS[operation](table, request)
            payload.pop("ReturnValues", None)
            kind = operation.removesuffix("Item")
        case "ConditionCheck":
            check_keys("ConditionCheck", request, {"operation", "key", "condition"})
            payload = {"TableName": table, "Key": condition_keys(request)}
            _expressions(payload, request, {"condition": "ConditionExpression"})
            kind = operation
        case _:
            refuse(f"The transact operation {operation!r} is not supported.")
    condition = item.get("condition")
    if condition and condition.get("returnValuesOnConditionCheckFailure", True):
        payload["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {kind: payload}


REQUESTS: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    "GetItem": _get_item,
    "PutItem": _put_item,
    "UpdateItem": _update_item,
    "DeleteItem": _delete_item,
    "Query": _query,
    "Scan": _scan,
    "BatchGetItem": _batch_get,
}
