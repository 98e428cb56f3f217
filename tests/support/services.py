"""Data sources that must not be called; a subclass answers what its resolvers call."""

from typing import Any


class NoServices:
    """`DataSourcePorts` of an API that calls no service."""

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        raise AssertionError("no resolver of this API calls EventBridge")

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """See `DataSourcePorts`."""
        raise AssertionError("no resolver of this API calls DynamoDB")

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        """See `DataSourcePorts`."""
        raise AssertionError("no resolver of this API calls a function")
