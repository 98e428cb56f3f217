"""A browser for each file, one stack for all, and a channel of its own for each test."""

import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect, sync_playwright

from cli.stack_file import RunningStack
from tests.e2e.browser.site import OREGON, SYDNEY, Site, chromium, launch_arguments
from tests.support.stack import LocalStack

_PROPAGATION_SECONDS = 60.0
_PATIENCE_MILLISECONDS = 30_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks this folder's tests; the first of them also waits for the stack."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.stack)
            item.add_marker(pytest.mark.timeout(400))


# Not for the whole session: while it is open, this thread has a running event loop, and no
# asynchronous test of another file can run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    path = chromium()
    if path is None:
        reason = "no Chromium: install it, or name it in the variable CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=_PATIENCE_MILLISECONDS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=launch_arguments())
        yield browser
        browser.close()


@pytest.fixture
def site(browser: Browser, stack: LocalStack) -> Iterator[Site]:
    """The client; its pages are closed after the test, and must not have complained."""
    complaints: list[str] = []

    def read_stack() -> RunningStack:
        return stack.running

    with requests.Session() as http:
        http.trust_env = False
        yield Site(read_stack, browser, http, complaints)
    for context in browser.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def channel(site: Site) -> str:
    """A channel that no other test uses, allowed in both regions."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    site.operate("PUT", f"/channels/{name}/policy", {"allowed": True, "reason": "a test"})
    deadline = time.monotonic() + _PROPAGATION_SECONDS
    while not all(site.is_allowed(region, name) for region in (OREGON, SYDNEY)):
        assert time.monotonic() < deadline, f"{name} is not allowed everywhere"
        time.sleep(0.1)
    return name
