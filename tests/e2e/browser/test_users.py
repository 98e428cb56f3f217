"""Signed-in users: who published what, what a refusal says, and what the operator sees of them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser.site import OREGON, SYDNEY, Site, message, send, state
from tests.support.rules import delete_rules, write_rules

_NEWS = {
    "name": "news-of-the-house",
    "allowed": True,
    "publish": "group:editors",
    "subscribe": "signed-in",
}
_GRANTED = {
    "name": "#user:carol",
    "allowed": False,
    "reason": "left the house",
    "updatedAt": "2026-11-28T10:00:00.000Z",
    "grants": {"news-of-the-house": {"operations": ["publish"]}},
}


@pytest.fixture
def news(site: Site) -> Iterator[str]:
    """A channel where editors publish and signed-in users read; and a blocked user with a grant."""
    write_rules(site.stack, [_NEWS, _GRANTED])
    yield _NEWS["name"]
    delete_rules(site.stack, [_NEWS, _GRANTED])


def _sign_in(page: Page | Locator, user: str, label: str = "User") -> None:
    """Open the list, and choose."""
    page.get_by_label(label, exact=True).select_option(user)


def test_two_users_and_an_editor_see_who_published_what(site: Site, channel: str) -> None:
    both = site.open(f"?view=regions&channel={channel}")
    third = site.open(f"?region={SYDNEY}&channel={channel}")
    columns = {}
    for name, user in (("Oregon", "alice"), ("Sydney", "bob")):
        _sign_in(both, user, f"User in {name}")
        columns[user] = both.get_by_role("region", name=name, exact=True)
        expect(state(both, f"Subscription in {name}")).to_contain_text("Live")
    _sign_in(third, "erin")
    expect(state(third)).to_contain_text("Live")
    boxes = {**columns, "erin": third}
    for user, box in boxes.items():
        send(box, f"I am {user}")
        for seen_by in boxes.values():
            expect(message(seen_by, f"I am {user}")).to_contain_text(f"from {user}")


def test_a_refusal_says_what_it_would_take(site: Site, news: str) -> None:
    page = site.open(f"?region={OREGON}&channel={news}")
    expect(state(page)).to_contain_text("to subscribe takes a token")
    _sign_in(page, "bob")
    expect(state(page)).to_contain_text("Live")
    send(page, "Extra! Extra!")
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("to publish takes a token of the group editors, or a grant")
    _sign_in(page, "erin")
    expect(state(page)).to_contain_text("Live")
    send(page, "The editor has the word")
    expect(message(page, "The editor has the word")).to_contain_text("from erin")


def test_the_operator_sees_who_is_blocked_and_who_has_a_grant(site: Site, news: str) -> None:
    page = site.open("?view=operator")
    page.get_by_role("button", name="Show the users").click()
    row = page.get_by_role("row", name="carol")
    expect(row).to_contain_text("blocked")
    expect(row).to_contain_text(f"{news} publish")
    expect(row).to_contain_text("left the house")
