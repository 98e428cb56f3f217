"""The errors that the domain and the adapters raise, by what their owner should do."""


class GlobalwsError(Exception):
    """Any error that this package raises on purpose."""


class InvalidEventError(GlobalwsError):
    """An event that breaks its contract in events/contracts/; trying again cannot help."""


class TransientError(GlobalwsError):
    """The same call may succeed later: network, throttling, a fault of the service, a role."""


class ThrottledError(TransientError):
    """The service asked for fewer calls."""


class PermanentError(GlobalwsError):
    """The same call will fail again: the request itself is refused.

    Attributes:
        error_type: the API's `errorType`, or `HTTP nnn`.
    """

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type


class DuplicateMessageError(GlobalwsError):
    """The API has this message already: it was delivered before."""


class BlockedChannelError(GlobalwsError):
    """The API has stored this message and delivers it to nobody: the channel is blocked."""
