"""What the API's data sources reach: this process's buses, and the local AWS for the rest."""

import asyncio
import json
from typing import Any

from emulator.appsync.ports import DataSourceError, LambdaFunctionError
from emulator.aws_calls.json_service import AwsError, JsonService
from emulator.eventbridge.entries import CallError
from emulator.eventbridge.ports import FunctionPort
from emulator.eventbridge.service import EventBridge


class DataSources:
    """`DataSourcePorts` of one region."""

    def __init__(self, bridge: EventBridge, functions: FunctionPort, dynamodb: JsonService) -> None:
        self._bridge = bridge
        self._functions = functions
        self._dynamodb = dynamodb

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        try:
            return await self._bridge.put_events(bus_arn, entries)
        except CallError as error:
            raise DataSourceError(error.code, error.message) from error

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """See `DataSourcePorts`; every table is in this region."""
        if self._bridge.faults.dynamodb_throttles():
            raise DataSourceError(
                "ProvisionedThroughputExceededException", "the table is throttled (injected)"
            )
        left: dict[str, Any] = {}
        if operation == "BatchGetItem" and self._bridge.faults.key_is_unprocessed():
            payload, left = _without_first_key(payload)
        try:
            answer = await self._dynamodb.call(operation, payload)
        except AwsError as error:
            raise DataSourceError(error.name, error.message, error.document) from error
        return {**answer, "UnprocessedKeys": left} if left else answer

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        """See `DataSourcePorts`."""
        text = json.dumps(payload)
        if invocation_type == "Event":
            await self._bridge.invoke_async(function_arn, text)
            return None
        result = await self._functions.invoke(function_arn, text)
        try:
            answer = await asyncio.to_thread(json.loads, result.payload)
        except RecursionError:
            raise DataSourceError("Lambda:Unhandled", "its answer is nested too deeply") from None
        if result.outcome == "ok":
            return answer
        failure = answer if isinstance(answer, dict) else {}
        if result.outcome == "function_error":
            raise LambdaFunctionError(
                failure.get("errorType", "Lambda:Unhandled"), failure.get("errorMessage", "")
            )
        raise DataSourceError(result.error_code, failure.get("errorMessage", result.payload))


def _without_first_key(payload: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A BatchGetItem of one table with two keys or more without its first, and what is left out."""
    [(table, wanted)] = payload["RequestItems"].items()
    first, *others = wanted["Keys"]
    return (
        {"RequestItems": {table: {**wanted, "Keys": others}}},
        {table: {**wanted, "Keys": [first]}},
    )
