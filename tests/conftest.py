"""Fixtures for every test folder."""

from collections.abc import Iterator

import pytest

from tests.support.stack import LocalStack, local_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The two-region stack, started once for all tests that ask for it."""
    with local_stack("test", ("us-west-2", "ap-southeast-2")) as running:
        yield running
