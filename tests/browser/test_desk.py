"""`/desk` in a real Chromium, at the real gateway and moderator: an agent during a call that came in elsewhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from streaming import events as ev
from streaming.answers import Alert
from streaming.parts import ChannelAccount, Section
from tests.browser import calling
from tests.browser.calling import AGENT, CUSTOMER, MADE_BY, TIME, Call, final, partial, suggestion, turn
from tests.browser.test_page import AXE
from tests.browser.test_page_trouble import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.browser

WIDE = {"width": 1280, "height": 760}
QUICKLY = {"VIVAVOCE_RECORDER__BATCH_S": "1"}
UNSURE = "[...CSS.highlights.get('vv-unsure')].map((range) => range.toString())"
"""What is dimmed."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with calling.desk_stack(tmp_path_factory.mktemp("logs"), "recorder", **QUICKLY) as stack:
        yield stack


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    with calling.calling(stack, record=True) as call:
        yield call


def at_desk(context: BrowserContext, stack: Stack, sid: str, more: str = "") -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.goto(f"{stack.url}/desk#watch={sid}{more}")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


def waited(page: Page, holds: Callable[[], Any]) -> None:
    wait_for(page, holds)


def test_an_agent_chooses_a_call_and_reads_both_sides_as_they_settle(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = context.new_page()
    page.goto(f"{stack.url}/desk")
    page.get_by_role("link", name="+44 20 7946 0018").first.click()
    call.tell(final(AGENT, 1, "Good morning.", 400), partial(CUSTOMER, 2, "I have lost a parcel", 6))
    customer = page.get_by_role("region", name="Customer")
    expect(page.get_by_role("region", name="You")).to_contain_text("Good morning.")
    waited(page, lambda: page.evaluate(UNSURE) == [" lost a parcel"])
    line = customer.locator("p", has_text="I have")
    before = line.bounding_box()
    call.tell(final(CUSTOMER, 2, "I have lost a parcel.", 3_000))
    expect(customer.locator(".now")).to_have_count(0)
    assert line.bounding_box() == before
    assert page.evaluate(UNSURE) == []
    expect(page.get_by_role("log", name="What the Customer said")).to_have_text("I have lost a parcel.")
    expect(page.get_by_text("Recorded", exact=True)).to_be_visible()


def test_what_an_agent_does_with_a_suggestion_by_keys_alone_is_in_the_log_with_the_agents_name(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    for number, text in enumerate(("It is paid back.", "Within ten days.", "Up to five hundred pounds."), 1):
        call.suggest(number, f"question {number}?", text)
        expect(page.get_by_role("article").nth(number - 1)).to_contain_text(text)
    page.keyboard.press("1")
    page.keyboard.press("c")
    waited(page, lambda: len(call.kinds("suggestion.feedback")) == 1)
    assert page.evaluate("navigator.clipboard.readText()") == "It is paid back."
    page.keyboard.press("2")
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" At most.")
    page.keyboard.press("Control+Enter")
    waited(page, lambda: len(call.kinds("suggestion.feedback")) == 2)
    page.keyboard.press("3")
    page.keyboard.press("x")
    waited(page, lambda: len(call.kinds("suggestion.feedback")) == 3)
    told = [
        (one["suggestion"], one["action"], one["text"], one["by"])
        for one in call.kinds("suggestion.feedback")
    ]
    assert told == [
        (1, "accepted", "", "local"),
        (2, "edited", "Within ten days. At most.", "local"),
        (3, "rejected", "", "local"),
    ]
    page.get_by_role("button", name="Calls").focus()  # nobody holds a place any more
    expect(page.get_by_role("article", name="Place 3 for a suggestion")).to_be_visible()


def test_nothing_moves_under_the_pointer_and_what_waits_comes_when_it_has_gone(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    for number in (1, 2, 3):
        call.tell(*suggestion(number, f"first {number}"))
    cards = page.get_by_role("article")
    expect(cards.nth(2)).to_contain_text("first 3")
    cards.nth(0).hover()
    call.tell(*suggestion(4, "a better one", supersedes=1), *suggestion(5, "a newer one"))
    expect(cards.nth(1)).to_contain_text("a newer one")
    expect(cards.nth(0)).to_contain_text("first 1")
    expect(cards.nth(0)).to_contain_text("A better one waits")
    page.mouse.move(5, 5)
    expect(cards.nth(0)).to_contain_text("a better one")
    cards.nth(1).focus()
    cards.nth(2).hover()
    call.tell(*suggestion(6, "six"), *suggestion(7, "seven"))
    expect(cards.nth(0)).to_contain_text("seven")
    expect(cards.nth(1)).to_contain_text("a newer one")
    expect(cards.nth(2)).to_contain_text("first 3")


def test_a_source_shows_its_passage_and_the_turn_that_asked(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    call.tell(final(CUSTOMER, 1, "What about a lost parcel?"), turn(1, 1), *suggestion(1, "It is paid back."))
    page.get_by_role("button", name="[1] Parcels › Losses").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("parcels.md › Losses")
    expect(dialog.locator("mark")).to_have_text("It is paid back.")
    expect(dialog.locator("blockquote")).to_have_text(
        "A parcel may be lost. It is paid back. Within ten days."
    )
    expect(dialog).to_contain_text("Asked: “What about a lost parcel?”")
    dialog.get_by_role("button", name="Show where it was asked").click()
    expect(page.locator(".marked")).to_contain_text("What about a lost parcel?")


def test_one_key_pauses_a_call_that_came_in_elsewhere_and_the_page_says_so_once_it_is_so(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("F8")
    expect(page.get_by_text("Paused by local: nothing is heard")).to_be_visible()
    assert [(one["by"]) for one in call.kinds("session.paused")] == ["local"]
    page.keyboard.press("F8")
    expect(page.get_by_text("Recorded", exact=True)).to_be_visible()
    assert len(call.kinds("session.unpaused")) == 1
    call.owner.close()
    page.keyboard.press("F8")
    expect(page.get_by_role("alert")).to_contain_text(
        "Not done: whoever has the session's sound did not answer"
    )
    expect(page.get_by_text("Paused by")).to_have_count(0)


def test_whoever_has_scrolled_up_is_left_alone_and_told_how_much_is_new(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    call.tell(*(final(CUSTOMER, number, f"Line {number}.", number * 1_000) for number in range(1, 61)))
    lane = page.get_by_role("region", name="Customer")
    expect(lane.get_by_text("Line 60.")).to_be_in_viewport()
    lane.hover()
    page.mouse.wheel(0, -500)
    expect(page.get_by_role("button", name="Latest")).to_be_visible()
    at = lane.evaluate("(box) => box.scrollTop")
    call.tell(*(final(CUSTOMER, number, f"Line {number}.", number * 1_000) for number in range(61, 64)))
    expect(page.get_by_role("button", name="3 new")).to_be_visible()
    assert lane.evaluate("(box) => box.scrollTop") == at
    page.get_by_role("button", name="3 new").click()
    expect(lane.get_by_text("Line 63.")).to_be_in_viewport()


def test_the_wrap_up_is_edited_and_kept_as_a_note_of_the_session(
    context: BrowserContext, stack: Stack, call: Call
) -> None:
    page = at_desk(context, stack, call.sid)
    call.tell(ev.Summary(1, "wrapup", 1, [Section("reason", "A parcel was lost.")], MADE_BY, TIME))
    box = page.get_by_label("Wrap-up")
    expect(box).to_have_value("Reason: A parcel was lost.")
    box.fill("Reason: a parcel was lost, and is paid back.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("Kept with the call")).to_be_visible()
    kept = page.request.get(f"{stack.url}/v1/sessions/{call.sid}").json()["notes"]
    assert [(one["kind"], one["text"]) for one in kept] == [
        ("note", "Reason: a parcel was lost, and is paid back.")
    ]
    call.tell(
        ev.SessionEnded(
            "client", [ChannelAccount(0, 83_000, 0, 83_000, {}), ChannelAccount(1, 82_000, 0, 82_000, {})]
        )
    )
    expect(page.locator("header .time")).to_have_text("1:23")
    expect(page.get_by_role("button", name="Pause")).to_be_disabled()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1280), ("light", 360)])
def test_axe_finds_nothing_in_the_middle_of_a_call(
    browser: Browser, stack: Stack, call: Call, scheme: Any, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{stack.url}/desk")
    page.wait_for_timeout(300)
    assert _violations(page) == []
    page.goto(f"{stack.url}/desk#watch={call.sid}")
    call.tell(
        calling.checklist(True, False), final(AGENT, 1, "Hello."), partial(CUSTOMER, 2, "I have lost", 2)
    )
    call.tell(*suggestion(1, "It is paid back."), *suggestion(2, "When?", "question"))
    call.tell(Alert(1, "talk_over", "talk_over", 0, 1_600, value=1.6, time=TIME))
    expect(page.get_by_role("article").nth(1)).to_contain_text("When?")
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def _violations(page: Page) -> list[Any]:
    page.wait_for_timeout(250)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Path(AXE).read_text())
    found = cast("dict[str, Any]", page.evaluate("axe.run()"))
    assert found["passes"], "axe looked at nothing"
    return [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
