"""The command run in this process, on a deployment that is a fake."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.globalws import invoke
from tests.unit.cli.fake_deployment import FakeDeployment


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> FakeDeployment:
    """Two regions that the command finds."""
    fake = FakeDeployment()
    monkeypatch.setattr("cli.session.choose_target", fake.choose)
    monkeypatch.setattr("cli.session.connect_api", fake.connect)
    return fake


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `globalws` with these arguments and this standard input, which is no terminal."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "dumb")

    def run(*arguments: str, stdin: str | bytes | None = None) -> Ran:
        result = invoke(*arguments, stdin=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run
