"""The pictures of the documentation. With UPDATE_IMAGES=1 they replace those in docs/images/."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.site import OREGON, SYDNEY, Site, log, message, send, state
from tests.support.stack import ROOT

_DESKTOP = {"width": 1200, "height": 760}
_PAUSE = 350
_TALK = (
    (OREGON, "Morning Sydney, or good night? The release is at 17:00 your time."),
    (SYDNEY, "Morning! Just past 9 here. Coffee first, release second."),
    (OREGON, "Fair. I’ve put the checklist in the repo: 12 steps, 4 of them yours."),
    (SYDNEY, "Seen. Who takes the database step? It was Priya last time."),
    (OREGON, "Priya again, she has the runbook open already."),
    (SYDNEY, "Then we are good. Does the canary stay in us-west-2?"),
    (OREGON, "Yes, 5 % for ten minutes, then all of it."),
    (SYDNEY, "Nice. Shout here when you start, I’ll watch the dashboards."),
)


_KEPT = os.environ.get("UPDATE_IMAGES") == "1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if not _KEPT:
        return tmp_path
    images = ROOT / "docs" / "images"
    images.mkdir(exist_ok=True)
    return images


def _pause(page: Page, milliseconds: int = _PAUSE) -> None:
    """Matters only to pictures that people will see: what comes at its time, and is at rest."""
    if _KEPT:
        page.wait_for_timeout(milliseconds)


def _take(page: Page, folder: Path, name: str) -> None:
    page.mouse.move(0, 0)
    _pause(page)
    page.screenshot(path=folder / f"{name}.png", animations="disabled", caret="hide")


def test_images_of_a_conversation(site: Site, folder: Path) -> None:
    oregon = site.open(f"?region={OREGON}&channel=tech&user=alice", viewport=_DESKTOP)
    sydney = site.open(f"?region={SYDNEY}&channel=tech&user=bob", viewport=_DESKTOP)
    for page in (oregon, sydney):
        expect(state(page)).to_contain_text("Live", timeout=60_000)
    both = site.open("?view=regions&channel=tech", viewport=_DESKTOP)
    for name in ("Oregon", "Sydney"):
        expect(state(both, f"Subscription in {name}")).to_contain_text("Live")
    # The functions are started by their first event, which is not what the pictures are about.
    for region in (OREGON, SYDNEY):
        site.publish(region, "music", "warming up")
    _pause(both, 5_000)
    # Two users beside each other; each message shows who published it.
    columns = {}
    for region, name, user in ((OREGON, "Oregon", "alice"), (SYDNEY, "Sydney", "bob")):
        both.get_by_label(f"User in {name}").select_option(user)
        expect(state(both, f"Subscription in {name}")).to_contain_text("Live")
        columns[region] = both.get_by_role("region", name=name, exact=True)
    for region, text in _TALK:
        send(columns[region], text)
        expect(message(oregon, text)).to_be_visible()
        _pause(oregon)
    assert log(oregon).locator("li[data-message-id]").count() == len(_TALK)
    for column in columns.values():
        expect(message(column, _TALK[-1][1])).to_be_visible()
    for name in ("you", "bob"):
        expect(oregon.get_by_label("Who is here")).to_contain_text(name)
    _take(oregon, folder, "client-light")
    _take(both, folder, "side-by-side-light")


def test_image_of_the_operators_view(site: Site, folder: Path) -> None:
    page = site.open("?view=operator&channel=tech", viewport=_DESKTOP)
    expect(page.get_by_role("button", name="Take down Oregon")).to_be_enabled()
    expect(page.get_by_role("row", name="tech")).to_be_visible()
    _take(page, folder, "operator")
