"""Fixtures for the functions."""

import pytest

from tests.unit.functions.apply_fakes import Fakes


@pytest.fixture
def fakes() -> Fakes:
    """A region in memory."""
    return Fakes()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials as Lambda has them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
