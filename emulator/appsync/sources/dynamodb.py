"""The AMAZON_DYNAMODB data source: APPSYNC_JS request objects as DynamoDB calls and back."""

from collections.abc import Awaitable, Callable
from typing import Any

from ..ports import DataSourceError, DataSourcePorts
from .base import Answer, SourceFailure, check_keys, read_request, refuse
from .dynamodb_requests import REQUESTS, condition_keys, transact_item, with_objects
from .dynamodb_values import decode_token, encode_token, plain_map

CONDITION_FAILED = "ConditionalCheckFailedException"
_PREFIX = "DynamoDB:"

Handler = Callable[[dict[str, Any]], Awaitable[Answer]]


class DynamoDbSource:
    """Requests on `table` in `region` (batches and transactions name their tables).

    `shows_item`: whether the response handler gets the stored item as `ctx.result` after a failed
    condition. AppSync's guide says so; users report that it gets none.
    """

    def __init__(self, ports: DataSourcePorts, table: str, region: str, shows_item: bool) -> None:
        self._ports = ports
        self._shows_item = shows_item
        self._table = table
        self._region = region
        self._handlers: dict[str, Handler] = {
            "GetItem": self._get_item,
            "PutItem": self._write,
            "UpdateItem": self._write,
            "DeleteItem": self._write,
            "Query": self._page,
            "Scan": self._page,
            "BatchGetItem": self._batch_get,
            "TransactWriteItems": self._transact_write,
        }

    async def invoke(self, request: Any) -> Answer:
        request = with_objects(read_request("The DynamoDB request", request))
        operation = request.get("operation")
        handler = self._handlers.get(operation) if isinstance(operation, str) else None
        if handler is None:
            refuse(f"The DynamoDB operation {operation!r} is not supported.")
        try:
            return await handler(request)
        except DataSourceError as error:
            return Answer(_failed_result(error), _failure(error))

    async def _call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        return await self._ports.dynamodb(operation, payload, self._region)

    async def _get_item(self, request: dict[str, Any]) -> Answer:
        answer = await self._call("GetItem", REQUESTS["GetItem"](self._table, request))
        return Answer(_item(answer.get("Item")))

    async def _write(self, request: dict[str, Any]) -> Answer:
        operation = request["operation"]
        payload = REQUESTS[operation](self._table, request)
        try:
            answer = await self._call(operation, payload)
        except DataSourceError as error:
            if error.name != CONDITION_FAILED:
                raise
            return await self._condition_failed(request, payload, error)
        if operation == "PutItem":
            return Answer(plain_map(payload["Item"]))
        return Answer(_item(answer.get("Attributes")))

    async def _condition_failed(
        self, request: dict[str, Any], payload: dict[str, Any], error: DataSourceError
    ) -> Answer:
        """AppSync reads the item as it is, and calls the write done if it is as wanted."""
        condition = request["condition"]
        found = await self._call(
            "GetItem",
            {
                "TableName": self._table,
                "Key": condition_keys(request),
                "ConsistentRead": condition.get("consistentRead", True),
            },
        )
        item = found.get("Item")
        if request["operation"] == "DeleteItem" and not item:
            return Answer(None)
        if request["operation"] == "PutItem" and item:
            ignored = set(condition.get("equalsIgnore") or ())
            wanted = {k: v for k, v in payload["Item"].items() if k not in ignored}
            if wanted == {k: v for k, v in item.items() if k not in ignored}:
                return Answer(plain_map(item))
        return Answer(_item(item) if self._shows_item else None, _failure(error))

    async def _page(self, request: dict[str, Any]) -> Answer:
        operation = request["operation"]
        payload = REQUESTS[operation](self._table, request)
        # A token is good for the same table, index and kind of request only.
        scope = f"{operation}/{self._table}/{request.get('index') or ''}"
        if request.get("nextToken") is not None:
            payload["ExclusiveStartKey"] = decode_token(scope, request["nextToken"])
        answer = await self._call(operation, payload)
        last = answer.get("LastEvaluatedKey")
        return Answer(
            {
                "items": [plain_map(item) for item in answer.get("Items", [])],
                "nextToken": encode_token(scope, last) if last else None,
                "scannedCount": answer.get("ScannedCount", 0),
            }
        )

    async def _batch_get(self, request: dict[str, Any]) -> Answer:
        payload = REQUESTS["BatchGetItem"](self._table, request)
        answer = await self._call("BatchGetItem", payload)
        data: dict[str, list[Any]] = {}
        for table, wanted in payload["RequestItems"].items():
            items = answer.get("Responses", {}).get(table, [])
            data[table] = [
                next((plain_map(item) for item in items if key.items() <= item.items()), None)
                for key in wanted["Keys"]
            ]
        # A key that was not processed has null among the data, as one without an item; a table
        # whose keys were all processed has an empty list here.
        unprocessed = {
            table: [
                plain_map(key)
                for key in answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            ]
            for table in data
        }
        return Answer({"data": data, "unprocessedKeys": unprocessed})

    async def _transact_write(self, request: dict[str, Any]) -> Answer:
        check_keys("TransactWriteItems", request, {"operation", "transactItems"})
        items = request.get("transactItems")
        if not isinstance(items, list) or not 1 <= len(items) <= 100:
            refuse("transactItems must be a list of 1 to 100 items.")
        entries = [transact_item(item) for item in items]
        await self._call("TransactWriteItems", {"TransactItems": entries})
        keys = [plain_map(condition_keys(item)) for item in items]
        return Answer({"keys": keys, "cancellationReasons": None})


def _item(item: dict[str, Any] | None) -> Any:
    return plain_map(item) if item else None


def _failure(error: DataSourceError) -> SourceFailure:
    return SourceFailure(_PREFIX + error.name, error.message)


def _failed_result(error: DataSourceError) -> Any:
    reasons = error.details.get("CancellationReasons")
    if reasons is None:
        return None
    return {
        "keys": None,
        "cancellationReasons": [
            {
                "type": reason.get("Code"),
                "message": reason.get("Message"),
                "item": _item(reason.get("Item")),
            }
            for reason in reasons
        ],
    }
