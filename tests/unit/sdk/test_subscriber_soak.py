"""Random faults in virtual time: every accepted message arrives, none twice, whatever happens."""

from random import Random

import pytest

from tests.unit.sdk.subscriber_scenarios import REGIONS
from tests.unit.sdk.subscriber_virtual import VirtualRunner

STEPS = 150
FAULTS = [
    "cut",
    "cut",
    "kick",
    "down",
    "silence",
    "errors",
    "hold",
    "pause",
    "restart",
    "double",
    "late",
]


class Soak:
    """One seeded run. Messages replicate late, and not while either region is down."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        options = {
            "pageLimit": self.random.choice([1, 3, 50]),
            "holdLimit": self.random.choice([1, 5, 1000]),
            "bufferLimit": self.random.choice([50, 1000]),
        }
        self.runner = VirtualRunner({"options": options, "steps": []}, self.random.random)
        self.world = self.runner.world
        self.accepted: list[str] = []
        self.last: str | None = None

    def publish(self) -> None:
        origin = self.random.choice(REGIONS)
        if self.world.regions[origin].down:
            return
        name = f"m{len(self.accepted)}"
        self.accepted.append(name)
        self.last = name
        self.world.apply({"publish": name, "regions": [origin]})
        other = REGIONS[1 - REGIONS.index(origin)]
        self.runner.later(self.random.uniform(5, 20_000), lambda: self.replicate(name, other))

    def replicate(self, name: str, to: str) -> None:
        if any(region.down for region in self.world.regions.values()):
            self.runner.later(1000, lambda: self.replicate(name, to))
        else:
            self.world.apply({"arrive": name, "regions": [to]})

    def fault(self) -> None:
        region = self.random.choice(REGIONS)
        length = self.random.uniform(10, 60_000)
        match self.random.choice(FAULTS):
            case "cut":
                self.world.apply({"cut": region})
            case "kick":
                self.world.apply({"kick": region})
            case "down":
                self.world.apply({"down": region})
                self.runner.later(length, lambda: self.world.apply({"up": region}))
            case "silence":
                self.world.apply({"silence": region})
                # What a silent server swallowed comes never: the connection is dead for good.
                self.runner.later(length, lambda: self.speak(region))
            case "errors":
                self.mode(region, "error", length)
            case "hold":
                self.mode(region, "hold", length)
            case "pause":
                self.runner.pause(True)
                self.runner.later(length, lambda: self.runner.pause(False))
            case "restart":
                self.runner.restart()
            case "late":
                late = self.random.choice([0, 500, 5_000])
                self.world.apply({"lateStart": late, "region": region})
            case "double" if self.last is not None:
                self.world.apply({"deliver": self.last, "region": region})

    def speak(self, region: str) -> None:
        self.world.apply({"cut": region})
        self.world.apply({"speak": region})

    def mode(self, region: str, mode: str, length: float) -> None:
        self.world.apply({"history": mode, "region": region})
        self.runner.later(length, lambda: self.world.apply({"history": "ok", "region": region}))

    def run(self) -> None:
        self.runner.start()
        self.runner.until("live us")
        for _ in range(STEPS):
            for _ in range(self.random.randrange(8)):
                self.publish()
            if self.random.random() < 0.4:
                self.fault()
            self.runner.wait(self.random.choice([0, 3, 100, 5_000, 30_000]))
        self.runner.wait(200_000)
        messages = [label for label in self.runner.log.labels() if label.startswith("m")]
        assert len(messages) == len(set(messages)), "duplicates"
        assert set(self.accepted) - set(messages) == set(), "lost"
        assert self.runner.log.labels()[-1] in (messages[-1], "live us")


@pytest.mark.parametrize("seed", range(8))
def test_nothing_lost_nothing_twice(seed: int) -> None:
    Soak(seed).run()
