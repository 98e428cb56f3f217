"""Fan-out of an event: the payload rendered once a group, one small frame head a subscriber."""

import logging

from .execution import MutationEvent
from .filters import Event
from .frames import text_header
from .metrics import Counters
from .protocol import DATA_SUFFIX
from .responses import json_bytes
from .schema import ApiSchema
from .subscriptions import Group, Registry

logger = logging.getLogger(__name__)


class Fanout:
    """Delivers events to the subscriptions of a registry, synchronously and in order."""

    def __init__(
        self, schema: ApiSchema, registry: Registry, counters: Counters, max_payload: int
    ) -> None:
        self._triggers = schema.triggers
        self._registry = registry
        self._counters = counters
        self._max_payload = max_payload

    def publish(self, event: MutationEvent) -> int:
        """Hand an event to everyone who gets it; never waits and never raises for one of them.

        Returns how many subscriptions got it.
        """
        self._counters.publishes += 1
        count = 0
        for field in self._triggers.get(event.mutation, ()):
            for group, members in self._registry.index(field).matching(event.data):
                tail = self._tail(field, group, event.data)
                heads: dict[int, bytes] = {}
                for subscription in members:
                    prefix = subscription.prefix
                    head = heads.get(len(prefix))
                    if head is None:
                        head = heads[len(prefix)] = text_header(len(prefix) + len(tail))
                    subscription.subscriber.deliver(b"".join((head, prefix, tail)))
                count += len(members)
                self._counters.delivered_bytes += len(members) * len(tail)
        self._counters.deliveries += count
        return count

    def _tail(self, field: str, group: Group, event: Event) -> bytes:
        payload = group.render(event)
        if len(payload) > self._max_payload:
            self._counters.payloads_too_large += 1
            logger.warning(
                "subscription payload too large", extra={"field": field, "bytes": len(payload)}
            )
            payload = _too_large(field, len(payload), self._max_payload)
        return payload + DATA_SUFFIX


def _too_large(field: str, size: int, limit: int) -> bytes:
    message = f"The payload has {size} bytes; subscriptions carry at most {limit}."
    error = {"errorType": "PayloadSizeLimitExceeded", "message": message, "path": [field]}
    return json_bytes({"data": None, "errors": [error]})
