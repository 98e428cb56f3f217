"""Every field of the API: how it is called, who may call it, and what it asks the rules for."""

from collections.abc import Sequence
from dataclasses import dataclass

MESSAGE = "id name message publishedAt region publisher"
CLIENTS = frozenset({"api-key", "iam"})
_IAM = frozenset({"iam"})


@dataclass(frozen=True)
class Field:
    """A field of Query, Mutation or Subscription.

    Attributes:
        kind: query, mutation or subscription.
        call: the field with its arguments; `NAME` is the channel, `LEASE` a connection's id.
        selection: of its answer.
        callers: of `api-key` and `iam`; tokens may call what API keys may.
        operation: what the channel's rules must give the caller: publish, subscribe or presence;
            empty if the field asks no rule.
        has_patterns: whether `NAME` may be a pattern.
        can_be_null: whether a refusal of it leaves other fields of the answer alone.
    """

    kind: str
    call: str
    selection: str
    callers: frozenset[str] = CLIENTS
    operation: str = ""
    has_patterns: bool = False
    can_be_null: bool = True

    def called(self, name: str = "tech", lease: str = "01KB4YXW0G8Q2M7R3T5V9XZABC") -> str:
        """The field in a document, for a channel."""
        return f"{self.call} {{ {self.selection} }}".replace("NAME", name).replace("LEASE", lease)

    def document(self, name: str = "tech") -> str:
        """A whole document with the field alone."""
        return f"{self.kind} {{ {self.called(name)} }}"


_LEASE = 'connection: "LEASE", secret: "a secret of the matrix"'
_REPLAYED = (
    'id: "01KB4YXW0G8Q2M7R3T5V9XZABF", name: "NAME", message: "m", '
    'publishedAt: "2026-11-23T10:00:00Z", region: "eu-west-1"'
)
_REQUESTED = 'id: "01KB4YXW0G8Q2M7R3T5V9XZABG", name: "NAME", message: "m"'
_GONE = 'name: "NAME", user: "u", connection: "c", seq: 1'
_COUNTED = 'name: "NAME", action: COUNT, region: "us-west-2", at: "2026-11-23T10:15:00Z"'

FIELDS = {
    "Query.getChannel": Field(
        "query", 'getChannel(name: "NAME")', "name allowed reason updatedAt", has_patterns=True
    ),
    "Query.channels": Field("query", "channels", "name allowed reason updatedAt"),
    "Query.history": Field(
        "query",
        'history(name: "NAME")',
        f"items {{ {MESSAGE} }} nextToken",
        operation="subscribe",
        can_be_null=False,
    ),
    "Query.presence": Field("query", 'presence(name: "NAME")', "nextToken", operation="presence"),
    "Query.occupancy": Field(
        "query", 'occupancy(name: "NAME")', "connections", operation="presence"
    ),
    "Mutation.publish": Field(
        "mutation", 'publish(name: "NAME", message: "m")', MESSAGE, operation="publish"
    ),
    "Mutation.enter": Field(
        "mutation",
        f'enter(name: "NAME", client: "matrix", {_LEASE})',
        "user",
        operation="presence",
    ),
    "Mutation.heartbeat": Field("mutation", f"heartbeat({_LEASE})", "expiresAt"),
    "Mutation.leave": Field("mutation", f'leave(name: "NAME", {_LEASE})', "user"),
    "Mutation.publishFromBus": Field("mutation", f"publishFromBus({_REPLAYED})", MESSAGE, _IAM),
    "Mutation.publishRequested": Field(
        "mutation", f"publishRequested({_REQUESTED})", MESSAGE, _IAM
    ),
    "Mutation.disconnect": Field("mutation", 'disconnect(user: "nobody")', "user", _IAM),
    "Mutation.grant": Field(
        "mutation", 'grant(user: "nobody", channel: "matrix:*", operations: [])', "id", _IAM
    ),
    "Mutation.unsubscribe": Field("mutation", 'unsubscribe(name: "robots")', "name", _IAM),
    "Mutation.announceLeave": Field("mutation", f"announceLeave({_GONE})", "name", _IAM),
    "Mutation.publishPresence": Field(
        "mutation", f"publishPresence({_COUNTED})", "name action", _IAM
    ),
    "Subscription.subscribe": Field(
        "subscription",
        'subscribe(name: "NAME")',
        MESSAGE,
        operation="subscribe",
        has_patterns=True,
    ),
    "Subscription.presenceChanged": Field(
        "subscription", 'presenceChanged(name: "NAME")', "name action", operation="presence"
    ),
}
RULED = {name: field for name, field in FIELDS.items() if field.operation}
OF_IAM = [field for field in FIELDS.values() if field.callers == _IAM]


def aliased(kind: str, calls: Sequence[str]) -> str:
    """A document with all calls in it, as `c0`, `c1`, …"""
    return f"{kind} {{ {' '.join(f'c{at}: {call}' for at, call in enumerate(calls))} }}"
