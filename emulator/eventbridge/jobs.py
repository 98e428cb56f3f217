"""The two kinds of durable job and how they are written to the store."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from emulator.eventbridge.routes import Route
from emulator.eventbridge.store import Row
from emulator.json_text import encode

DELIVERY = "delivery"
INVOCATION = "invocation"


@dataclass(frozen=True)
class Failure:
    """Why a delivery was given up; it then waits only for its dead-letter queue.

    `condition` is None for an error that is never retried.
    """

    code: str
    message: str
    condition: str | None


@dataclass
class Delivery:
    """One event on its way to one target.

    `text` is the event as JSON; `accepted` and `due` are epoch seconds; `attempts` counts those
    made; `hops` is 1 for an event that came from another bus.
    """

    id: int
    route: Route
    text: str
    accepted: float
    due: float
    hops: int = 0
    attempts: int = 0
    failure: Failure | None = None
    dead_letter_attempts: int = 0

    def state(self) -> str:
        """What changes, and the route, as JSON."""
        state = {
            "route": [self.route.bus_arn, self.route.rule, self.route.target_id],
            "accepted": self.accepted,
            "due": self.due,
            "hops": self.hops,
            "attempts": self.attempts,
            "failure": asdict(self.failure) if self.failure else None,
            "dead_letter_attempts": self.dead_letter_attempts,
        }
        return encode(state)

    def row(self) -> Row:
        """As stored."""
        return Row(self.id, DELIVERY, self.text, self.state())

    @classmethod
    def from_row(cls, row: Row) -> "Delivery":
        """As it was stored."""
        state = json.loads(row.state)
        failure = state.pop("failure")
        return cls(
            id=row.id,
            text=row.body,
            route=Route(*state.pop("route")),
            failure=Failure(**failure) if failure else None,
            **state,
        )


@dataclass
class Invocation:
    """One asynchronous invocation of a function.

    `runs` counts attempts that reached the function, `errors` those that it failed, `waits`
    throttles and the like in a row. `record` is the finished OnFailure message, once there is one.
    `route` and `event` tell which rule it came from (`event` only if it is not the payload itself).
    """

    id: int
    function_arn: str
    payload: str
    request_id: str
    accepted: float
    due: float
    route: Route | None = None
    event: str | None = None
    runs: int = 0
    errors: int = 0
    waits: int = 0
    record: str | None = None
    dead_letter_attempts: int = 0

    def state(self) -> str:
        """Everything but id and payload, as JSON."""
        state: dict[str, Any] = {
            name: value for name, value in vars(self).items() if name not in ("id", "payload")
        }
        if self.route is not None:
            state["route"] = [self.route.bus_arn, self.route.rule, self.route.target_id]
        return encode(state)

    def row(self) -> Row:
        """As stored."""
        return Row(self.id, INVOCATION, self.payload, self.state())

    @classmethod
    def from_row(cls, row: Row) -> "Invocation":
        """As it was stored."""
        state: Mapping[str, Any] = json.loads(row.state)
        route = state["route"]
        return cls(
            id=row.id,
            payload=row.body,
            **{**state, "route": Route(*route) if route else None},
        )
