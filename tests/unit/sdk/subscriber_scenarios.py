"""The shared scenario files: reading them, and what every runner of them has in common."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from globalws_client.options import Beginning, Options
from globalws_client.types import Event, MessageEvent, StateEvent

Json = dict[str, Any]

FOLDER = Path(__file__).parents[3] / "sdk" / "scenarios"
REGIONS = ["us", "au"]
BEGINNINGS = ("after", "replayMs", "rewind")
# Short times, so that the same files also run against real servers in real time.
OPTIONS: Json = {
    "keepAliveMs": 500,
    "connectTimeoutMs": 1000,
    "startTimeoutMs": 1000,
    "historyTimeoutMs": 3000,
    "backoffBaseMs": 50,
    "backoffCapMs": 400,
    "failoverMs": 5000,
    "homeProbeMs": 400,
    "stableMs": 200,
}


def load(*, real: bool = False) -> dict[str, Json]:
    """The scenarios by file name; with `real` only those that also run in real time."""
    files = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
    return {name: s for name, s in files.items() if s.get("real") or not real}


def _snake(name: str) -> str:
    return "".join("_" + char.lower() if char.isupper() else char for char in name)


def options_of(scenario: Json, **more: Any) -> Options:
    """The client's options."""
    given = OPTIONS | scenario.get("options", {})
    names = {key: value for key, value in given.items() if key not in BEGINNINGS}
    return Options(**{_snake(key): value for key, value in names.items()} | more)


def beginning_of(scenario: Json, message_id: Callable[[str], str]) -> Beginning:
    """Where its subscriptions begin; `after` names a message."""
    given = {k: v for k, v in scenario.get("options", {}).items() if k in BEGINNINGS}
    if "after" in given:
        given["after"] = message_id(given["after"])
    return Beginning(**{_snake(key): value for key, value in given.items()})


def channels_of(scenario: Json) -> list[str]:
    """The channels that its client subscribes to."""
    count = scenario.get("channels")
    if count:
        return [f"c{number}" for number in range(count)]
    return [scenario.get("channel", "tech")]


def label(event: Event) -> str:
    """An event as the files write it."""
    if isinstance(event, MessageEvent):
        return event.message.message
    return _state_label(event)


def _state_label(event: StateEvent) -> str:
    words = [event.state, event.region]
    if event.gap:
        words.append("gap")
    if event.state == "refused":
        words.append(str(event.error_type))
    return " ".join(words)


def collapsed(labels: list[str]) -> list[str]:
    """Without repetitions in a row: how often something was tried is no matter of outcome."""
    return [x for i, x in enumerate(labels) if i == 0 or labels[i - 1] != x]


class Log:
    """What the consumer saw, and how far the scenario has looked at it."""

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._until = 0
        self._expected = 0

    def add(self, text: str) -> None:
        """The consumer saw this."""
        self._labels.append(text)

    def labels(self) -> list[str]:
        """All of it."""
        return list(self._labels)

    def reached(self, text: str) -> bool:
        """Whether it came since the last time that this returned True."""
        if text not in self._labels[self._until :]:
            return False
        self._until = self._labels.index(text, self._until) + 1
        return True

    def since_expected(self) -> list[str]:
        """What came since this was asked the last time."""
        labels, self._expected = self._labels[self._expected :], len(self._labels)
        return collapsed(labels)

    def __str__(self) -> str:
        return repr(self._labels)
