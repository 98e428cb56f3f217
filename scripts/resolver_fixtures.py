"""Fixtures of the resolvers: what goes into `request` and `response`, and what must come out.

One JSON file for each file of graphql/, of the shape
`{"code": path, "cases": [{"name", "function", "context", "expected"}]}`. `context` is `ctx` as
AppSync's EvaluateCode takes it, `env` included. `expected` has `result` and, if it changes,
`stash`; or `error` with `message` and `type`. `<ulid>`, `<time>`, `<seconds>` and `<milliseconds>`
stand for a value of that kind.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "fixtures" / "resolvers"

_KINDS = {
    "<ulid>": re.compile(r'"[0-7][0-9A-HJKMNP-TV-Z]{25}"'),
    "<time>": re.compile(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"'),
    "<seconds>": re.compile(r"\d{10}"),
    "<milliseconds>": re.compile(r"\d{13}"),
}


@dataclass(frozen=True)
class Case:
    """One call of one handler."""

    code: Path
    name: str
    function: Literal["request", "response"]
    context: dict[str, Any]
    expected: dict[str, Any]

    @property
    def title(self) -> str:
        """As tests and the script show it."""
        return f"{self.code.name} {self.function}: {self.name}"


def all_cases() -> Iterator[Case]:
    """Every fixture."""
    for path in sorted(FOLDER.glob("*.json")):
        document = json.loads(path.read_text())
        for each in document["cases"]:
            yield Case(ROOT / document["code"], **each)


def disagreement(case: Case, result: Any, stash: Any) -> str | None:
    """What is wrong with an evaluation that ended without an error, or None."""
    if "error" in case.expected:
        return f"no error, expected {case.expected['error']['message']!r}"
    wanted = case.expected.get("stash", case.context.get("stash", {}))
    return difference(case.expected["result"], result) or difference(wanted, stash, "stash")


def difference(expected: Any, actual: Any, where: str = "result") -> str | None:
    """The first place where they differ, or None."""
    if isinstance(expected, str) and expected in _KINDS:
        text = json.dumps(actual)
        return None if _KINDS[expected].fullmatch(text) else f"{where}: {text} is no {expected}"
    if isinstance(expected, dict) and isinstance(actual, dict):
        if expected.keys() != actual.keys():
            return f"{where}: has {sorted(actual)}, expected {sorted(expected)}"
        members = ((key, expected[key], actual[key]) for key in expected)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        members = ((str(n), *pair) for n, pair in enumerate(zip(expected, actual, strict=True)))
    else:
        return None if expected == actual else f"{where}: {actual!r}, expected {expected!r}"
    for key, one, other in members:
        if found := difference(one, other, f"{where}.{key}"):
            return found
    return None
