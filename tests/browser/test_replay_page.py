"""The page of recorded sessions in a real Chromium, against the real gateway over a real archive of real speech."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.replaying import Archived
from tests.browser.test_page import AXE

pytestmark = pytest.mark.browser

AUDIO = "document.querySelector('vv-replay').shadowRoot.querySelector('vv-session').opened.player.audio"


@pytest.fixture(scope="module")
def archived(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archived]:
    archived = Archived(redis_url, tmp_path_factory.mktemp("home"))
    yield archived
    archived.close()


def opened(page: Page, archived: Archived, sid: str, at: str = "") -> list[Any]:
    """A new session, shown; what was said in it."""
    said = archived.record(sid, metadata={"caller": sid})
    page.goto(f"{archived.url}#{sid}{at}")
    expect(page.locator("article")).to_have_count(len(said))
    expect(page.locator("vv-wave canvas").first).to_be_visible()
    return said


def seconds(page: Page) -> float:
    """Where one listens."""
    return float(page.evaluate(f"{AUDIO}.currentTime"))


def test_words_light_up_in_step_with_the_sound_and_a_click_on_a_word_goes_there(
    page: Page, archived: Archived
) -> None:
    said = opened(page, archived, "in-step")
    page.keyboard.press("Space")
    for _ in range(4):
        page.wait_for_timeout(300)
        begin, lit, end = page.evaluate(
            f"""() => {{ const at = {AUDIO}.currentTime * 1000;
            const lit = document.querySelector('vv-replay').shadowRoot.querySelector('vv-session').shadowRoot
              .querySelector('vv-lines').shadowRoot.querySelector('.lit');
            return [at, lit && Number(lit.dataset.at), {AUDIO}.currentTime * 1000]; }}"""
        )
        words = [word for one in said for word in one.words]
        due = [w.start_ms for w in words if w.start_ms <= end + 60 and begin - 60 < w.end_ms + 20]
        within = [w for w in words if w.start_ms <= begin - 60 and end + 60 <= w.end_ms]
        told = f"{lit} is lit at {begin} to {end}"
        assert lit in due or (lit is None and not within), told  # none is between two words
    assert seconds(page) > 0.5
    page.keyboard.press("Space")
    word = said[2].words[1]
    page.locator("article").nth(2).get_by_text(word.text, exact=True).first.click()
    assert abs(seconds(page) * 1000 - word.start_ms) < 2
    expect(page.locator(".lit")).to_have_text([word.text])
    expect(page.locator("article.now")).to_have_count(1)
    expect(page.locator("article").nth(2)).to_have_class(re.compile(r"\bnow\b"))


def test_the_keyboard_does_all(page: Page, archived: Archived) -> None:
    said = opened(page, archived, "by-keys", "@6000")
    assert seconds(page) == 6
    starts = sorted(word.start_ms for one in said for word in one.words)
    page.keyboard.press("Shift+ArrowRight")
    assert round(seconds(page) * 1000) == next(at for at in starts if at > 6000)
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    assert round(seconds(page) * 1000) == [at for at in starts if at <= 6000][-2]
    here = seconds(page)
    page.keyboard.press("ArrowLeft")
    assert abs(seconds(page) - max(0, here - 5)) < 0.01
    page.keyboard.press("ArrowRight")
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert page.evaluate(f"[{AUDIO}.playbackRate, {AUDIO}.preservesPitch]") == [1.5, True]
    expect(page.get_by_label("Speed")).to_have_value("1.5")
    page.keyboard.press("[")
    expect(page.get_by_label("Speed")).to_have_value("1.25")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Search in this session")
    page.keyboard.press("Escape")
    page.keyboard.press("u")  # at once: what was in the dialog has the focus still
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    expect(page.locator("vv-sessions a.row").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("vv-session article").first).to_be_visible()


def test_the_time_line_shows_channels_as_lanes_gaps_verdicts_and_how_quick_it_was(
    page: Page, archived: Archived
) -> None:
    said = opened(page, archived, "time-line")
    total = page.evaluate(f"{AUDIO}.duration") * 1000
    expect(page.locator("vv-wave .canvases > div")).to_have_count(2)
    places = page.evaluate(
        """() => { const marks = document.querySelector('vv-replay').shadowRoot.querySelector('vv-session').shadowRoot
        .querySelector('vv-wave').shadowRoot.querySelector('.wave').firstElementChild.shadowRoot;
        return Object.fromEntries(['gap', 'verdict'].map((kind) => {
          const one = marks.querySelector('.mark.' + kind);
          return [kind, [parseFloat(one.style.left), one.title, one.style.top]]; })); }"""
    )
    assert abs(places["gap"][0] - 100_000 / total) < 0.1
    assert places["gap"][1:] == ["0:01 1.0 s of sound did not reach the server", "64px"]
    assert abs(places["verdict"][0] - said[1].start_ms * 100 / total) < 0.1
    assert "Redacted: card" in places["verdict"][1]
    lags = page.locator("vv-wave .lag")
    expect(lags).to_have_count(4)
    quick = re.compile(
        r"^0:00 first words 310 ms behind, sure \d{4} ms after being shown, final 240 ms behind$"
    )
    expect(lags.first).to_have_attribute("title", quick)
    expect(page.get_by_role("article").nth(1)).to_contain_text("Redacted: card")


def test_a_text_is_found_inside_and_in_all_sessions_and_a_hit_opens_at_its_place(
    page: Page, archived: Archived
) -> None:
    said = opened(page, archived, "found")
    word = said[3].words[0]
    everywhere = sum(one.text.lower().count("you") for one in said)
    assert everywhere > 1
    page.keyboard.press("/")
    page.keyboard.type("YOU")
    expect(page.locator(".count")).to_have_text(f"1 of {everywhere}")
    assert page.evaluate("[CSS.highlights.get('found').size, CSS.highlights.get('found-now').size]") == [
        everywhere,
        1,
    ]
    page.keyboard.press("Enter")
    expect(page.locator(".count")).to_have_text(f"2 of {everywhere}")
    assert page.evaluate("String([...CSS.highlights.get('found-now')][0]).toLowerCase()") == "you"
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".count")).to_have_text(f"{everywhere} of {everywhere}")
    page.get_by_label("Search in this session").fill("xylophone")
    expect(page.locator(".count")).to_have_text("Not found")
    page.get_by_role("link", name="All sessions").click()
    page.get_by_text("Filters").click()
    page.get_by_label("Metadata").fill("caller=found")
    page.get_by_label("Search in all sessions").fill(word.text)
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text(word.text.strip("."))
    page.locator("a.row").last.click()
    expect(page.locator("article")).to_have_count(len(said))
    assert abs(seconds(page) * 1000 - said[3].start_ms) < 500
    expect(page.locator("article.now")).to_contain_text(word.text)


def test_a_word_is_corrected_in_place_and_the_original_kept_and_brought_back(
    page: Page, archived: Archived
) -> None:
    said = opened(page, archived, "corrected")
    line, word = page.locator("article").nth(2), said[2].words[2]
    line.get_by_text(word.text, exact=True).first.dblclick()
    assert page.evaluate("String(getSelection())") == word.text
    page.keyboard.type("Viviane")
    page.keyboard.press("Enter")
    text = said[2].text.replace(word.text, "Viviane", 1)
    expect(line.locator(".text")).to_have_text(text)
    expect(line.locator(".changed")).to_have_text(["Viviane"])
    expect(line).to_contain_text(f"Corrected by local. Heard: {said[2].text}")
    page.reload()
    expect(line.locator(".text")).to_have_text(text)
    expect(line.locator(".text")).to_have_attribute("title", f"Heard: {said[2].text}")
    line.get_by_text("Viviane").click()
    assert abs(seconds(page) * 1000 - word.start_ms) < 2, "a corrected word keeps its time"
    line.get_by_role("button", name="Undo").click()
    expect(line.locator(".text")).to_have_text(said[2].text)
    expect(line).not_to_contain_text("Corrected by")


def test_notes_and_bookmarks_are_kept_where_they_were_made(page: Page, archived: Archived) -> None:
    opened(page, archived, "noted", "@3000")
    page.keyboard.press("b")
    expect(page.get_by_label("Notes").get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    page.keyboard.type("Call back")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Notes").get_by_role("listitem")).to_have_count(2)
    page.reload()
    notes = page.get_by_label("Notes").get_by_role("listitem")
    expect(notes.nth(1)).to_contain_text("0:08 Call back")
    expect(page.locator("vv-wave button.mark.note")).to_have_attribute("aria-label", "0:08 Call back")
    notes.nth(0).get_by_role("button", name="Remove").click()
    expect(notes).to_have_count(1)
    notes.get_by_role("button", name="0:08").click()
    assert abs(seconds(page) - 8) < 0.01


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_asks_nobody_else_and_keeps_to_its_policy(
    page: Page, archived: Archived, scheme: Any
) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    page.goto("about:blank")  # the page of before has asked for all that it wants
    page.wait_for_timeout(100)
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.emulate_media(color_scheme=scheme)
    opened(page, archived, f"accessible-{scheme}")
    found = []
    source = AXE.read_text("utf-8")
    for where in ("session", "list"):
        if where == "list":
            page.get_by_role("link", name="All sessions").click()
            expect(page.locator("a.row").first).to_be_visible()
        page.evaluate(source)
        found += page.evaluate(
            "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
        )
    assert found == []
    assert complaints == []
    home = archived.url.removesuffix("replay")
    assert [url for url in asked if not url.startswith(home)] == []


def test_a_window_of_400_pixels_needs_no_sideways_scrolling(page: Page, archived: Archived) -> None:
    page.set_viewport_size({"width": 400, "height": 760})
    opened(page, archived, "narrow")
    wide = "e => e.scrollWidth > e.clientWidth"
    for where in ("main", "vv-lines .scroll"):
        assert not page.locator(where).evaluate(wide), where
    page.keyboard.press("ArrowRight")
    expect(page.locator("article.now")).to_have_attribute("data-line", "1")
    page.wait_for_timeout(300)
    assert page.locator("main").evaluate("e => e.scrollTop") == 0, "who listens keeps the player in view"
    page.goto("about:blank")
    page.goto(f"{archived.url}#narrow@6000")
    expect(page.locator("article.now")).to_be_in_viewport()
    page.goto(archived.url)
    expect(page.locator("a.row").first).to_be_visible()
    assert not page.locator("main").evaluate(wide)
