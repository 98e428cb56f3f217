"""Counters of one engine, for a metrics page."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass
class Counters:
    """`connections` and `subscriptions` are gauges (open now); the rest only grow.

    `errors` are answers with errors; of them `client_errors` have an HTTP status of 4xx,
    `server_errors` one of 5xx; `error_types` counts the errors in them.
    `invalidations` counts subscriptions that were ended, by `invalidation_requests`;
    `invalidations_dropped` were requests beyond AppSync's rate.
    """

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
    invalidation_requests: int = 0
    invalidations_dropped: int = 0
    errors: int = 0
    client_errors: int = 0
    server_errors: int = 0
    error_types: Counter[str] = field(default_factory=Counter)

    def add_errors(self, errors: Iterable[Mapping[str, Any]]) -> None:
        """Counts one answer with these errors."""
        self.errors += 1
        self.error_types.update(str(each.get("errorType") or "") for each in errors)

    def snapshot(self) -> "Counters":
        """A copy that no longer changes."""
        return replace(self, error_types=self.error_types.copy())
