"""The supervisor's page in a real Chromium, at the real gateway and moderator: live sessions, one of them watched."""

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from tests.browser.test_page import faults
from tests.browser.test_watch_real import speaker, stack
from tests.stack import Stack
from tests.viewers import CHAT

pytestmark = pytest.mark.browser
__all__ = ["stack"]


@pytest.fixture
def live(context: BrowserContext, stack: Stack) -> Page:
    """The page, with a reader's key. A script error, or a complaint of the browser about what may be loaded, fails."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.goto(f"{stack.url}/live")
    expect(page.get_by_role("alert")).to_contain_text("Live sessions are seen with a reader's key.")
    assert faults(page) == []
    page.get_by_label("Reader's key").fill("read")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_empty()
    return page


class Caller(NamedTuple):
    socket: ClientConnection
    title: str

    def type(self, text: str) -> None:
        self.socket.send(json.dumps({"type": "text", "text": text}))

    def card(self, page: Page) -> Locator:
        return page.get_by_role("article", name=self.title)


@pytest.fixture
def caller(stack: Stack) -> Iterator[Caller]:
    """Somebody who types."""
    title = f"Mrs Meyer, line {secrets.token_hex(2)}"
    with speaker(stack, json.dumps(json.loads(CHAT) | {"metadata": {"title": title}})) as (owner, _):
        yield Caller(owner, title)
        with suppress(ConnectionClosed):  # the test may have ended it
            owner.send('{"type":"session.end"}')


def told(owner: ClientConnection, until: str) -> list[str]:
    """Types of what its client is told, up to what holds these words."""
    out: list[str] = []
    while True:
        frame = str(owner.recv(timeout=10))
        out.append(json.loads(frame)["type"])
        if until in frame:
            return out


def test_what_is_said_is_seen_at_a_glance_and_a_note_reaches_the_log_but_not_the_caller(
    live: Page, caller: Caller
) -> None:
    caller.type("My card is 4111 1111 1111 1111, and my bill is wrong.")
    card = caller.card(live)
    expect(card).to_contain_text("and my bill is wrong.")
    assert "4111" not in live.content()
    card.get_by_role("button", name="Watch").click()
    log = live.get_by_role("log")
    expect(log).to_contain_text("and my bill is wrong.")
    expect(card).to_contain_text("1 watching")
    live.get_by_label("Note to the agent").fill("Offer ten days.")
    live.keyboard.press("Enter")
    expect(log).to_contain_text("ann to the agent: Offer ten days.")
    expect(card).to_contain_text("1 note")
    caller.type("Are you there?")
    kinds = told(caller.socket, "Are you there?")
    assert "viewer.joined" in kinds
    assert "agent.note" not in kinds
    caller.socket.send('{"type":"session.end"}')
    expect(caller.card(live)).to_have_count(0)
    expect(log).to_contain_text("Are you there?")


def test_it_is_done_by_keyboard_and_the_focus_goes_where_it_is_needed(live: Page, caller: Caller) -> None:
    caller.type("Hello")
    expect(caller.card(live)).to_contain_text("Hello")
    focused = """() => { let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      return [e.innerText.split('\\n')[0].trim(), getComputedStyle(e).outlineStyle] }"""
    name, outline = "", ""
    for _ in range(12):
        live.keyboard.press("Tab")
        name, outline = live.evaluate(focused)
        if name.startswith("Watch"):
            break
    assert (name.startswith("Watch"), outline) == (True, "solid")
    live.keyboard.press("Enter")
    expect(live.get_by_role("region", name="Watched session")).to_be_visible()
    assert live.evaluate(focused)[0] == caller.title
    live.keyboard.press("Escape")
    expect(live.get_by_role("region", name="Watched session")).to_have_count(0)
    assert live.evaluate(focused)[0].startswith("Watch")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_and_a_narrow_window_needs_no_sideways_scrolling(
    live: Page, caller: Caller, theme: str
) -> None:
    caller.type("شكرا for the help")
    live.get_by_label("Theme").select_option(theme)
    card = caller.card(live)
    expect(card).to_contain_text("شكرا")
    assert card.locator("dd").first.evaluate("e => getComputedStyle(e).direction") == "rtl"
    card.get_by_role("button", name="Watch").click()
    expect(live.get_by_role("log")).to_contain_text("شكرا")
    assert faults(live) == []
    live.set_viewport_size({"width": 360, "height": 700})
    assert not live.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert faults(live) == []
    live.reload()
    expect(live.locator("html")).to_have_attribute("data-theme", theme.lower())


def glance(name: str, begun: int, **more: Any) -> dict[str, Any]:
    """A session as `GET /v1/live` tells it. `begun`: seconds ago."""
    now = round(time.time() * 1000)
    session = {
        "session_id": name.encode().hex(), "mode": "assist", "started_at": now - 1_000 * begun, "seen_at": now,
        "duration_ms": 0, "channels": 2, "language": "en", "metadata": {"title": name}, "viewers": 0, "lag_ms": 0,
        "record": False, "paused": False, **more.pop("session", {}),
    }  # fmt: skip
    about = {"words": [], "topic": "", "summary": "", "alerts": [], "alerts_told": 0, "notes": 0, **more}
    return {"session": session, **about}


def test_topic_alerts_lag_and_length_of_each_stand_on_its_card(context: BrowserContext, stack: Stack) -> None:
    now, page = round(time.time() * 1000), context.new_page()
    raised = [("talk_over", "talk_over"), ("keyword", "loss"), ("talk_over", "talk_over")]
    troubled = glance(
        "Mr Novak", 3_725, topic="A parcel that is lost", alerts_told=5,
        alerts=[{"kind": kind, "name": name, "at": now - 60_000} for kind, name in raised],
        words=[{"channel": 1, "text": "where is it", "final": False}, {"channel": 0, "text": "Wait.", "final": True}],
        session={"lag_ms": 4_200, "paused": True, "record": True, "seen_at": now - 60_000},
    )  # fmt: skip
    calm = glance("Mrs Meyer", 5, session={"record": True}, notes=2)
    body = {"sessions": [troubled, calm], "gone": [], "trouble": ""}
    page.route(
        "**/v1/live",
        lambda route: route.fulfill(body=f"data: {json.dumps(body)}\n\n", content_type="text/event-stream"),
    )
    page.goto(f"{stack.url}/live")
    cards = page.get_by_role("article")
    expect(cards.first).to_contain_text("Mrs Meyer")  # the last that began stands first
    card = page.get_by_role("article", name="Mr Novak")
    expect(card.locator(".length")).to_have_text(re.compile(r"1:02:\d\d"))
    expect(card.locator(".topic")).to_have_text("A parcel that is lost")
    alerts = card.get_by_role("list", name="Alerts").get_by_role("listitem")
    expect(alerts).to_have_text(["Both speak at once × 2", "Keyword: loss", "2 more"])
    assert card.locator("dt, dd").all_inner_texts() == ["Customer", "where is it", "Agent", "Wait."]
    facts = card.locator(".facts").get_by_role("listitem")
    expect(facts).to_have_text(["Connection lost", "Paused", "4 s behind"])
    expect(cards.first.locator(".facts").get_by_role("listitem")).to_have_text(
        ["Recorded", "Up to date", "2 notes"]
    )
    expect(cards.first).to_contain_text("Nothing was said yet.")
    assert faults(page) == []
