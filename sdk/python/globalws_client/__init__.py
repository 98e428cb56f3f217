"""A subscriber that loses nothing and gets nothing twice, over any number of regions."""

from .errors import (
    BufferOverflowError,
    GraphQLError,
    PublishFailedError,
    PublishRefusedError,
    SubscriberError,
)
from .nearest import nearest_first, round_trip_ms
from .publish import PublishOptions, publish
from .subscriber import Subscriber
from .types import (
    Checkpoint,
    Event,
    Message,
    MessageEvent,
    Options,
    RegionEndpoint,
    State,
    StateEvent,
)

__all__ = [
    "BufferOverflowError",
    "Checkpoint",
    "Event",
    "GraphQLError",
    "Message",
    "MessageEvent",
    "Options",
    "PublishFailedError",
    "PublishOptions",
    "PublishRefusedError",
    "RegionEndpoint",
    "State",
    "StateEvent",
    "Subscriber",
    "SubscriberError",
    "nearest_first",
    "publish",
    "round_trip_ms",
]
