"""Keyboard, screen readers, contrast: axe on every view, light and dark."""

import json
from typing import Literal

from playwright.sync_api import Page, expect

from tests.e2e.browser.site import OREGON, Site, log, message, send, state
from tests.support.stack import ROOT

_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


VIEWS = ("channel", "regions", "operator")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line each."""
    page.evaluate(_AXE.read_text())
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [
        f"{each['id']}: {node['html'][:150]} {json.dumps(node['failureSummary'])[:300]}"
        for each in found
        for node in each["nodes"]
    ]


# One page for many states of it: to start a page anew costs several times what axe does.
def test_axe_finds_nothing(site: Site, channel: str) -> None:
    page = site.open(f"?view=channel&channel={channel}&region={OREGON}")
    found = {}
    for view in VIEWS:
        page.goto(f"{site.url}/?view={view}&channel={channel}&region={OREGON}")
        if view == "operator":
            expect(page.get_by_role("button", name="Take down Oregon")).to_be_enabled()
            page.get_by_role("button", name="Look for dead letters").click()
            expect(page.get_by_role("status", name="Outcome")).to_contain_text("dead letter")
        else:
            expect(page.get_by_text("Live").first).to_be_visible()
            send(page, f"read this aloud \u202e please, {view}")
            expect(message(page, f"please, {view}").first).to_be_visible()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
            found[view, scheme] = violations(page)
    assert {state: lines for state, lines in found.items() if lines} == {}


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


# Room for a label of the select, and the width of each label there.
_LABELS = """(select, labels) => {
  const style = getComputedStyle(select);
  const context = document.createElement('canvas').getContext('2d');
  context.font = style.font;
  const room = select.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return labels.filter((label) => context.measureText(label).width > room);
}"""


def test_a_phone_shows_the_whole_page_and_whole_region_names(site: Site, channel: str) -> None:
    page = site.open(f"?view=channel&channel={channel}&region={OREGON}")
    wide = {}
    for view in reversed(VIEWS):
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto(f"{site.url}/?view={view}&channel={channel}&region={OREGON}")
        there = "Take down Oregon" if view == "operator" else "Send"
        expect(page.get_by_role("button", name=there).first).to_be_visible()
        wide[view] = page.evaluate("document.documentElement.scrollWidth")
    assert {view: width for view, width in wide.items() if width > 320} == {}

    picker = page.get_by_label("Region", exact=True)
    expect(picker.locator("option").nth(1)).to_contain_text("ms")
    labels = picker.locator("option").all_inner_texts()
    longest = ["Melbourne (ap-southeast-4) – no answer", "N. California (us-west-1) – no answer"]
    cut_off = {}
    for width in (320, 360, 390):
        page.set_viewport_size({"width": width, "height": 640})
        cut_off[width] = picker.evaluate(_LABELS, [*labels, *longest])
    assert {width: names for width, names in cut_off.items() if names} == {}
