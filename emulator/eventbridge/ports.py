"""The services that the data plane calls, as protocols.

`queues.py`, `peers.py` and `emulator/lambda_workers` implement them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol


class DeliveryError(Exception):
    """A delivery that failed.

    `code` is one of the codes that EventBridge writes into ERROR_CODE of a dead-letter message
    (CONNECTION_FAILURE, NO_RESOURCE, THROTTLING, …). Only `retryable` errors are retried.
    """

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.retryable = retryable


@dataclass(frozen=True)
class InvokeResult:
    """What came of one synchronous invocation of a function.

    `ok` and `function_error` ran; `throttled` (429) and `unavailable` (5xx, network) may be tried
    again for hours; `rejected` never can be: no such function, no permission, bad request.
    `payload` is the function's answer (JSON text) or the service's error message.
    """

    outcome: Literal["ok", "function_error", "throttled", "unavailable", "rejected"]
    payload: str = "null"
    status_code: int = 200
    function_error: str | None = None
    executed_version: str = "$LATEST"
    error_code: str = ""


class BusPort(Protocol):
    """Event buses of other regions."""

    async def deliver_to_bus(self, bus_arn: str, event: str) -> None:
        """Hand one event (JSON text, the whole envelope) to a bus; return once it is durable.

        Raises:
            DeliveryError: it did not arrive, or it is not known whether it did.
        """


class QueuePort(Protocol):
    """SQS."""

    async def send_message(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Send one message with string attributes.

        Raises:
            DeliveryError: it was not accepted.
        """


class FunctionPort(Protocol):
    """Lambda, invoked synchronously: the queue of asynchronous invocations is ours."""

    async def invoke(self, function_arn: str, payload: str) -> InvokeResult:
        """Run a function with a JSON payload; never raises for what the function or service did."""


@dataclass(frozen=True)
class Ports:
    """All that the core calls."""

    buses: BusPort
    queues: QueuePort
    functions: FunctionPort


class Timer(Protocol):
    """Something scheduled that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


class Clock(Protocol):
    """Time. Tests put a clock here that they move themselves."""

    def now(self) -> float:
        """Epoch seconds."""

    def call_later(self, delay: float, callback: Callable[[], None]) -> Timer:
        """Call back on the event loop after `delay` seconds."""
