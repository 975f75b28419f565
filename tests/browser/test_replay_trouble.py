"""Keys, exports, forgetting and long sessions on the page of recorded sessions."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from streaming import events as ev
from streaming.archive.kept import Kept
from tests.browser.replaying import Archived
from tests.browser.test_replay_page import seconds
from tests.call_kept import BEGAN, final

pytestmark = pytest.mark.browser
KEYS = ("desk/ann:k1", "shop/bob:k2")


@pytest.fixture(scope="module")
def archived(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archived]:
    archived = Archived(redis_url, tmp_path_factory.mktemp("home"), KEYS)
    yield archived
    archived.close()


def enter(page: Page, key: str) -> None:
    """Give the page a reader's key."""
    page.get_by_label("Reader's key").fill(key)
    page.keyboard.press("Enter")


def test_a_key_is_asked_for_kept_for_this_window_and_sound_plays_by_ticket(
    page: Page,
    context: BrowserContext,
    archived: Archived,
) -> None:
    said = archived.record("locked", "desk")
    page.goto(f"{archived.url}#locked@4000")
    expect(page.get_by_role("alert")).to_contain_text("Recorded sessions are read with a reader's key.")
    expect(page.locator("article")).to_have_count(0)
    enter(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("VIVAVOCE_SERVER__READERS")
    enter(page, "k1")
    expect(page.locator("article")).to_have_count(len(said))
    expect(page.get_by_role("alert")).to_be_empty()
    page.keyboard.press("Space")
    expect(page.locator(".time .now")).to_have_text("0:05")
    assert seconds(page) > 5
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    expect(page.locator("article")).to_have_count(len(said))
    assert [url for url in asked if "k1" in url] == []
    other = context.new_page()
    other.goto(archived.url)
    expect(other.get_by_role("alert")).to_contain_text("reader's key")
    enter(other, "k2")
    expect(other.get_by_text("Nothing is recorded yet.").last).to_be_visible()
    other.goto(f"{archived.url}#locked")
    expect(other.get_by_role("alert")).to_contain_text("This session is not here.")


BEGINNINGS = {
    "srt": b"1\n00:00:0",
    "vtt": b"WEBVTT",
    "json": b"{",
    "csvline": b"",
    "parquetword": b"PAR1",
    "flac": b"fLaC",
    "wav": b"RIFF",
    "ogg": b"OggS",
}


def test_a_session_is_exported_in_each_form_and_forgotten_when_that_was_meant(
    page: Page,
    archived: Archived,
) -> None:
    said = archived.record("exported", "desk")
    page.goto(f"{archived.url}#exported")
    enter(page, "k1")
    expect(page.locator("article")).to_have_count(len(said))
    for form, beginning in BEGINNINGS.items():
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as downloading:
            page.locator(f"[data-format={form}]").click()
        made = downloading.value
        content = made.path().read_bytes()
        assert content.lstrip(b"\xef\xbb\xbf").startswith(beginning), (form, content[:40])
        assert len(content) > 100
        assert made.suggested_filename.startswith("exported")
    page.get_by_role("button", name="Forget").click()
    page.get_by_role("button", name="Keep it").click()
    page.reload()
    expect(page.locator("article")).to_have_count(len(said))
    page.get_by_role("button", name="Forget").click()
    page.get_by_role("button", name="Forget it for ever").click()
    expect(page.get_by_role("status").filter(has_text="The session is forgotten.")).to_be_visible()
    page.goto(f"{archived.url}#exported")
    expect(page.get_by_role("alert")).to_contain_text("This session is not here.")
    expect(page.get_by_role("button", name="Play")).to_have_count(0)


def test_a_server_that_is_gone_is_said_so_and_tried_again(page: Page, archived: Archived) -> None:
    page.route("**/v1/**", lambda route: route.abort())
    page.goto(archived.url)
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer. Check that it is running")
    page.unroute("**/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_label("Reader's key")).to_be_visible()


def test_of_an_hour_little_is_fetched_and_few_words_are_in_the_page(page: Page, archived: Archived) -> None:
    text = "please hold the line while somebody looks into this for you " * 2
    entries: list[tuple[int, ev.TranscriptFinal]] = [
        (at + 8_000, final(0, number, at, text.strip()))
        for number, at in enumerate(range(0, 3_600_000, 8_000))
    ]
    sound = np.zeros((3_600 * 16_000, 1), "<i2")
    archived.keep(Kept("hour", "desk", "transcribe", BEGAN), sound, entries)
    sizes: list[int] = []

    def came(request: Any) -> None:
        sizes.append(int(request.sizes()["responseBodySize"]) if "/audio" in request.url else 0)

    page.on("requestfinished", came)
    page.goto(f"{archived.url}#hour@3000000")
    enter(page, "k1")
    expect(page.locator("article")).to_have_count(450)
    expect(page.locator("vv-wave canvas").first).to_be_visible()
    expect(page.locator("article.now")).to_have_attribute("data-line", "375")
    expect(page.locator("article.now")).to_be_in_viewport()
    assert 0 < page.locator("[data-word]").count() < 2_000, "of 9900"
    assert sum(sizes) < 20_000_000, "of 115 MB"


def test_no_word_of_a_long_line_is_under_its_button(page: Page, archived: Archived) -> None:
    text = " ".join(f"word{number}" for number in range(120))
    sound = np.zeros((40 * 16_000, 1), "<i2")
    archived.keep(Kept("long-line", "desk", "transcribe", BEGAN), sound, [(39_000, final(0, 1, 0, text))])
    page.goto(archived.url)
    enter(page, "k1")
    page.goto(f"{archived.url}#long-line")
    line = page.locator("article").first
    for width in (1280, 700, 400):
        page.set_viewport_size({"width": width, "height": 800})
        line.hover()
        expect(line.get_by_role("button", name="Correct")).to_be_visible()
        covered = line.evaluate(
            """line => { const button = line.querySelector('.edit').getBoundingClientRect();
            return [...line.querySelectorAll('[data-word]')].filter((word) => [...word.getClientRects()].some((box) =>
              box.right > button.left && box.left < button.right && box.bottom > button.top && box.top < button.bottom
            )).map((word) => word.textContent); }"""
        )
        assert covered == [], width


def test_keys_that_write_something_can_be_switched_off_for_good(page: Page, archived: Archived) -> None:
    archived.record("no-signs", "desk")
    page.goto(archived.url)
    enter(page, "k1")
    page.goto(f"{archived.url}#no-signs@2000")
    expect(page.locator("article").first).to_be_visible()
    page.keyboard.press("]")
    expect(page.get_by_label("Speed")).to_have_value("1.25")
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Letters and signs are keys too").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    for _ in range(2):
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
        before = seconds(page)
        for key in ("]", "b", "e", "/", "?"):
            page.keyboard.press(key)
        page.keyboard.press("ArrowLeft")
        assert seconds(page) < before
        expect(page.get_by_label("Speed")).to_have_value("1.25")
        expect(page.locator("#correction, dialog[open]")).to_have_count(0)
        page.goto("about:blank")
        page.goto(f"{archived.url}#no-signs@2000")
        expect(page.locator("article").first).to_be_visible()
        page.get_by_label("Speed").select_option("1.25")
