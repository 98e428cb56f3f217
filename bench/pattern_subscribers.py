"""What subscribers to patterns cost the subscribers to the channel itself, at each publish."""

import time

from emulator.appsync.filters import parse_filter
from emulator.appsync.selection import Projection
from emulator.appsync.subscriptions import FieldIndex, Group, Subscription

EXACT = 10_000
PATTERNS = 100
_ROUNDS = 40
_EVENT = {"name": "chat:1"}
_TAIL = b"x" * 400


class _Listener:
    """A subscriber that lives in memory: fan-out without a network."""

    def deliver(self, frame: bytes) -> None:
        pass


def run() -> dict[str, float]:
    """Milliseconds of processor time to find and serve 10,000, alone and beside 100 of patterns.

    Half of the patterns cover the channel, the others are all different. `ratio` compares the best
    rounds, which alternate.
    """
    group = Group(("all",), Projection.__new__(Projection))  # nothing is rendered here
    alone, beside = FieldIndex(), FieldIndex()
    for index in (alone, beside):
        for number in range(EXACT):
            index.add(_subscription(group, number, "eq", "chat:1"))
    for number in range(PATTERNS):
        prefix = "chat:" if number % 2 else f"orders{number}:"
        beside.add(_subscription(group, EXACT + number, "beginsWith", prefix))
    rounds = [(_serve(alone), _serve(beside)) for _ in range(_ROUNDS)]
    best_alone, best_beside = (min(each) for each in zip(*rounds, strict=True))
    return {
        "alone_ms": round(best_alone, 2),
        "beside_patterns_ms": round(best_beside, 2),
        "ratio": round(best_beside / best_alone, 3),
    }


def _subscription(group: Group, number: int, operator: str, value: str) -> Subscription:
    rule = {"fieldName": "name", "operator": operator, "value": value}
    found = parse_filter({"filterGroup": [{"filters": [rule]}]})
    return Subscription(str(number), "subscribe", _Listener(), group, found)


def _serve(index: FieldIndex) -> float:
    started = time.process_time_ns()
    for _, members in index.matching(_EVENT):
        for each in members:
            each.subscriber.deliver(b"".join((b"head", each.prefix, _TAIL)))
    return (time.process_time_ns() - started) / 1e6
