"""The registry of subscriptions: found by their filters, in groups that share one payload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any, Protocol

from .filters import Alternative, Event, Filter, KeyField, KeyValue, event_key
from .protocol import data_prefix
from .responses import json_bytes
from .selection import Projection

Shape = tuple[KeyField, ...]
GroupKey = tuple[Any, ...]


class Subscriber(Protocol):
    """The connection behind a subscription."""

    def deliver(self, frame: bytes) -> None:
        """Send a whole text frame; must neither wait nor raise."""
        ...


@dataclass(eq=False)
class Group:
    """Subscriptions that get the same payload: one selection set with the same variables."""

    key: GroupKey
    projection: Projection
    size: int = 0

    def render(self, event: Event) -> bytes:
        """The payload of a data message, as UTF-8 JSON."""
        return json_bytes(self.projection.apply(event))


@dataclass(eq=False)
class Subscription:
    """One subscription of one connection."""

    id: str
    field: str
    subscriber: Subscriber
    group: Group
    filter: Filter
    invalidation_filter: Filter | None = None
    prefix: bytes = dataclass_field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.prefix = data_prefix(self.id)


# Subscriptions under one equality key, by group. The values are the alternatives that put a
# subscription here and have other rules, which must still be checked; empty if none has any.
_Bucket = dict[Group, dict[Subscription, tuple[Alternative, ...]]]


class FieldIndex:
    """The subscriptions of one field of the subscription type."""

    def __init__(self) -> None:
        self._shapes: dict[Shape, dict[tuple[KeyValue, ...], _Bucket]] = {}
        self._invalidatable: dict[Subscription, Filter] = {}
        # Subscriptions that one event can match in several ways; it must reach each of them once.
        self._of_several: set[Subscription] = set()

    def add(self, subscription: Subscription) -> None:
        if len(subscription.filter.alternatives) > 1:
            self._of_several.add(subscription)
        for alternative in subscription.filter.alternatives:
            buckets = self._shapes.setdefault(alternative.fields, {})
            bucket = buckets.setdefault(alternative.key, {})
            members = bucket.setdefault(subscription.group, {})
            known = members.get(subscription)
            if not alternative.rest or known == ():
                members[subscription] = ()
            else:
                members[subscription] = (*(known or ()), alternative)
        if subscription.invalidation_filter is not None:
            self._invalidatable[subscription] = subscription.invalidation_filter

    def remove(self, subscription: Subscription) -> None:
        self._invalidatable.pop(subscription, None)
        self._of_several.discard(subscription)
        for alternative in subscription.filter.alternatives:
            buckets = self._shapes.get(alternative.fields, {})
            bucket = buckets.get(alternative.key, {})
            members = bucket.get(subscription.group, {})
            members.pop(subscription, None)
            # Nothing empty stays behind: channels come and go.
            if not members:
                bucket.pop(subscription.group, None)
            if not bucket:
                buckets.pop(alternative.key, None)
            if not buckets:
                self._shapes.pop(alternative.fields, None)

    def matching(self, event: Event) -> Iterator[tuple[Group, list[Subscription]]]:
        """Subscriptions that get `event`, each once, by group."""
        seen: set[Subscription] = set()
        for shape, buckets in list(self._shapes.items()):
            bucket = buckets.get(event_key(event, shape))
            for group, members in list(bucket.items()) if bucket else ():
                matched = [
                    subscription
                    for subscription, alternatives in members.items()
                    if not alternatives or any(a.rest_matches(event) for a in alternatives)
                ]
                if self._of_several:
                    matched = [s for s in matched if s not in seen]
                    seen |= self._of_several.intersection(matched)
                if matched:
                    yield group, matched

    def invalidated_by(self, payload: Mapping[str, Any]) -> list[Subscription]:
        """Subscriptions whose invalidation filter `payload` meets."""
        return [s for s, filter_ in self._invalidatable.items() if filter_.matches(payload)]


class Registry:
    """All subscriptions of one engine."""

    def __init__(self) -> None:
        self._fields: dict[str, FieldIndex] = {}
        self._groups: dict[GroupKey, Group] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def index(self, field: str) -> FieldIndex:
        """The index of a subscription field."""
        if field not in self._fields:
            self._fields[field] = FieldIndex()
        return self._fields[field]

    def group(self, key: GroupKey) -> Group | None:
        """The group of that key, if it has members."""
        return self._groups.get(key)

    def add(self, subscription: Subscription) -> None:
        group = subscription.group
        self._groups[group.key] = group
        group.size += 1
        self._size += 1
        self.index(subscription.field).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Remove a subscription that was added."""
        self.index(subscription.field).remove(subscription)
        self._size -= 1
        group = subscription.group
        group.size -= 1
        if group.size == 0:
            del self._groups[group.key]
