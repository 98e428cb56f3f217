"""The errors that users of this package see, and what a client does about the API's error types.

::

    ClientError
    ├── ConfigError           the configuration cannot be used
    ├── TokenError            the token source failed
    ├── NoAnswerError         the API did not answer
    ├── GraphQLError          the API answered with an error
    │   └── RefusedError      ... and will again
    ├── PublishFailedError    no region acknowledged the message
    └── BufferOverflowError   the consumer read too slowly, and nothing is stored
"""

from .error_types import THEN, Then

NO_HISTORY = "HistoryDisabled"  # the deployment stores no messages


def then(error_type: str | None) -> Then:
    """What a client does about an `errorType`; one that the table does not have is retried."""
    return THEN.get(error_type or "", "retry")


def is_final(error_type: str | None) -> bool:
    """Whether the same call will be refused again, in every region."""
    return then(error_type) == "final"


class ClientError(Exception):
    """Base of this package's errors."""


class ConfigError(ClientError):
    """The configuration cannot be read, or lacks something; the text says what."""


class TokenError(ClientError):
    """The token source failed, or gave no text. `__cause__` is its own error."""


class NoAnswerError(ClientError):
    """The API could not be reached, or answered nothing that can be understood."""


class BufferOverflowError(ClientError):
    """The consumer read too slowly, and the deployment stores no messages to catch up from."""


class GraphQLError(ClientError):
    """The API answered with an error.

    Attributes:
        error_type: its `errorType`; `then` says what to do about it.
        message: what the API says.
        server_ms: what the API's clock said, milliseconds since 1970, where it refused an id by it.
    """

    def __init__(self, error_type: str, message: str, server_ms: int | None = None) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message
        self.server_ms = server_ms


class RefusedError(GraphQLError):
    """The API refused the call: the same call would be refused again, in every region."""


class PublishFailedError(ClientError):
    """No region acknowledged the message. It may have been accepted: retry with the same `id`."""

    def __init__(self, id: str, reason: str) -> None:
        super().__init__(f"message {id} was not acknowledged by any region: {reason}")
        self.id = id
        self.reason = reason
