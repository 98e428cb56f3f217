"""Which function is given which sample of events/, and what must come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One run of one function.

    Attributes:
        answer: what the function's answer must contain.
        error: the error that it must fail with instead of answering.
        reason: what its record in the dead-letter queue must name; without it there is no record.
        delivers: whether a subscriber of `tech` gets the event's message.
        ends: whether the subscription of `tech` ends.
    """

    function: str
    event: str
    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    reason: str | None = None
    delivers: bool = False
    ends: bool = False

    def __str__(self) -> str:
        return f"{self.function}-{self.event}"


_DEAD_LETTERED = {"outcome": "dead-lettered"}
_REFUSED = {"outcome": "refused"}

# In this order: Policy finds what Command has written, and the janitor what both have closed.
SAMPLES = (
    Sample("ReplayFunction", "replay", {"outcome": "replayed"}, delivers=True),
    Sample("ReplayFunction", "replay-malformed", _DEAD_LETTERED, reason="detail.id"),
    Sample("PublishFunction", "publish-requested", {"outcome": "published"}, delivers=True),
    Sample("PublishFunction", "publish-requested-malformed", _DEAD_LETTERED, reason="detail.name"),
    Sample("CommandFunction", "purge", {"outcome": "done"}, ends=True),
    Sample("CommandFunction", "purge-malformed", _DEAD_LETTERED, reason="detail.reason"),
    Sample("CommandFunction", "policy-change", {"outcome": "done"}),
    Sample("CommandFunction", "policy-change-malformed", _DEAD_LETTERED, reason="detail.allowed"),
    Sample("CommandFunction", "policy-reset", {"outcome": "done", "policy": "written"}),
    Sample("CommandFunction", "pattern-change", {"outcome": "done", "policy": "written"}),
    Sample("CommandFunction", "pattern-change-malformed", _DEAD_LETTERED, reason="detail.publish"),
    Sample("CommandFunction", "user-change", {"outcome": "done", "subscriptions": "ended"}),
    Sample("CommandFunction", "user-change-malformed", _DEAD_LETTERED, reason="detail.user"),
    Sample("CommandFunction", "grant", {"outcome": "done", "policy": "written"}),
    Sample("CommandFunction", "grant-malformed", _DEAD_LETTERED, reason="detail.operations"),
    Sample("CommandFunction", "purge-user", {"outcome": "done", "subscriptions": "ended"}),
    Sample("CommandFunction", "purge-user-malformed", _DEAD_LETTERED, reason="detail.user"),
    Sample("PolicyFunction", "policy-change", {"outcome": "already written"}),
    Sample("PolicyFunction", "policy-reset", {"outcome": "already written"}),
    Sample("PolicyFunction", "policy-change-malformed", _REFUSED),
    Sample("PolicyFunction", "pattern-change", {"outcome": "already written"}),
    Sample("PolicyFunction", "user-change", {"outcome": "already written"}),
    Sample("PolicyFunction", "grant", {"outcome": "already written"}),
    Sample("PolicyFunction", "purge", {"outcome": "none"}),
    Sample("PolicyFunction", "purge-malformed", _REFUSED),
    Sample("JanitorFunction", "janitor", {"invalidated": 2, "failed": 0, "write_failures": 0}),
    Sample("JanitorFunction", "janitor-malformed", error="InvalidEventError"),
    Sample("PresenceFunction", "presence", {"outcome": "too late"}),
    Sample("PresenceFunction", "presence-malformed", {"outcome": "refused"}),
    Sample("SweepFunction", "sweep", {"leases": 0, "failed": 0}),
    Sample("SweepFunction", "sweep-malformed", error="InvalidEventError"),
)
