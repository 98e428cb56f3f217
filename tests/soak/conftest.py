"""The soak's stack, which only it uses."""

import os
from collections.abc import Iterator

import pytest

from tests.support.prepared import local_stack
from tests.support.stack import LocalStack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with local_stack("soak", ("us-west-2", "ap-southeast-2")) as running:
        yield running


@pytest.fixture(scope="session")
def seconds() -> float:
    """Seconds of faults: `make soak SECONDS=600`."""
    return float(os.environ.get("GLOBALWS_SECONDS") or 60)


@pytest.fixture(scope="session")
def seed() -> int:
    """`make soak SEED=7` repeats the choices; their effect depends on timing too."""
    return int(os.environ.get("GLOBALWS_SEED") or 20261123)
