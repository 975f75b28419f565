"""What moderation takes back after it was shown, on the page in a real Chromium."""

import pytest
from playwright.sync_api import Page, expect

from streaming import events as ev
from tests.browser import said
from tests.browser.fake_server import FakeServer
from tests.browser.test_page import opened

pytestmark = pytest.mark.browser


def test_what_is_taken_back_is_struck_through_and_then_replaced(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    fake.emit(*said.begun(14, "All is well. Then something bad."))
    reply = page.get_by_role("article", name="Reply").last
    expect(reply).to_contain_text("something bad")
    taken = said.verdict(ev.Target(reply=14), "retract", (13, 32), "[removed]")
    fake.emit(taken, said.done(14, "All is well. [removed]", "blocked"))
    expect(reply.locator("s")).to_have_text("Then something bad.")
    expect(reply.locator("s")).to_have_css("text-decoration-line", "line-through")
    expect(reply.locator("s")).to_have_count(0)
    expect(reply.locator("p").first).to_have_text("All is well. [removed]")
    expect(reply).to_contain_text("Taken back: card")
