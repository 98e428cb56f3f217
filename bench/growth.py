"""Growth: more subscribers on a channel, more channels, more subscriptions on a connection, and
what an idle subscription takes.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

from bench.fanout import RAW_SIZE, server_of
from bench.load import Load, Outcome, put_on
from bench.subscribers import Audience, subscribed

_LIMITS = ("raw", "send")


@dataclass(frozen=True)
class Sizes:
    """How much is done. Growth is judged from `fewer` to `most` subscribers of one channel, which
    take turns for so many `rounds`; `few` are measured once, to show a publish's own share.
    """

    few: tuple[int, ...]
    fewer: int
    most: int
    deliveries: int
    rounds: int

    def load(self, subscribers: int) -> Load:
        """A load of about as many deliveries whatever the audience."""
        messages = max(20, min(1_500, self.deliveries // subscribers))
        return Load(messages, warm_up=10)


FULL = Sizes((10, 100), 1_000, 10_000, deliveries=150_000, rounds=5)
SMALL = Sizes((), 300, 3_000, deliveries=60_000, rounds=3)


@dataclass(frozen=True)
class Delivery:
    """CPU µs that one delivery more takes: the server's own code, and the kernel for it; and how
    long a message was under way to the slowest hundredth.
    """

    own: float
    kernel: float
    p99_ms: float

    @classmethod
    def of(cls, outcome: Outcome, base: "Delivery | None" = None) -> "Delivery":
        """What a delivery took; with `base`, a publish to one subscriber, without the publish."""
        count = outcome.subscriptions
        kernel = outcome.kernel_us_per_delivery * count
        own = outcome.cpu_us_per_delivery * count - kernel
        if base is not None and count > 1:
            own, kernel, count = own - base.own, kernel - base.kernel, count - 1
        return cls(round(own / count, 2), round(kernel / count, 2), outcome.p99_ms)

    @property
    def cpu(self) -> float:
        """Both."""
        return round(self.own + self.kernel, 2)


def run(sizes: Sizes = FULL) -> dict[str, Any]:
    """Every kind of growth."""
    one = _put(1, Load(messages=1_000, warm_up=200, repeats=3))
    base = Delivery.of(one)
    few = [_put(size, replace(sizes.load(size), repeats=3)) for size in sizes.few]
    turns = _turns(sizes, base, _LIMITS)
    channels = _channels(sizes.most)
    return {
        "publish_to_one": asdict(one),
        "few": [asdict(each) | {"delivery": asdict(Delivery.of(each, base))} for each in few],
        "audiences": [sizes.fewer, sizes.most],
        "rounds": [
            {kind: [asdict(each) for each in pair] for kind, pair in turn.items()} for turn in turns
        ],
        "best": {kind: [asdict(each) for each in _best(turns, kind)] for kind in turns[0]},
        "channels": channels,
        "connections": _connections(min(1_000, sizes.most)),
        "ratios": _ratios(turns, channels)
        | {f"{kind}_own_code_most_to_fewer": _growth_of_own_code(turns, kind) for kind in turns[0]},
    }


def run_small() -> dict[str, Any]:
    """What the quick check looks at: the ratios alone, of small audiences."""
    one = _put(1, Load(messages=300, warm_up=100, repeats=2))
    turns = _turns(SMALL, Delivery.of(one), ("send",))
    return {"ratios": _ratios(turns, _channels(SMALL.most, messages=250, rounds=4))}


_Turn = dict[str, tuple[Delivery, Delivery]]


def _turns(sizes: Sizes, base: Delivery, limits: tuple[str, ...]) -> list[_Turn]:
    """Both audiences on ours and on the `limits`, by turns: the machine's speed changes within
    minutes, and each is to meet its good and its bad ones. All run from the start.
    """
    with ExitStack() as exits:
        standing = [
            (kind, size, exits.enter_context(_standing(kind, size)))
            for kind in ("globalws", *limits)
            for size in (sizes.fewer, sizes.most)
        ]
        turns = []
        for _ in range(sizes.rounds):
            pairs: dict[str, list[Delivery]] = {}
            for kind, size, stands in standing:
                load = sizes.load(size)
                if kind == "globalws":
                    found = Delivery.of(stands.put(load), base)
                else:
                    found = Delivery.of(stands.put(replace(load, size=RAW_SIZE)))
                pairs.setdefault(kind, []).append(found)
            turns.append({kind: (pair[0], pair[1]) for kind, pair in pairs.items()})
        return turns


@dataclass(frozen=True)
class _Standing:
    """A server with its audience. `taken` is what the subscriptions took of memory, in MiB, before
    anything was published.
    """

    put: Callable[[Load], Outcome]
    taken: float


@contextmanager
def _standing(
    kind: str, connections: int, each: int = 1, spread: bool = False
) -> Iterator[_Standing]:
    with server_of(kind) as server:
        empty = server.memory()[0]
        audience = Audience(
            server.port, connections, each, spread=spread, key=server.ready.get("key")
        )
        with subscribed(audience) as process:
            taken = server.memory()[0] - empty
            yield _Standing(lambda load: put_on(server, audience, process, load), taken)


def _best(turns: list[_Turn], kind: str) -> tuple[Delivery, Delivery]:
    """Of all rounds the least counts: whatever else runs only makes it worse."""

    def least(most: int) -> Delivery:
        return min((turn[kind][most] for turn in turns), key=lambda each: each.cpu)

    return least(0), least(1)


def _growth_of_own_code(turns: list[_Turn], kind: str) -> float:
    """From median to median: how much of a load's time was whose, Linux only samples. Of the quick
    check's short loads it may sample none.
    """
    fewer, most = (median(turn[kind][at].own for turn in turns) for at in (0, 1))
    return round(most / fewer, 3)


def _ratios(turns: list[_Turn], channels: list[dict[str, Any]]) -> dict[str, float]:
    ratios = {}
    for kind in turns[0]:
        fewer, most = _best(turns, kind)
        ratios[f"{kind}_most_to_fewer"] = round(most.cpu / fewer.cpu, 3)
    # What else uses the machine's memory makes both grow: only what ours grows beyond it is ours.
    if "send" in turns[0]:
        ratios["most_to_fewer_to_send"] = round(
            ratios["globalws_most_to_fewer"] / ratios["send_most_to_fewer"], 3
        )
    publishes = [each["cpu_us_per_publish"] for each in channels]
    return ratios | {"publish_most_channels_to_10": round(publishes[-1] / publishes[0], 3)}


def _put(connections: int, load: Load) -> Outcome:
    with _standing("globalws", connections) as standing:
        return standing.put(load)


def _channels(most: int, messages: int = 500, rounds: int = 9) -> list[dict[str, Any]]:
    """A publish with few channels and with many, each with one subscriber, by turns too."""
    sizes = (10, most)
    load = Load(messages, warm_up=messages // 8)
    with ExitStack() as exits:
        standing = [exits.enter_context(_standing("globalws", size, spread=True)) for size in sizes]
        turns = [[each.put(load) for each in standing] for _ in range(rounds)]
    return [
        asdict(min(outcomes, key=lambda each: each.cpu_us_per_publish))
        | {"channels": size, "kib_per_subscription": _kib(each.taken, size)}
        for size, each, outcomes in zip(sizes, standing, zip(*turns, strict=True), strict=True)
    ]


def _connections(total: int) -> list[dict[str, Any]]:
    """As many subscriptions on ever fewer connections."""
    found = []
    for each in (1, 10, 100):
        load = Load(messages=100, publishers=2, repeats=3)
        with _standing("globalws", total // each, each) as standing:
            found.append(
                asdict(standing.put(load))
                | {
                    "connections": total // each,
                    "subscriptions_each": each,
                    "kib_per_subscription": _kib(standing.taken, total),
                }
            )
    return found


def _kib(mib: float, count: int) -> float:
    return round(mib * 1024 / count, 2)
