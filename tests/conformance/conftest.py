"""The target of the conformance suite: the local data plane, in a process of its own.

Every test speaks to `target` alone, so that a deployed API can take its place.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.clients import Target

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def target() -> Iterator[Target]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.serve"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, "the server did not start"
        yield Target.local(json.loads(line)["port"])
    finally:
        process.terminate()
        code = process.wait(timeout=10)
        process.stdout.close()
    assert code == 0, "the server did not shut down cleanly"
