"""What the API's data sources reach: this process's buses, and the local AWS for the rest."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emulator.appsync.ports import DataSourceError, LambdaFunctionError
from emulator.eventbridge.aws import Aws
from emulator.eventbridge.blocking import DaemonThreads
from emulator.eventbridge.entries import CallError
from emulator.eventbridge.service import EventBridge
from emulator.runtime.deployed.stack import Clients

_THREADS = 8


class DataSources:
    """`DataSourcePorts` of one region."""

    def __init__(self, bridge: EventBridge, aws: Aws, clients: Clients) -> None:
        self._bridge = bridge
        self._aws = aws
        self._threads = DaemonThreads("dynamodb", _THREADS)
        self._dynamodb = clients("dynamodb", Config(max_pool_connections=_THREADS))

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
        method = getattr(self._dynamodb, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())
        call: Callable[[], dict[str, Any]] = lambda: method(**payload)  # noqa: E731
        try:
            return await self._threads.run(call)
        except ClientError as error:
            details: dict[str, Any] = dict(error.response)
            raise DataSourceError(
                details["Error"]["Code"], details["Error"]["Message"], details
            ) from error
        except BotoCoreError as error:
            raise DataSourceError(type(error).__name__, str(error)) from error

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        """See `DataSourcePorts`."""
        text = json.dumps(payload)
        if invocation_type == "Event":
            await self._bridge.invoke_async(function_arn, text)
            return None
        result = await self._aws.invoke(function_arn, text)
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

    def close(self) -> None:
        """Let the threads go."""
        self._threads.close()
