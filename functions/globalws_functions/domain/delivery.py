"""Delivering an event's message through this region's API, once, and who owns a failure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    InvalidEventError,
    PermanentError,
)

T = TypeVar("T")


class Outcome(StrEnum):
    """How a delivery ended. A transient failure is no outcome: it is raised, and retried."""

    REPLAYED = "replayed"
    PUBLISHED = "published"
    DUPLICATE = "duplicate"
    WITHHELD = "withheld"  # stored, and not delivered: an operator blocked the channel here
    DEAD_LETTERED = "dead-lettered"


@dataclass(frozen=True)
class Delivery(Generic[T]):
    """An outcome; `message` is None if the event could not be read, `reason` says why it failed."""

    outcome: Outcome
    message: T | None
    reason: str = ""


class DeadLetters(Protocol):
    """The queue of what this function failed on."""

    def send(self, event: Mapping[str, Any], error_type: str, reason: str) -> None:
        """Keeps the event, whole, with the reason. Raises TransientError if it could not."""


def deliver(
    event: Mapping[str, Any],
    read: Callable[[object], T],
    send: Callable[[T], None],
    dead_letters: DeadLetters,
    done: Outcome,
    *,
    blocked: Outcome,
) -> Delivery[T]:
    """Reads the event's message and sends it to the API.

    What can never succeed goes to the dead-letter queue at once instead of being retried for hours.

    Args:
        done: the outcome of a success.
        blocked: the outcome if the channel is blocked; DEAD_LETTERED keeps the event.

    Raises:
        TransientError: Lambda must try again.
    """
    message = None
    try:
        message = read(event)
        send(message)
        return Delivery(done, message)
    except DuplicateMessageError:
        return Delivery(Outcome.DUPLICATE, message)
    except BlockedChannelError as error:
        if blocked is not Outcome.DEAD_LETTERED:
            return Delivery(blocked, message)
        error_type, reason = "ChannelBlocked", str(error)
    except InvalidEventError as error:
        error_type, reason = "InvalidEvent", str(error)
    except PermanentError as error:
        error_type, reason = error.error_type, str(error)
    dead_letters.send(event, error_type, reason)
    return Delivery(Outcome.DEAD_LETTERED, message, reason)
