"""Replaying a peer's message in this region."""

from collections.abc import Mapping
from typing import Any, Protocol

from globalws_functions.domain.delivery import DeadLetters, Delivery, Outcome, deliver
from globalws_functions.domain.message import Message, read_message_published


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


def replay(event: Mapping[str, Any], api: Api, dead_letters: DeadLetters) -> Delivery[Message]:
    """Publishes a peer's message in this region, once. Raises TransientError; see `deliver`."""
    return deliver(
        event,
        read_message_published,
        api.publish_from_bus,
        dead_letters,
        Outcome.REPLAYED,
        blocked=Outcome.WITHHELD,
    )
