"""Fixtures for every test folder."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.support import botocore_models, leaks
from tests.support.aws import close_connections
from tests.support.leaks import no_pending_tasks  # noqa: F401 - a fixture
from tests.support.lifecycle import OwnStack
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The two-region stack, started once for all tests that use it.

    With GLOBALWS_STACK_FILE the stacks that the file describes take its place; they may run on AWS,
    where nothing can be killed and no fault injected (`make conformance TARGET=aws`).
    """
    given = os.environ.get("GLOBALWS_STACK_FILE")
    if given:
        yield LocalStack(Path(given), Path(given).parent, None)
        return
    with local_stack("test", ("us-west-2", "ap-southeast-2")) as running:
        yield running


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnStack]:
    """A stack that the test starts, breaks and ends; it is deployed already."""
    stack = OwnStack(tmp_path / "state")
    stack.prepare()
    yield stack
    stack.end()


@pytest.fixture(autouse=True)
def _aws_connections() -> Iterator[None]:
    """Close what the test has opened with `aws_client`."""
    yield
    close_connections()


# With several workers (`make test`) a file's tests run one after another in one of them, and what
# needs a running stack, which takes longest, starts first. Each worker has a stack.
_FIRST = ("tests/deploy", "tests/e2e", "tests/conformance", "tests/integration")


# Hypothesis uses the same examples in each run, without a time limit; `make fuzz` tries new ones.
settings.register_profile("tests", deadline=None, derandomize=True)
# `make breaks` asks only whether a test fails: to look for a smaller example takes minutes.
settings.register_profile(
    "mutations",
    settings.get_profile("tests"),
    phases=[phase for phase in Phase if phase not in (Phase.shrink, Phase.explain)],
    report_multiple_bugs=False,
)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    """Fail each test that leaves something open; read AWS's service descriptions once."""
    leaks.start(config)
    botocore_models.keep()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the groups for several workers; a single worker keeps pytest's order."""
    leaks.watch_tasks(items)
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return

    def rank(item: pytest.Item) -> int:
        return next((n for n, folder in enumerate(_FIRST) if item.nodeid.startswith(folder)), 9)

    items.sort(key=rank)
