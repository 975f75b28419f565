"""What a reader chooses on the page, and finds again; how it reads for those who see little, or from right to left."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import said
from tests.browser.fake_server import FakeServer
from tests.browser.test_page import faults, opened, type_message

pytestmark = pytest.mark.browser


def settings(page: Page) -> None:
    """They are open."""
    page.get_by_role("button", name="Settings", exact=True).click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_languages_translation_and_hot_words_are_asked_of_the_server_and_kept_recording_is_not(
    page: Page, fake: FakeServer
) -> None:
    page.get_by_label("Language").select_option("de")
    page.get_by_label("Record", exact=True).check(force=True)
    settings(page)
    page.get_by_label("Write everything in English").check(force=True)
    page.get_by_label("Words to be spelled right").fill("Vivavoce\nKubernetes, gRPC\n\n" + "x" * 61)
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Settings")).to_be_hidden()
    opened(page, fake)
    start = fake.session.start
    assert (start.language, start.translate, start.record) == ("de", True, True)
    assert list(start.hotwords) == ["Vivavoce", "Kubernetes", "gRPC"]
    page.reload()
    opened(page, fake)
    start = fake.session.start
    assert (start.language, start.translate, start.record) == ("de", True, False)
    assert list(start.hotwords) == ["Vivavoce", "Kubernetes", "gRPC"]


def test_the_chosen_microphone_is_listened_to_now_and_after_a_reload_and_its_level_is_told(
    page: Page, fake: FakeServer
) -> None:
    spy = """() => { window.asked = [];
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        window.asked.push(stream.getAudioTracks()[0].label);
        return stream; }; }"""
    page.evaluate(spy)
    page.get_by_role("button", name="Microphone").click()
    expect(page.locator("footer")).to_contain_text("Listening")
    settings(page)
    choice = page.locator("#source")
    expect(choice.locator("option")).not_to_have_count(1)
    names = choice.locator("option").all_inner_texts()
    other = next(name for name in names[1:] if name != page.evaluate("asked")[0])
    choice.select_option(label=other)
    expect(page.locator("footer")).to_contain_text("Listening")
    page.wait_for_function("asked.length === 2")
    assert page.evaluate("asked")[1] == other
    level = page.get_by_role("meter", name="Level").element_handle()
    # A beep is shorter than the steps in which `expect` would look.
    page.wait_for_function("(meter) => Number(meter.ariaValueNow) > 0", arg=level)
    page.reload()
    page.evaluate(spy)
    page.get_by_role("button", name="Microphone").click()
    page.wait_for_function("asked.length === 1")
    assert page.evaluate("asked")[0] == other


def test_the_first_visit_explains_itself_once(page: Page, fake: FakeServer) -> None:
    first = page.get_by_role("region", name="The first time here?")
    expect(first).to_contain_text("It is kept only if you switch on Record.")
    page.get_by_role("button", name="Got it").click()
    expect(first).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Say something.")).to_be_visible()
    expect(first).to_have_count(0)
    type_message(page, "It was in nobody's way")
    expect(page.locator(".now")).to_contain_text("It was in nobody's way")


def test_light_or_dark_is_as_the_system_has_it_or_as_was_chosen_on_any_page(
    page: Page, fake: FakeServer, context: BrowserContext
) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    page.get_by_label("Theme").select_option("Dark")
    assert page.evaluate(ground) == dark
    other = context.new_page()
    other.emulate_media(color_scheme="light")
    other.goto(f"{fake.url}live.html")
    assert other.evaluate(ground) == dark
    other.get_by_label("Theme").select_option("System")
    page.wait_for_function(f"{ground} === '{light}'")


def test_text_from_right_to_left_is_set_so_paragraph_by_paragraph(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    fake.emit(said.final(7, "مرحبا، هذا OK"), said.final(8, "Thank you."), said.partial(9, "שלום", 2))
    expect(page.locator(".now .partial")).to_contain_text("שלום")
    direction = "e => getComputedStyle(e).direction"
    lines = page.get_by_role("article", name="You").locator("p")
    assert [line.evaluate(direction) for line in lines.all()[-2:]] == ["rtl", "ltr"]
    assert page.locator(".now .partial").evaluate(direction) == "rtl"
    page.set_viewport_size({"width": 360, "height": 640})
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_screen_reader_is_told_of_finals_alone(page: Page, fake: FakeServer) -> None:
    """By the accessibility tree that Chromium gives to it."""
    opened(page, fake)
    fake.emit(said.final(7, "The invoice, asap."), said.partial(8, "and the oth", 3))
    expect(page.locator(".now .partial")).to_contain_text("and the oth")
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes: dict[str, dict[str, Any]] = {node["nodeId"]: node for node in tree}

    def live(text: str) -> str | None:
        """How changes of what has this text are told: by the nearest ancestor that says so."""
        [at] = [one for one in tree if one["role"]["value"] == "StaticText" and text in one["name"]["value"]]
        while at:
            for one in at.get("properties", ()):
                if one["name"] == "live":
                    return one["value"]["value"]
            at = nodes.get(at.get("parentId", ""), {})
        return None

    assert live("The invoice, asap.") == "polite"
    assert live("the oth") in (None, "off")
    [log] = [one for one in tree if one["role"]["value"] == "log"]
    assert log["name"]["value"] == "Transcript"


def test_a_window_of_320_pixels_needs_no_sideways_scrolling(page: Page, fake: FakeServer) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    opened(page, fake)
    fake.emit(said.final(30, "Donaudampfschifffahrtsgesellschaftskapitän" * 2))
    expect(page.get_by_role("log")).to_contain_text("Donau")
    wide = "e => e.scrollWidth > e.clientWidth"
    assert not page.evaluate(f"({wide})(document.documentElement)")
    assert not page.locator(".scroll").evaluate(wide)
    for name in ("Microphone", "Send", "What serves this"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
