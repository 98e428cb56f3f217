"""Replaying a peer's message in this region: what happened, and who owns a failure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from globalws_functions.domain.errors import (
    BlockedChannelError,
    DuplicateMessageError,
    InvalidEventError,
    PermanentError,
)
from globalws_functions.domain.message import Message, read_message_published


class Outcome(StrEnum):
    """How a replay ended. A transient failure is no outcome: it is raised, and retried."""

    REPLAYED = "replayed"
    DUPLICATE = "duplicate"
    WITHHELD = "withheld"  # stored, and not delivered: an operator blocked the channel here
    DEAD_LETTERED = "dead-lettered"


@dataclass(frozen=True)
class ReplayResult:
    """An outcome; `message` is None if the event could not be read, `reason` says why it failed."""

    outcome: Outcome
    message: Message | None
    reason: str = ""


class Api(Protocol):
    """This region's API."""

    def publish_from_bus(self, message: Message) -> None:
        """Delivers the message to this region's subscribers.

        Raises:
            DuplicateMessageError: it was delivered before.
            BlockedChannelError: it is stored, and not delivered.
            PermanentError: the API refuses it, now and later.
            TransientError: it may succeed later.
        """


class DeadLetters(Protocol):
    """The queue of what this function failed on."""

    def send(self, event: Mapping[str, Any], error_type: str, reason: str) -> None:
        """Keeps the event, whole, with the reason. Raises TransientError if it could not."""


def replay(event: Mapping[str, Any], api: Api, dead_letters: DeadLetters) -> ReplayResult:
    """Publishes a peer's message in this region, once.

    What can never succeed goes to the dead-letter queue at once instead of being retried for hours.

    Raises:
        TransientError: Lambda shall try again.
    """
    message = None
    try:
        message = read_message_published(event)
        api.publish_from_bus(message)
    except DuplicateMessageError:
        return ReplayResult(Outcome.DUPLICATE, message)
    except BlockedChannelError:
        return ReplayResult(Outcome.WITHHELD, message)
    except InvalidEventError as error:
        dead_letters.send(event, "InvalidEvent", str(error))
        return ReplayResult(Outcome.DEAD_LETTERED, message, str(error))
    except PermanentError as error:
        dead_letters.send(event, error.error_type, str(error))
        return ReplayResult(Outcome.DEAD_LETTERED, message, str(error))
    return ReplayResult(Outcome.REPLAYED, message)
