"""The desk under a burst: two people talk fast, and nothing on the page moves, however long the call is."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from streaming.answers import Alert
from tests.browser import calling
from tests.browser.calling import AGENT, CUSTOMER, TIME, Call, final, partial, suggestion
from tests.browser.test_desk import WIDE, at_desk
from tests.stack import Stack

pytestmark = pytest.mark.browser

SAYING: Final = (
    *("well", "I", "sent", "it", "on", "Monday", "morning", "and", "they", "told", "me", "it"),
    *("would", "be", "there", "by", "Wednesday", "at", "the", "latest", "but", "it", "was", "not"),
)
BOTH: Final = (AGENT, CUSTOMER)
SHIFTS: Final = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) {
    shifts.push([one.value, one.sources.map((from) => [from.previousRect, from.currentRect])]);
  }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with calling.desk_stack(tmp_path_factory.mktemp("logs")) as stack:
        yield stack


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    with calling.calling(stack) as call:
        yield call


def settled(page: Page, stack: Stack, call: Call) -> None:
    """The page stands, and what moves from now on is counted."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    page.evaluate(SHIFTS)
    page.evaluate("shifts.length = 0")


def burst(page: Page, call: Call, turns: int, first: int = 1) -> None:
    """Both talk at once, eight partials a second each; suggestions and alerts come in between."""
    for at in range(turns):
        segments = [first + 2 * at + channel for channel in BOTH]
        for words in range(2, len(SAYING) + 1, 2):
            text = " ".join(SAYING[:words])
            call.tell(*(partial(channel, segments[channel], text, words * 2) for channel in BOTH))
            page.wait_for_timeout(125)
        call.tell(
            *(final(channel, segments[channel], " ".join(SAYING) + ".", at * 2_000) for channel in BOTH)
        )
        call.tell(*suggestion(at + 1, f"Suggestion {at + 1}: " + "what we say about it. " * (at % 4 + 1)))
        call.tell(
            Alert(at + 1, "talk_over", "talk_over", at * 2_000, at * 2_000 + 1_500, value=1.5, time=TIME)
        )


def test_nothing_shifts_while_two_people_talk_fast(context: BrowserContext, stack: Stack, call: Call) -> None:
    page = at_desk(context, stack, call.sid)
    before = [
        final(channel, 100 + 2 * at + channel, f"Line {at}.", at) for at in range(40) for channel in BOTH
    ]
    call.tell(*before)  # the lanes are full: each new line scrolls
    expect(page.get_by_role("region", name="Customer").get_by_text("Line 39.")).to_be_in_viewport()
    settled(page, stack, call)
    burst(page, call, 5, first=1_000)
    expect(page.get_by_role("article").nth(1)).to_contain_text("Suggestion 5")
    assert page.evaluate("shifts") == []


def test_a_call_of_ten_thousand_words_takes_no_more_of_the_page_than_a_tenth_of_it(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    settled(page, stack, call)
    sizes: list[int] = []
    for part in range(10):
        for at in range(part * 50, part * 50 + 50):
            text = f"{at} " + " ".join(SAYING[:10])
            call.tell(*(final(channel, 2 * at + channel + 1, text, at * 1_000) for channel in BOTH))
            if at % 10 == 9:
                page.wait_for_timeout(50)
        expect(
            page.get_by_role("region", name="Customer").locator("p", has_text=f"{part * 50 + 49} well")
        ).to_be_in_viewport()
        page.wait_for_timeout(100)
        sizes.append(
            page.evaluate(
                "[...document.querySelector('vv-desk').shadowRoot.querySelectorAll('vv-transcript')]"
                ".flatMap((one) => [...one.shadowRoot.querySelectorAll('vv-lane')])"
                ".reduce((sum, lane) => sum + lane.shadowRoot.querySelectorAll('li').length, 0)"
            )
        )
    assert max(sizes) <= 2 * 200
    assert page.evaluate("shifts") == []
    page.get_by_role("region", name="Customer").hover()
    page.mouse.wheel(0, -50_000)
    page.get_by_role("button", name="Earlier").first.click()
    expect(page.get_by_role("region", name="Customer").locator("p", has_text="270 well")).to_be_attached()


def test_text_from_right_to_left_stands_so_and_who_wants_no_motion_sees_none(
    browser: Browser, stack: Stack, call: Call
) -> None:
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
    page = at_desk(context, stack, call.sid)
    page.evaluate(
        """() => { window.moved = 0; for (const kind of ['animationstart', 'transitionrun'])
        addEventListener(kind, () => moved++, true); }"""
    )
    call.tell(final(CUSTOMER, 1, "שלום, איפה החבילה שלי?"), final(CUSTOMER, 3, "Where is my parcel?"))
    call.tell(*suggestion(1, "It is paid back within ten days."))
    lines = page.get_by_role("region", name="Customer").locator("p")
    expect(lines).to_have_count(2)
    told = [line.evaluate("(line) => getComputedStyle(line).direction") for line in lines.all()]
    assert told == ["rtl", "ltr"]
    page.keyboard.press("1")
    expect(page.get_by_role("article").first).to_contain_text("ten days")
    assert page.evaluate("moved") == 0
    context.close()
