"""Fixtures for every test folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import leaks
from tests.support.aws import close_connections
from tests.support.leaks import no_pending_tasks  # noqa: F401 - a fixture
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack


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


@pytest.fixture(autouse=True)
def _aws_connections() -> Iterator[None]:
    """What a test has opened by `aws_client` is closed with it."""
    yield
    close_connections()


# With several workers (`make test`) what takes longest starts first.
_OWN_STACK = (
    "test_deploy",
    "test_sam_commands",
    "test_lifecycle",
    "test_three_regions",
    "test_without_history",
    "test_keys",
)
_SHARED_STACK = "shared stack"


def _group(nodeid: str) -> str:
    """What one worker runs by itself: all that use the fixture `stack`, or else a file."""
    path = nodeid.split("::", 1)[0]
    shared = path.startswith("tests/e2e/") and Path(path).stem not in _OWN_STACK
    return _SHARED_STACK if shared else path


def pytest_configure(config: pytest.Config) -> None:
    """Each test answers for what it leaves behind."""
    leaks.start(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order in which the workers get the groups; one worker alone keeps pytest's own."""
    leaks.watch_tasks(items)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return

    def rank(item: pytest.Item) -> int:
        if _group(item.nodeid) == _SHARED_STACK:
            return 0
        stem = item.path.stem
        return 1 + (_OWN_STACK.index(stem) if stem in _OWN_STACK else len(_OWN_STACK))

    items.sort(key=rank)


# By hand, because `--dist loadgroup` groups nothing with this pytest (pytest-xdist issue 1386).
@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hands out groups, each to one worker."""
    from xdist.scheduler import LoadScopeScheduling

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    return Groups(config, log)
