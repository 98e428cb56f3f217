"""The load tests' stack, which only they use, and their report."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.prepared import local_stack
from tests.support.stack import ROOT, LocalStack

_FOLDER = ROOT / "test-results"


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with local_stack("load", ("us-west-2", "ap-southeast-2")) as running:
        yield running


@pytest.fixture(scope="session")
def seconds() -> float:
    """Seconds of load: `make load SECONDS=600`."""
    return float(os.environ.get("GLOBALWS_SECONDS") or 60)


@pytest.fixture(scope="session")
def metrics() -> Iterator[dict[str, dict[str, Any]]]:
    """Test → metric → value; written to test-results/load.json and load.md."""
    found: dict[str, dict[str, Any]] = {}
    yield found
    _FOLDER.mkdir(exist_ok=True)
    (_FOLDER / "load.json").write_text(json.dumps(found, indent=2) + "\n")
    lines = ["# Load", ""]
    for name, values in found.items():
        lines += [f"## {name}", "", *(f"- {key}: {value}" for key, value in values.items()), ""]
    text = "\n".join(lines)
    (_FOLDER / "load.md").write_text(text)
    print("\n" + text)
