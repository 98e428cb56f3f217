"""The soak's report: the faults and the outcome."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.support.stack import ROOT

FOLDER = ROOT / "test-results"


@dataclass(frozen=True)
class Received:
    """One subscription's outcome; `missing`, `twice` and `unknown` must be 0."""

    subscription: str
    expected: int
    received: int
    missing: int
    twice: int
    unknown: int
    live: int
    failed_over: int
    gaps: int
    kills: int


@dataclass
class SoakReport:
    """The whole report."""

    seed: int
    seconds: float
    accepted: int = 0
    failed_calls: int = 0
    publisher_starts: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    duplicates_dropped: int = 0
    dead_letters: int = 0
    redriven: int = 0
    history: dict[str, int] = field(default_factory=dict)
    subscriptions: list[Received] = field(default_factory=list)
    settled_seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Accepted messages that a subscription did not receive."""
        return sum(each.missing for each in self.subscriptions)

    @property
    def twice(self) -> int:
        """Messages that a subscription received more than once."""
        return sum(each.twice for each in self.subscriptions)

    def text(self) -> str:
        """The report as Markdown."""
        headings = list(Received.__dataclass_fields__)
        rows = [list(asdict(each).values()) for each in self.subscriptions]
        lines = [
            "# Soak",
            "",
            f"Seed {self.seed}, {self.seconds:.0f} s of faults, "
            f"settled {self.settled_seconds:.0f} s after they ended.",
            "",
            f"- accepted messages: {self.accepted}; publishers' calls that failed: "
            f"{self.failed_calls}; publisher processes started: {self.publisher_starts}",
            "- faults: " + ", ".join(f"{name} {n}" for name, n in sorted(self.faults.items())),
            f"- dead letters: {self.dead_letters}, redriven: {self.redriven}",
            "- in history: " + ", ".join(f"{name} {n}" for name, n in self.history.items()),
            f"- **lost: {self.lost}, received twice: {self.twice}**",
            "",
            "| " + " | ".join(heading.replace("_", " ") for heading in headings) + " |",
            "|---" + "|--:" * (len(headings) - 1) + "|",
            *("| " + " | ".join(map(str, row)) + " |" for row in rows),
        ]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path = FOLDER) -> None:
        """Write soak.json and soak.md, and print soak.md."""
        folder.mkdir(exist_ok=True)
        document = asdict(self) | {"lost": self.lost, "twice": self.twice}
        (folder / "soak.json").write_text(json.dumps(document, indent=2) + "\n")
        (folder / "soak.md").write_text(self.text())
        print("\n" + self.text())
