"""What became of a message, step by step, read out of log lines of both regions. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from globalws_functions.domain.json_text import read_json
from globalws_functions.domain.redrive import redrive_of

from cli.domain.changes import epoch

REDRIVEN = "redriven"
# Of a function's log line: what a reader of the trace wants beside the message.
_SHOWN = ("channel", "origin", "lag_ms", "reason", "run", "decision")


@dataclass(frozen=True)
class Step:
    """One thing that happened: `at` is epoch seconds, `source` what wrote it down."""

    at: float
    region: str
    source: str
    what: str
    details: Mapping[str, Any] = field(default_factory=dict)

    def document(self, begin: float) -> dict[str, Any]:
        """As JSON documents show it; `afterMs` counts from the first step."""
        return {
            "at": self.at,
            "afterMs": round((self.at - begin) * 1000, 1),
            "region": self.region,
            "source": self.source,
            "step": self.what,
            **({"details": dict(self.details)} if self.details else {}),
        }


def steps_of_line(region: str, source: str, milliseconds: int, text: str) -> list[Step]:
    """What a line of a log group tells; a line that is not JSON is shown as it is.

    The line of a function whose event was redriven also tells of the dead letter.
    """
    try:
        record = read_json(text)
    except ValueError:
        record = None
    if not isinstance(record, Mapping):
        return [Step(milliseconds / 1000, region, source, text.strip())]
    what = str(record.get("message") or record.get("logType") or "log line")
    shown = {key: record[key] for key in _SHOWN if record.get(key)}
    step = Step(milliseconds / 1000, region, source, what, shown)
    return [*_steps_of_redrive(step, redrive_of(record)), step]


def step_of_dead_letter(region: str, queue: str, reason: str, at: float) -> Step:
    """That the message came into a dead-letter queue (`bus` or `function`), and why."""
    return Step(at, region, f"{queue} queue", "dead-lettered", {"reason": reason})


def _steps_of_redrive(step: Step, mark: Mapping[str, str] | None) -> list[Step]:
    died = epoch(mark["deadLetteredAt"]) if mark else None
    if mark is None or died is None:
        return []
    queue = f"{mark['queue']} queue"
    return [
        step_of_dead_letter(mark["region"], mark["queue"], mark["reason"], died),
        Step(step.at, mark["region"], queue, REDRIVEN, {"since": mark["deadLetteredAt"]}),
    ]


def step_of_record(region: str, record: Mapping[str, Any]) -> Step:
    """The step that the local stack's region process noted."""
    rest = {
        key: value for key, value in record.items() if key not in ("at", "region", "step") and value
    }
    if "subscribers" in record:
        rest["subscribers"] = record["subscribers"]
    return Step(float(record["at"]), region, "region process", str(record["step"]), rest)


def in_order(steps: Iterable[Step]) -> list[Step]:
    """By time, each once; the regions' clocks may disagree by some milliseconds.

    Every line of a redriven event tells of the same dead letter, and of the redrive.
    """
    found: dict[tuple[object, ...], Step] = {}
    for step in sorted(steps, key=lambda step: step.at):
        at = None if step.what == REDRIVEN else round(step.at, 3)
        found.setdefault((step.region, step.source, step.what, str(step.details), at), step)
    return list(found.values())
