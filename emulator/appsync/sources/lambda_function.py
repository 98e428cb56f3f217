"""The AWS_LAMBDA data source."""

from typing import Any

from ..ports import DataSourceError, DataSourcePorts, LambdaFunctionError
from .base import Answer, SourceFailure, check_keys, read_request, refuse


class LambdaSource:
    """Invokes one function with the request's payload."""

    def __init__(self, ports: DataSourcePorts, function_arn: str) -> None:
        self._ports = ports
        self._function_arn = function_arn

    async def invoke(self, request: Any) -> Answer:
        request = read_request("The Lambda request", request)
        check_keys("The Lambda request", request, {"operation", "payload", "invocationType"})
        if request.get("operation") != "Invoke":
            refuse(f"The Lambda operation {request.get('operation')!r} is not supported.")
        invocation_type = request.get("invocationType", "RequestResponse")
        if invocation_type not in ("RequestResponse", "Event"):
            refuse(f"The invocationType {invocation_type!r} is not supported.")
        try:
            result = await self._ports.invoke_lambda(
                self._function_arn, request.get("payload"), invocation_type
            )
        except LambdaFunctionError as error:
            return Answer(error=SourceFailure("Lambda:Unhandled", error.message))
        except DataSourceError as error:
            return Answer(error=SourceFailure(f"Lambda:{error.name}", error.message))
        return Answer(None if invocation_type == "Event" else result)
