"""Subscriptions that are acknowledged before they get events, as can happen on AWS: a fault."""

import asyncio
from collections.abc import Callable, Iterator

from .filters import Event
from .subscriptions import Registry, Subscription


class LateStart:
    """Adds subscriptions to the registry after a delay.

    Args:
        delay: how many seconds the next one waits; 0 for not at all.
    """

    def __init__(self, registry: Registry, delay: Callable[[], float] | None) -> None:
        self._registry = registry
        self._delay = delay
        self._waiting: dict[Subscription, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, subscription: Subscription) -> None:
        """Let it get events, now or later."""
        delay = self._delay() if self._delay is not None else 0.0
        if delay > 0:
            loop = asyncio.get_running_loop()
            self._waiting[subscription] = loop.call_later(delay, self._begin, subscription)
        else:
            self._registry.add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Remove a subscription that was added."""
        if waiting := self._waiting.pop(subscription, None):
            waiting.cancel()
        else:
            self._registry.remove(subscription)

    def invalidated_by(self, field: str, payload: Event) -> Iterator[Subscription]:
        """Those of the field that `payload` ends before they began."""
        for subscription in self._waiting:
            invalidation = subscription.invalidation_filter
            if subscription.field == field and invalidation and invalidation.matches(payload):
                yield subscription

    def _begin(self, subscription: Subscription) -> None:
        del self._waiting[subscription]
        # Others of its group may have come or gone meanwhile.
        subscription.group = self._registry.group(subscription.group.key) or subscription.group
        self._registry.add(subscription)
