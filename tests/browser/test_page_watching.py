"""Somebody's session read in a real Chromium while it goes on, and a page that knows it is watched and can pause."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streaming import events as ev
from streaming.wire import messages as wire
from tests.browser import said
from tests.browser.fake_server import TIME, FakeServer
from tests.browser.test_page import opened
from tests.browser.test_page_trouble import wait_for

pytestmark = pytest.mark.browser


def watching(context: BrowserContext, fake: FakeServer, shown: str) -> Page:
    """A window that reads the session that goes on."""
    viewer = context.new_page()
    viewer.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    viewer.goto(f"{fake.url}?watch={fake.session.id}#{shown}")
    return viewer


def test_a_viewer_reads_what_is_said_goes_on_after_a_loss_and_cannot_say_anything(
    page: Page, fake: FakeServer, context: BrowserContext
) -> None:
    opened(page, fake)
    viewer = watching(context, fake, "token=w")
    log = viewer.get_by_role("log")
    expect(log).to_contain_text("You typed: Hello")
    fake.emit(ev.ViewerJoined("token", TIME), said.partial(7, "the invoice as a bill", 11))
    expect(viewer.locator(".now .stable")).to_have_text("the invoice")
    expect(page.get_by_role("log")).to_contain_text("Somebody with its watch token watches this session.")
    fake.cut()
    fake.emit(said.final(7, "The invoice, asap."), ev.ViewerLeft("anna", TIME))
    expect(log).to_contain_text("The invoice, asap.")
    expect(log).to_contain_text("anna no longer watches.")
    expect(log.get_by_text("You typed: Hello")).to_have_count(1)
    expect(viewer.get_by_role("textbox")).to_have_count(0)
    expect(viewer.get_by_role("button", name="Microphone")).to_have_count(0)
    assert "token" not in viewer.url
    assert not any("token=" in path for path in fake.paths)
    fake.emit(ev.SessionEnded("client", [], TIME))
    expect(viewer.get_by_role("contentinfo")).to_contain_text("Session ended")


def test_a_viewer_without_the_right_token_is_asked_for_a_readers_key(
    page: Page, fake: FakeServer, context: BrowserContext
) -> None:
    opened(page, fake)
    viewer = watching(context, fake, "")
    expect(viewer.get_by_role("alert")).to_contain_text("This session cannot be watched. It is not for you.")
    fake.key = "lens"
    viewer.get_by_label("Reader's key").fill("lens")
    viewer.get_by_role("button", name="Use this key").click()
    expect(viewer.get_by_role("log")).to_contain_text("You typed: Hello")
    viewer.reload()
    expect(viewer.get_by_role("log")).to_contain_text("You typed: Hello")


def test_while_paused_no_sound_leaves_the_page_and_its_time_goes_on(page: Page, fake: FakeServer) -> None:
    page.get_by_role("button", name="Microphone").click()
    wait_for(page, lambda: fake.sessions and len(fake.session.sound) > 5_000)
    page.keyboard.press("F8")
    wait_for(page, lambda: any(isinstance(note, wire.SessionPause) for note in fake.session.notes))
    heard, skipped = len(fake.session.sound), fake.session.skipped
    expect(page.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("contentinfo")).to_contain_text("Paused: nothing is heard")
    wait_for(page, lambda: fake.session.skipped > skipped + 10_000)
    assert len(fake.session.sound) == heard
    page.get_by_label("Message").fill("4111")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The session is paused.")
    expect(page.get_by_label("Message")).to_have_value("4111")
    page.get_by_role("button", name="Pause").click()
    wait_for(page, lambda: len(fake.session.sound) > heard + 5_000)
    notes = [type(note) for note in fake.session.notes]
    assert notes == [wire.SessionPause, wire.SessionUnpause]
