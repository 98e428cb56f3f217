"""Reads the policy files of cli/deploy/policies."""

import json
from fnmatch import fnmatchcase
from typing import Any

from tests.support.recorder import Recorder
from tests.support.stack import ROOT

FOLDER = ROOT / "cli" / "deploy" / "policies"


def statements(name: str) -> list[dict[str, Any]]:
    """The statements of cli/deploy/policies/<name>.json."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    found: list[dict[str, Any]] = document["Statement"]
    return found


def refused(name: str, actions: set[str]) -> set[str]:
    """The actions that no statement of the policy allows."""
    allowed = [action for each in statements(name) for action in each["Action"]]
    return {action for action in actions if not any(fnmatchcase(action, each) for each in allowed)}


def assert_allowed(name: str, recorder: Recorder) -> None:
    """The policy allows every recorded request."""
    assert recorder.problems == []
    assert recorder.actions
    assert refused(name, recorder.actions) == set()
