"""The live page's switch for recording."""

import pytest
from playwright.sync_api import Page, expect

from streaming.wire import messages as wire
from tests.browser.fake_server import FakeServer
from tests.browser.test_page import answer, expect_note, opened, type_message

pytestmark = pytest.mark.browser


def test_a_session_is_recorded_when_that_is_switched_on_and_from_then_on_only(
    page: Page, fake: FakeServer
) -> None:
    opened(page, fake)
    assert not fake.session.start.record
    page.get_by_label("Record", exact=True).check()
    expect_note(page, fake, wire.SessionEnd)
    expect(page.get_by_role("log")).to_contain_text("From here on, recorded")
    fake.answer = answer
    type_message(page, "For the record")
    expect(page.get_by_role("log")).to_contain_text("You typed: For the record")
    assert fake.session.start.record
    page.get_by_label("Record", exact=True).uncheck()
    expect_note(page, fake, wire.SessionEnd)
    type_message(page, "Off the record")
    expect(page.get_by_role("log")).to_contain_text("You typed: Off the record")
    assert not fake.session.start.record
    expect(page.get_by_role("link", name="Recorded sessions")).to_have_attribute("href", "./replay")
