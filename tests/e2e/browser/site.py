"""The web client as its users meet it: pages in a real browser on the running stack."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from playwright.sync_api import Browser, Locator, Page, expect

from cli.stack_file import RunningStack

OREGON, SYDNEY = "us-west-2", "ap-southeast-2"
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PUBLISH = (
    "mutation ($name: String!, $message: String!) "
    "{ publish(name: $name, message: $message) { id name message publishedAt region } }"
)
_CHANNEL = "query ($name: String!) { getChannel(name: $name) { allowed } }"
_LIVE = re.compile(r"^Live")
SECONDS = 1000  # Playwright counts milliseconds


def chromium() -> str | None:
    """The browser's path, or None."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next(filter(None, found), None)


def launch_arguments() -> list[str]:
    """How Chromium is started."""
    return list(_ARGUMENTS)


@dataclass(frozen=True)
class Site:
    """The client of a running stack."""

    read_stack: Callable[[], RunningStack]
    browser: Browser
    http: requests.Session
    complaints: list[str]

    @property
    def stack(self) -> RunningStack:
        """What runs now."""
        return self.read_stack()

    @property
    def url(self) -> str:
        """Where the client is served."""
        url = self.stack.clientUrl
        assert url is not None, "the stack serves no client: see its log"
        return url

    def open(self, query: str = "", **context: Any) -> Page:
        """A page in a browser profile of its own. What the browser complains of fails the test."""
        page = self.browser.new_context(**context).new_page()
        page.set_default_timeout(30 * SECONDS)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        page.goto(f"{self.url}/{query}")
        return page

    def channel(self, name: str, region: str, **context: Any) -> Page:
        """A page on that channel with that home, live."""
        page = self.open(f"?region={region}&channel={name}", **context)
        expect(state(page)).to_have_text(_LIVE, timeout=60 * SECONDS)
        return page

    def publish(self, region: str, name: str, message: str) -> str:
        """Publishes from outside the browser; returns the id."""
        answer = self.graphql(region, _PUBLISH, {"name": name, "message": message})
        return str(answer["publish"]["id"])

    def graphql(self, region: str, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Runs an operation with the region's API key."""
        endpoint = self.stack.region(region)
        response = self.http.post(
            endpoint.graphqlUrl,
            json={"query": query, "variables": variables},
            headers={"x-api-key": endpoint.apiKey},
            timeout=30,
        )
        answer = response.json()
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    def operate(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Calls the operator's API as the page does."""
        response = self.http.request(
            method, f"{self.url}/_local/operator{path}", json=body, timeout=120
        )
        assert response.status_code == 200, response.text
        return response.json()

    def is_allowed(self, region: str, name: str) -> bool:
        """Whether the region accepts the channel."""
        return bool(self.graphql(region, _CHANNEL, {"name": name})["getChannel"]["allowed"])


def state(page: Page | Locator, label: str = "Subscription") -> Locator:
    """The line that shows the subscription's state."""
    return page.get_by_role("status", name=label, exact=True)


def log(page: Page | Locator) -> Locator:
    """The message board."""
    return page.get_by_role("log")


def message(page: Page | Locator, text: str) -> Locator:
    """The board's row with that text."""
    return log(page).locator("li[data-message-id]").filter(has_text=text)


def texts(page: Page) -> list[str]:
    """The texts on the board, in order."""
    return log(page).locator("li[data-message-id] bdi[dir]").all_inner_texts()


def ids(page: Page) -> list[str]:
    """The ids on the board, in order."""
    rows: list[str] = (
        log(page)
        .locator("li[data-message-id]")
        .evaluate_all("rows => rows.map((row) => row.dataset.messageId)")
    )
    return rows


def send(page: Page | Locator, text: str) -> None:
    """Types into the message form and presses Enter."""
    box = page.get_by_role("textbox").last
    box.fill(text)
    box.press("Enter")
