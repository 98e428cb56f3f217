"""What the data plane needs from the outside: the services behind its data sources."""

from typing import Any, Protocol


class DataSourceError(Exception):
    """A data source refused or failed a call.

    `name` is the service's own error name (`ConditionalCheckFailedException`); `details` is the
    service's error document, which has `Item` and `CancellationReasons` of DynamoDB.
    """

    def __init__(self, name: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.details = details or {}


class LambdaFunctionError(DataSourceError):
    """A function ran and raised: `name` is its errorType, `message` its errorMessage."""


class DataSourcePorts(Protocol):
    """The three services that data sources call. Every method raises `DataSourceError`."""

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        """PutEvents: entries as in the AWS API; returns `Entries` and `FailedEntryCount`."""
        ...

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        """One DynamoDB operation (`GetItem`) with its JSON 1.0 payload; returns the answer."""
        ...

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        """Invoke a function; returns its JSON result, None for invocation type `Event`.

        Raises `LambdaFunctionError` if the function itself failed.
        """
        ...
