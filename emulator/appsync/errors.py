"""Every error type that this data plane shows to clients, and the exceptions that carry them.

The names are AppSync's own wherever AppSync has one, so that clients can act on them unchanged.
"""

from enum import StrEnum
from typing import Any


class ErrorType(StrEnum):
    """`errorType` values; resolvers add their own through `util.error`."""

    MALFORMED_REQUEST = "MalformedHttpRequestException"
    BAD_REQUEST = "BadRequestException"
    VALIDATION = "ValidationError"
    UNAUTHORIZED_REQUEST = "UnauthorizedException"
    UNAUTHORIZED_FIELD = "Unauthorized"
    EXECUTION_TIMEOUT = "ExecutionTimeout"
    LIMIT_EXCEEDED = "LimitExceededError"
    MAX_SUBSCRIPTIONS = "MaxSubscriptionsReachedError"
    DUPLICATE_SUBSCRIPTION = "DuplicateSubscriptionError"
    SUBPROTOCOL = "SubProtocolNotSupportedError"
    UNSUPPORTED_OPERATION = "UnsupportedOperation"
    INVALID_FILTER = "InvalidSubscriptionFilter"
    RESOLVER_CODE = "Code"
    INVALID_SOURCE_REQUEST = "InvalidDataSourceRequest"
    INTERNAL = "InternalFailure"


class AppSyncError(Exception):
    """An error that a client sees: `error_type`, message, and what `util.error` may add."""

    def __init__(
        self, error_type: str, message: str | None, *, data: Any = None, info: Any = None
    ) -> None:
        super().__init__(message)
        self.error_type = str(error_type)
        self.message = message
        self.data = data
        self.info = info


class RequestError(AppSyncError):
    """A request refused before execution. `status` is the HTTP status of the answer."""

    def __init__(self, error_type: str, message: str, status: int = 400) -> None:
        super().__init__(error_type, message)
        self.status = status


class UnauthorizedError(RequestError):
    """The caller could not be authenticated by any mode of the API (HTTP 401)."""

    def __init__(self, message: str = "You are not authorized to make this call.") -> None:
        super().__init__(ErrorType.UNAUTHORIZED_REQUEST, message, status=401)


class DefinitionError(Exception):
    """The API definition cannot be served; the message names the part and the reason."""


def field_unauthorized(type_name: str, field_name: str) -> AppSyncError:
    """The error of a field that the caller's authorization mode may not access."""
    return AppSyncError(
        ErrorType.UNAUTHORIZED_FIELD, f"Not Authorized to access {field_name} on type {type_name}"
    )
