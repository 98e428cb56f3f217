"""Regions that go down or are cut off, seen from a page: nothing is missing, nothing is doubled."""

from collections.abc import Iterator

import pytest
import requests
from playwright.sync_api import expect

from tests.e2e.browser.site import OREGON, SECONDS, SYDNEY, Site, ids, log, message, state


@pytest.fixture
def mended(site: Site) -> Iterator[None]:
    """However the test ends, both regions run and are joined."""
    yield
    site.operate("PUT", f"/regions/{OREGON}", {"running": True})
    site.operate("PUT", f"/regions/{OREGON}", {"cutOff": False})


@pytest.mark.usefixtures("mended")
def test_region_down_fails_over_and_comes_home(site: Site, channel: str) -> None:
    page = site.channel(channel, OREGON)
    sent = [site.publish(OREGON, channel, f"before {number}") for number in range(5)]
    expect(message(page, "before 4")).to_be_visible()

    operator = site.open("?view=operator")
    operator.get_by_role("button", name="Take down Oregon").click()
    sent += [site.publish(SYDNEY, channel, f"at once {number}") for number in range(5)]
    expect(state(page)).to_contain_text("Failed over to Sydney", timeout=60 * SECONDS)
    expect(log(page)).to_contain_text("Oregon does not answer: failed over to Sydney.")
    sent += [site.publish(SYDNEY, channel, f"meanwhile {number}") for number in range(5)]
    expect(message(page, "at once 4")).to_be_visible()
    expect(message(page, "meanwhile 4")).to_be_visible()

    operator.get_by_role("button", name="Bring back Oregon").click()
    sent += [site.publish(SYDNEY, channel, f"on the way {number}") for number in range(5)]
    expect(log(page)).to_contain_text("Home again in Oregon.", timeout=90 * SECONDS)
    sent += [site.publish(OREGON, channel, f"after {number}") for number in range(5)]
    for text in ("on the way 4", "after 4"):
        expect(message(page, text)).to_be_visible(timeout=60 * SECONDS)
    expect(log(page).locator("li[data-message-id]")).to_have_count(len(sent))
    assert sorted(ids(page)) == sorted(sent)


@pytest.mark.usefixtures("mended")
def test_cut_off_region_catches_up(site: Site, channel: str) -> None:
    page = site.channel(channel, OREGON)
    operator = site.open("?view=operator")
    operator.get_by_role("button", name="Cut off Oregon").click()
    expect(operator.get_by_text("cut off", exact=True)).to_have_count(1)
    sent = [site.publish(SYDNEY, channel, f"held back {number}") for number in range(5)]
    sent += [site.publish(OREGON, channel, "still talking at home")]
    expect(message(page, "still talking at home")).to_be_visible()
    assert ids(page) == sent[-1:]

    operator.get_by_role("button", name="Reconnect Oregon").click()
    expect(message(page, "held back 4")).to_be_visible(timeout=60 * SECONDS)
    expect(log(page).locator("li[data-message-id]")).to_have_count(len(sent))
    assert sorted(ids(page)) == sorted(sent)


@pytest.mark.usefixtures("mended")
def test_what_is_taken_down_twice_is_down(site: Site) -> None:
    operator = site.open("?view=operator")
    for button in ("Take down Oregon", "Bring back Oregon", "Take down Oregon"):
        operator.get_by_role("button", name=button).click()
    expect(operator.get_by_role("button", name="Bring back Oregon")).to_be_enabled()
    (oregon,) = [
        each for each in site.operate("GET", "/regions")["regions"] if each["region"] == OREGON
    ]
    assert oregon["running"] is False
    with pytest.raises(requests.ConnectionError):
        site.http.get(site.stack.region(OREGON).graphqlUrl, timeout=5)
