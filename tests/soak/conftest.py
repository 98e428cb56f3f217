"""The soak has a stack of its own, with ports that stay free of the others'."""

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
    """How long mishaps happen: `make soak SECONDS=600`."""
    return float(os.environ.get("GLOBALWS_SECONDS") or 60)


@pytest.fixture(scope="session")
def seed() -> int:
    """`make soak SEED=7` throws the same dice again; what they hit depends on timing too."""
    return int(os.environ.get("GLOBALWS_SEED") or 20261123)
