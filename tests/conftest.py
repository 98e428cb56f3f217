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


# What takes longest starts first. Tests of the shared stack stay together; so do those of one file.
_ORDER = (
    "stack",
    "test_deploy",
    "test_sam_commands",
    "test_lifecycle",
    "test_three_regions",
    "test_without_history",
)


def _group(item: pytest.Item) -> str:
    return "stack" if "stack" in getattr(item, "fixturenames", ()) else item.path.stem


@pytest.hookimpl(tryfirst=True)  # before the plugin reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With several workers (`make test`): which tests one worker runs after one another."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    rank = {name: place for place, name in enumerate(_ORDER)}
    items.sort(key=lambda item: rank.get(_group(item), len(rank)))
