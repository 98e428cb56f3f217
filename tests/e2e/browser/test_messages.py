"""Messages between pages, and who is there: both regions, refusals, hostile text, and many."""

import re
from concurrent.futures import ThreadPoolExecutor

from playwright.sync_api import expect

from tests.e2e.browser.site import OREGON, SECONDS, SYDNEY, Site, ids, log, message, send, state

HOSTILE = (
    "<img src=x onerror=\"window.pwned = 1; alert('img')\">",
    "<script>window.pwned = 2; alert('script')</script>",
    '"><svg/onload=alert(3)>',
    "[click](javascript:alert(4)) javascript:alert(5)",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "&lt;b&gt; &amp; &#x3C;i&#x3E;",
)

# The median frame, in ms, of scrolling through the list, and through as many plain lines in a box
# of its size, by turns: how fast frames come at all depends on what else this machine does.
_FRAMES = """async (log) => {
  const plain = document.createElement("div");
  const { top, left, width, height } = log.getBoundingClientRect();
  plain.style = `position: fixed; overflow: auto; background: white; top: ${top}px; left: ${left}px;
    width: ${width}px; height: ${height}px`;
  for (const item of log.querySelectorAll("li[data-message-id]")) {
    const line = plain.appendChild(document.createElement("p"));
    line.textContent = item.textContent;
  }
  const frames = new Map([[plain, []], [log, []]]);
  for (let turn = 0; turn < 6; turn += 1) {
    for (const [box, times] of frames) {
      if (box === plain) document.body.append(plain);
      let last = await new Promise(requestAnimationFrame);
      for (let step = 0; step <= 20; step += 1) {
        box.scrollTop = (box.scrollHeight * step) / 20;
        const now = await new Promise(requestAnimationFrame);
        times.push(now - last);
        last = now;
      }
      plain.remove();
    }
  }
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return [median(frames.get(log)), median(frames.get(plain))];
}"""


def test_two_pages_in_different_regions_see_each_others_messages(site: Site, channel: str) -> None:
    oregon, sydney = site.channel(channel, OREGON), site.channel(channel, SYDNEY)
    send(oregon, "Good evening from Oregon")
    send(sydney, "Good morning from Sydney")
    for page in (oregon, sydney):
        expect(message(page, "Good evening from Oregon")).to_contain_text("us-west-2")
        expect(message(page, "Good morning from Sydney")).to_contain_text("ap-southeast-2")
    expect(message(sydney, "Good evening")).to_contain_text(re.compile(r"\+[\d.]+ m?s"))
    expect(message(oregon, "Good evening")).to_contain_text("you")
    expect(message(sydney, "Good evening")).not_to_contain_text("you")
    assert len(ids(oregon)) == len(ids(sydney)) == 2


def test_a_page_that_goes_leaves_the_channel_long_before_its_lease_ends(
    site: Site, channel: str
) -> None:
    oregon, sydney = site.channel(channel, OREGON), site.channel(channel, SYDNEY)
    here = sydney.get_by_role("list", name="Who is here").get_by_role("listitem")
    expect(here).to_have_text(["you", re.compile("visitor")])
    oregon.goto("about:blank")
    expect(here).to_have_text(["you"], timeout=20 * SECONDS)


def test_side_by_side_shows_the_replication(site: Site, channel: str) -> None:
    page = site.open(f"?view=regions&channel={channel}")
    oregon = page.get_by_role("region", name="Oregon", exact=True)
    sydney = page.get_by_role("region", name="Sydney", exact=True)
    expect(state(oregon, "Subscription in Oregon")).to_contain_text("Live")
    expect(state(sydney, "Subscription in Sydney")).to_contain_text("Live")
    send(oregon, "one hop")
    expect(message(oregon, "one hop")).to_contain_text("you")
    expect(message(sydney, "one hop")).to_contain_text("Oregon")
    paths = page.get_by_label("Replication")
    expect(paths).to_contain_text(re.compile(r"median [\d.]+ m?s, slowest .*, 1 message"))


def test_another_name_is_refused_in_words_for_visitors(site: Site, channel: str) -> None:
    page = site.channel(channel, OREGON)
    page.get_by_label("Channel", exact=True).select_option(label="Another name …")
    page.get_by_label("Channel name").fill("knitting")
    page.get_by_label("Channel name").press("Enter")
    expect(state(page)).to_have_text(re.compile(r"^Refused\s*this channel is not open"))
    send(page, "Is anybody here?")
    expect(page.get_by_role("alert")).to_contain_text("this channel is not open")
    expect(page.get_by_role("button", name="Retry")).to_have_count(0)


def test_hostile_text_is_shown_as_text(site: Site, channel: str) -> None:
    page = site.channel(channel, SYDNEY)
    for text in HOSTILE:
        site.publish(OREGON, channel, text)
    for text in HOSTILE:
        expect(log(page).get_by_text(text, exact=True)).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("[role=log] :is(img, script, svg, a, b, i)").count() == 0


def test_hidden_characters_are_visible_and_stay_in_their_row(site: Site, channel: str) -> None:
    page = site.channel(channel, OREGON)
    site.publish(OREGON, channel, "invoice\u202efdp.exe \u0000\u001b[2J end")
    site.publish(OREGON, channel, "שלום עולם")
    site.publish(OREGON, channel, "W" * 5_000)
    row = message(page, "invoice")
    expect(row).to_contain_text("invoiceU+202Efdp.exe ␀␛[2J end")
    expect(message(page, "שלום").locator("bdi[dir=auto]").first).to_have_css("direction", "rtl")
    expect(message(page, "WWWW")).to_contain_text("show all 5,000 characters")
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0, "the page scrolls sideways"


def test_a_thousand_messages_stay_smooth(site: Site, channel: str) -> None:
    page = site.channel(channel, SYDNEY)
    with ThreadPoolExecutor(8) as pool:
        published = list(
            pool.map(lambda number: site.publish(SYDNEY, channel, f"number {number}"), range(1000))
        )
    expect(log(page).locator("li[data-message-id]")).to_have_count(1000, timeout=60 * SECONDS)
    assert sorted(ids(page)) == sorted(published)
    distance = log(page).evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight")
    assert distance < 5, "the board does not follow its end"
    send(page, "and still answers")
    expect(message(page, "and still answers")).to_be_visible(timeout=90 * SECONDS)
    # On an idle machine both are 17 ms. Other work makes frames late, not in each of five looks.
    looks = []
    for _ in range(5):
        frame, plain = log(page).evaluate(_FRAMES)
        looks.append(f"{frame:.0f} ms a frame, of plain lines {plain:.0f}")
        if frame < 6 * plain:
            return
    raise AssertionError(looks)


def test_the_page_opens_where_something_is_to_be_seen(site: Site) -> None:
    for number in range(3):
        site.publish(OREGON, "robots", f"seen on opening {number}")
    page = site.open(f"?region={OREGON}")
    expect(log(page).locator("li[data-message-id]").first).to_be_visible()
