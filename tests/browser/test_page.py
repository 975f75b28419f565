"""The page in a real Chromium, against a server that does what the test tells it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streaming import events as ev
from streaming.wire import messages as wire
from tests.browser import said
from tests.browser.fake_server import FakeServer, FakeSession

pytestmark = pytest.mark.browser
AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


async def answer(server: FakeServer, session: FakeSession, text: str) -> None:
    """Show the typed message and answer it."""
    number = len(session.notes)
    reply = f"You typed: {text}"
    check = said.verdict(ev.Target(reply=number), "pass", (0, len(reply)))
    events = [said.final(number, text, "text"), *said.begun(number, reply), check, said.done(number, reply)]
    await server.append(session, *events)


def type_message(page: Page, text: str) -> None:
    """With the keyboard, wherever the focus is."""
    page.get_by_label("Message").fill(text)
    page.keyboard.press("Enter")


def opened(page: Page, fake: FakeServer) -> None:
    """A session is under way."""
    fake.answer = answer
    type_message(page, "Hello")
    expect(page.get_by_role("log")).to_contain_text("You typed: Hello")


def test_what_is_unconfirmed_is_dimmed_and_outside_of_the_log_until_it_is_final(
    page: Page, fake: FakeServer
) -> None:
    opened(page, fake)
    fake.emit(said.partial(7, "👋 the invoice as a bill", 13))
    expect(page.locator(".now .stable")).to_have_text("👋 the invoice")
    expect(page.locator(".now .unsure")).to_have_text(" as a bill")
    style = page.locator(".now .unsure").evaluate(
        "e => [getComputedStyle(e).fontStyle, getComputedStyle(e).color]"
    )
    plain = page.locator(".now .stable").evaluate(
        "e => [getComputedStyle(e).fontStyle, getComputedStyle(e).color]"
    )
    assert style[0] == "italic"
    assert style[1] != plain[1]
    expect(page.get_by_role("log")).not_to_contain_text("invoice")
    fake.emit(said.final(7, "👋 the invoice, asap."))
    expect(page.get_by_role("log")).to_contain_text("👋 the invoice, asap.")
    expect(page.locator(".now .partial")).to_have_count(0)


def test_replies_stream_and_say_in_words_how_they_ended(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    fake.emit(*said.begun(11, "Half of"))
    reply = page.get_by_role("article", name="Reply").nth(1)
    expect(reply).to_have_attribute("aria-busy", "true")
    expect(reply).to_contain_text("Half of")
    fake.emit(said.done(11, "Half of", "cancelled"))
    expect(reply).to_contain_text("Stopped before its end.")
    expect(reply).to_have_attribute("aria-busy", "false")
    fake.emit(*said.begun(12, "…"), said.done(12, "", "failed", "the model does not answer"))
    expect(page.get_by_role("log")).to_contain_text("No answer could be made. the model does not answer")
    blocked = said.verdict(ev.Target(reply=13), "block", (0, 3), "")
    fake.emit(*said.begun(13, "bad"), blocked, said.done(13, "", "blocked"))
    expect(page.get_by_role("log")).to_contain_text("Withheld by moderation.")
    expect(page.get_by_role("log")).to_contain_text("Blocked: card")


def test_verdicts_are_shown_in_words_and_replacements_are_put_in(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    first = page.get_by_role("article", name="Reply").first
    expect(first.get_by_role("list", name="Moderation")).to_have_text("✓ Checked")
    fake.emit(
        said.final(9, "👋 my card is 4111."), said.verdict(ev.Target(segment=9), "redact", (13, 17), "••••")
    )
    line = page.get_by_role("article", name="You").last
    expect(line).to_contain_text("👋 my card is ••••.")
    expect(line).to_contain_text("Redacted: card")
    expect(page.locator("body")).not_to_contain_text("4111")


def test_the_latency_of_each_stage_and_what_serves_are_shown(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    fake.emit(said.partial(5, "one", 0, lag_ms=432))
    shown = page.locator("footer dl")
    for words in ("432 ms", "3.2 ms", "120 ms", "1.5 s"):
        expect(shown).to_contain_text(words)
    page.get_by_role("button", name="What serves this").click()
    expect(page.locator("#serves")).to_contain_text("fake-ear")
    expect(page.locator("#serves")).to_contain_text("abababababab")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, fake: FakeServer, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert faults(page) == []
    opened(page, fake)
    redacted = said.verdict(ev.Target(segment=21), "redact", (0, 3), "•••")
    flagged = said.verdict(ev.Target(segment=21), "retract", (0, 3))
    fake.emit(
        said.final(21, "••• yes"),
        redacted,
        flagged,
        *said.begun(21, "Half"),
        said.done(21, "Half", "cancelled"),
    )
    fake.emit(*said.begun(22, "Still going"), said.partial(22, "heard so far", 5))
    page.get_by_role("button", name="Microphone").click()
    expect(page.locator("footer")).to_contain_text("Listening")
    assert faults(page) == []
    fake.overloaded = True
    fake.cut()
    expect(page.get_by_role("alert")).to_contain_text("full")
    page.get_by_role("button", name="What serves this").click()
    assert faults(page) == []


def faults(page: Page) -> list[str]:
    """All that axe-core finds now, colours and the sizes of targets included."""
    page.wait_for_timeout(250)  # colours fade in for 160 ms, and axe would measure one between two
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({rules: {'target-size': {enabled: true}}})")
    assert found["passes"], "axe looked at nothing"
    return [
        f"{one['id']}: {node['target']}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def test_everything_can_be_done_with_the_keyboard_alone(page: Page, fake: FakeServer) -> None:
    fake.answer = answer
    visited: list[str] = []
    focused = """() => { let e = document.activeElement;
      while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;
      return [(e.labels?.[0]?.innerText || e.getAttribute('aria-label') || e.innerText || '').trim().split('\\n')[0],
              e === document.body ? 'body' : getComputedStyle(e).outlineStyle] }"""
    for _ in range(18):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(focused)
        visited.append(name)
        elsewhere = name in ("Message", "Reply to me", "Record")  # what is around them shows it
        assert outline == "body" or outline != "none" or elsewhere, f"{name}: no focus"
    wanted = [
        "Speak",
        "Live sessions",
        "Desk",
        "Recorded sessions",
        "Theme",
        "New conversation",
        "Conversation",
    ]
    wanted += ["Got it", "Microphone", "Message", "Choose a sound file", "Send", "Reply to me", "Record"]
    wanted += ["Language", "Settings"]
    wanted += ["What serves this"]
    assert visited[: len(wanted)] == wanted
    while page.evaluate(focused)[0] != "Message":
        page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("You typed: By keyboard")
    fake.emit(*said.begun(50, "A long"))
    expect(page.get_by_role("log")).to_contain_text("A long")
    page.keyboard.press("Escape")
    page.wait_for_function("true")
    expect_note(page, fake, wire.ReplyCancel)
    page.keyboard.press("F2")
    expect(page.locator("footer")).to_contain_text("Listening")
    page.keyboard.press("F2")
    expect_note(page, fake, wire.AudioFinalize)


def expect_note(page: Page, fake: FakeServer, kind: type[wire.ClientMessage]) -> wire.ClientMessage:
    """The server gets such a message within 5 s."""
    for _ in range(100):
        found = [note for note in fake.session.notes if isinstance(note, kind)]
        if found:
            return found[-1]
        page.wait_for_timeout(50)
    raise AssertionError(f"no {kind.__name__} among {fake.session.notes}")


def test_the_microphone_is_sent_at_the_contexts_own_rate(page: Page, fake: FakeServer) -> None:
    rate = page.evaluate("new AudioContext().sampleRate")
    page.get_by_role("button", name="Microphone").click()
    expect(page.locator("footer")).to_contain_text("Listening 0:02", timeout=15_000)
    assert fake.session.start.audio == ev.AudioFormat("pcm_s16le", rate, 1)
    assert fake.session.have > 1.5 * rate
    assert any(fake.session.sound), "the browser's test tone is not silence"
    expect(page.locator("footer dl")).to_contain_text(re.compile(r"Round trip\s*[\d.]+ m?s"))


def test_whether_turns_are_answered_and_the_language_are_asked_of_the_server(
    page: Page, fake: FakeServer
) -> None:
    opened(page, fake)
    assert fake.session.start.mode == "chat"
    assert fake.session.start.language is None
    page.get_by_label("Language").select_option("de")
    update = expect_note(page, fake, wire.SessionUpdate)
    assert isinstance(update, wire.SessionUpdate)
    assert update.language == "de"
    page.get_by_label("Reply to me").uncheck()
    expect_note(page, fake, wire.SessionEnd)
    page.get_by_role("button", name="Microphone").click()
    expect(page.locator("footer")).to_contain_text("Listening")
    expect(page.locator("footer")).to_contain_text("Connected")
    assert (fake.session.start.mode, fake.session.start.language) == ("transcribe", "de")
    expect(page.get_by_role("log")).to_contain_text("You typed: Hello")


def test_a_new_conversation_shows_nothing_of_the_old_one(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("heading", name="Say something.")).to_be_visible()
    expect_note(page, fake, wire.SessionEnd)
    opened(page, fake)
    assert len(fake.sessions) == 2
    expect(page.get_by_role("article")).to_have_count(2)


def test_nothing_is_fetched_from_elsewhere_and_the_content_security_policy_holds(
    context: BrowserContext, fake: FakeServer
) -> None:
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(fake.url)
    opened(page, fake)
    page.get_by_role("button", name="Microphone").click()
    expect(page.locator("footer")).to_contain_text("Listening")
    assert len(asked) > 2
    assert [url for url in asked if not url.startswith(fake.url)] == []
    assert complaints == []
