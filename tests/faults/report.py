"""The fault suite's report: a row for each fault."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.support.stack import ROOT

FOLDER = ROOT / "test-results"
_HEADINGS = {
    "fault": "fault",
    "accepted": "accepted",
    "refused": "refused, sent again",
    "delivered": "delivered in every region",
    "in_queues": "in queues",
    "redriven": "redriven",
    "poison": "poison, kept",
    "twice": "twice",
    "lost": "lost",
    "seconds": "seconds",
}
_INTRODUCTION = """\
# Faults

Each row is one test of `tests/faults/` on the two-region stack. A message counts as *accepted* when
its publisher got data back, as *delivered* when a subscriber in every region got it, *in queues*
counts the dead letters when the fault was over and before they were redriven, and *lost* what was
accepted and had not reached a subscriber of every region in the end.
"""


@dataclass(frozen=True)
class Row:
    """The counts of one fault's test."""

    fault: str
    accepted: int
    refused: int
    delivered: int
    in_queues: int
    redriven: int
    poison: int
    twice: int
    lost: int
    seconds: float
    note: str = ""


def write(rows: Sequence[Row], folder: Path = FOLDER) -> None:
    """Write faults.json and faults.md."""
    folder.mkdir(exist_ok=True)
    documents = [asdict(row) for row in rows]
    (folder / "faults.json").write_text(json.dumps({"faults": documents}, indent=2) + "\n")
    lines = [
        _INTRODUCTION,
        "| " + " | ".join(_HEADINGS.values()) + " |",
        "|---" + "|--:" * (len(_HEADINGS) - 1) + "|",
        *("| " + " | ".join(str(row[key]) for key in _HEADINGS) + " |" for row in documents),
    ]
    notes = [f"- {row.fault}: {row.note}" for row in rows if row.note]
    (folder / "faults.md").write_text("\n".join([*lines, "", *notes]).rstrip() + "\n")
