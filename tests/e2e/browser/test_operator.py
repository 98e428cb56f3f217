"""What an operator does reaches the readers' pages: purge, block, allow, reset."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.browser.site import OREGON, SECONDS, SYDNEY, Site, log, message, send, state


def _operator(site: Site, channel: str, reason: str) -> Page:
    page = site.open(f"?view=operator&channel={channel}")
    page.get_by_label("Channel to change").fill(channel)
    page.get_by_label("Reason", exact=True).fill(reason)
    return page


def test_purge_kicks_the_page_which_says_so_and_resumes(site: Site, channel: str) -> None:
    readers = [site.channel(channel, region) for region in (OREGON, SYDNEY)]
    operator = _operator(site, channel, "spring cleaning")
    operator.get_by_role("button", name="Purge").click()
    expect(operator.get_by_role("status", name="Outcome")).to_contain_text("is to be purged")
    for reader in readers:
        expect(log(reader)).to_contain_text("Kicked", timeout=30 * SECONDS)
        expect(log(reader)).to_contain_text("Resumed in", timeout=30 * SECONDS)
        expect(state(reader)).to_contain_text("Live")
    send(readers[0], "after the purge")
    for reader in readers:
        expect(message(reader, "after the purge")).to_be_visible()


def test_block_keeps_the_page_out_with_the_reason_until_allowed(site: Site, channel: str) -> None:
    reader = site.channel(channel, SYDNEY)
    operator = _operator(site, channel, "claim 1138")
    operator.get_by_role("button", name="Block").click()
    expect(operator.get_by_role("status", name="Outcome")).to_contain_text("is to be blocked")
    expect(state(reader)).to_contain_text("claim 1138", timeout=60 * SECONDS)
    expect(state(reader)).to_contain_text("Refused")
    reader.reload()
    expect(state(reader)).to_have_text(re.compile("^Refused.*claim 1138"))

    operator.get_by_role("button", name="Refresh channels").click()
    expect(operator.get_by_role("row", name=channel)).to_contain_text("claim 1138")
    operator.get_by_label("Reason", exact=True).fill("settled")
    operator.get_by_role("button", name="Allow").click()
    expect(operator.get_by_role("status", name="Outcome")).to_contain_text("is to be allowed")
    # Nobody touches the reader's page.
    expect(state(reader)).to_contain_text("Live", timeout=90 * SECONDS)

    operator.get_by_label("Reason", exact=True).fill("as deployed")
    operator.get_by_role("button", name="Reset").click()
    expect(operator.get_by_role("status", name="Outcome")).to_contain_text(
        "as the deployment has it"
    )
    expect(state(reader)).to_contain_text("Refused", timeout=60 * SECONDS)
    operator.get_by_role("button", name="Show the audit").click()
    records = operator.get_by_role("list", name="Audit records")
    expect(records).to_contain_text(f"block #{channel}: done")
    expect(records).to_contain_text("settled")


def test_deleting_what_is_stored_is_asked_for(site: Site, channel: str) -> None:
    site.publish(OREGON, channel, "to be kept, then deleted")
    reader = site.channel(channel, OREGON)
    expect(message(reader, "to be kept, then deleted")).to_be_visible()
    operator = _operator(site, channel, "court order")
    operator.get_by_label("Delete its stored messages").check()
    for answer in ("Keep them", "Delete and purge"):
        operator.get_by_role("button", name="Purge", exact=True).click()
        question = operator.get_by_role("alertdialog")
        expect(question).to_contain_text(channel)
        question.get_by_role("button", name=answer).click()
        expect(question).to_have_count(0)
        if answer == "Keep them":
            operator.reload()
            operator.get_by_label("Reason", exact=True).fill("court order")
            operator.get_by_label("Delete its stored messages").check()
            expect(log(reader)).not_to_contain_text("Kicked")
    expect(log(reader)).to_contain_text("Kicked", timeout=30 * SECONDS)


def test_dead_letters_are_looked_for(site: Site, channel: str) -> None:
    operator = _operator(site, channel, "none")
    operator.get_by_role("button", name="Look for dead letters").click()
    expect(operator.get_by_role("status", name="Outcome")).to_contain_text(
        re.compile(r"\d+ dead letters?\."), timeout=60 * SECONDS
    )
