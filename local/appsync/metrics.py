"""Counters of one engine, for a metrics page."""

from dataclasses import dataclass, replace


@dataclass
class Counters:
    """`connections` and `subscriptions` are gauges (open now); the rest only grow."""

    connections: int = 0
    subscriptions: int = 0
    connections_total: int = 0
    connections_refused: int = 0
    requests: int = 0
    publishes: int = 0
    deliveries: int = 0
    delivered_bytes: int = 0
    dropped_slow: int = 0
    payloads_too_large: int = 0
    invalidations: int = 0
    errors: int = 0

    def snapshot(self) -> "Counters":
        """A copy that no longer changes."""
        return replace(self)
