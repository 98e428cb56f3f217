"""Fixtures for every test folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import LocalStack, local_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The two-region stack, started once for all tests that ask for it.

    With GLOBALWS_STACK_FILE the stacks that the file describes take its place; they may run on AWS,
    where nothing can be killed and no fault injected (`make conformance TARGET=aws`).
    """
    given = os.environ.get("GLOBALWS_STACK_FILE")
    if given:
        yield LocalStack(Path(given), Path(given).parent, None)
        return
    with local_stack("test", ("us-west-2", "ap-southeast-2")) as running:
        yield running
