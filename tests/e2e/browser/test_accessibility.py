"""Keyboard, screen readers, contrast: axe on every view, light and dark."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.site import OREGON, Site, log, message, send, state
from tests.support.stack import ROOT

_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line each."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{each['id']}: {node['html'][:150]} {json.dumps(node['failureSummary'])[:300]}"
        for each in found
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["channel", "regions", "operator"])
def test_axe_finds_nothing(site: Site, channel: str, view: str, scheme: str) -> None:
    page = site.open(f"?view={view}&channel={channel}&region={OREGON}", color_scheme=scheme)
    if view == "operator":
        expect(page.get_by_role("button", name="Take down Oregon")).to_be_enabled()
        page.get_by_role("button", name="Look for dead letters").click()
        expect(page.get_by_role("status", name="Outcome")).to_contain_text("dead letter")
    else:
        expect(page.get_by_text("Live").first).to_be_visible()
        send(page, "read this aloud \u202e please")
        expect(message(page, "read this aloud").first).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_in_a_refusal(site: Site) -> None:
    page = site.open(f"?channel=knitting&region={OREGON}")
    expect(state(page)).to_contain_text("Refused")
    send(page, "hello?")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []


def test_the_keyboard_suffices(site: Site, channel: str) -> None:
    page = site.channel(channel, OREGON)
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('role') ?? document.activeElement.tagName"
            )
        )
        if reached[-1] == "TEXTAREA":
            break
    assert "log" in reached, "the board can be scrolled by keyboard"
    page.keyboard.type("typed without a mouse")
    page.keyboard.press("Enter")
    expect(message(page, "typed without a mouse")).to_be_visible()
    expect(log(page)).to_have_attribute("aria-label", f"Messages of {channel}")


@pytest.mark.parametrize("view", ["channel", "regions", "operator"])
def test_nothing_is_cut_off_on_a_phone(site: Site, channel: str, view: str) -> None:
    page = site.open(f"?view={view}&channel={channel}", viewport={"width": 320, "height": 640})
    expect(page.get_by_role("main")).to_be_visible()
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


# Room for a label of the select, and the width of each label there.
_LABELS = """(select, labels) => {
  const style = getComputedStyle(select);
  const context = document.createElement('canvas').getContext('2d');
  context.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return labels.filter((label) => context.measureText(label).width > room);
}"""


@pytest.mark.parametrize("width", [320, 360, 390])
def test_region_names_are_whole_on_a_phone(site: Site, channel: str, width: int) -> None:
    viewport = {"width": width, "height": 640}
    page = site.open(f"?region={OREGON}&channel={channel}", viewport=viewport)
    picker = page.get_by_label("Region", exact=True)
    expect(picker.locator("option").nth(1)).to_contain_text("ms")
    labels = picker.locator("option").all_inner_texts()
    longest = ["Melbourne (ap-southeast-4) – no answer", "N. California (us-west-1) – no answer"]
    assert picker.evaluate(_LABELS, [*labels, *longest]) == []
