"""The page in a real Chromium against the real service: a recording is the microphone."""

import re
import time
import wave
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import speech
from tests.browser.conftest import Launch, speaking
from tests.browser.test_page_trouble import choose, wav
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.models, pytest.mark.slow]

FIRST, SECOND = "conf-getconfno", "agent-user"
LEAD_S, PAUSE_S = 2.0, 6.0


def recording(path: Path, *parts: str | float) -> Path:
    """Prompts and pauses as a file that Chromium takes for a microphone."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(speech.RATE)
        file.writeframes(speech.join(*parts).astype("<i2").tobytes())
    return path


def heard(page: Page) -> list[str]:
    """The words that were spoken, as the page shows them now."""
    return speech.plain(" ".join(page.locator("article.you .what p").all_inner_texts()))


def wait_for_words(page: Page, wanted: list[str], seconds: float) -> None:
    """Until the page shows about these words: one may be misheard, none may be missing or there twice."""
    deadline = time.monotonic() + seconds
    while len(heard(page)) < len(wanted) and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert speech.errors(wanted, heard(page)) <= 1, f"{heard(page)} instead of {wanted}"


def test_a_sentence_spoken_into_the_page_is_written_and_answered_and_goes_on_when_the_connection_is_cut(
    launch: Launch, server: Stack, tmp_path: Path
) -> None:
    first, second = (speech.plain(speech.said()[name]) for name in (FIRST, SECOND))
    sound = recording(tmp_path / "microphone.wav", LEAD_S, FIRST, PAUSE_S, SECOND, 8.0)
    page = launch(*speaking(sound)).new_page()
    page.set_default_timeout(20_000)
    page.goto(server.url)
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Language").select_option("en")
    page.get_by_role("button", name="Microphone").click()

    expect(page.locator(".now .partial")).to_contain_text(re.compile(r"\w"), timeout=20_000)
    wait_for_words(page, first, 20)
    expect(page.get_by_role("article", name="Reply").first).to_contain_text(
        re.compile(r"\w+"), timeout=20_000
    )

    # In the middle of the second sentence: something of it was heard, and more comes.
    expect(page.locator(".now .partial")).to_contain_text(re.compile(r"\w"), timeout=20_000)
    assert server.cut() >= 1
    wait_for_words(page, first + second, 30)
    expect(page.locator("footer")).to_contain_text("Connected")
    expect(page.get_by_role("article", name="Reply").last).to_have_attribute(
        "data-status", "completed", timeout=60_000
    )
    page.get_by_role("button", name="Microphone").click()
    page.wait_for_timeout(1_000)
    assert speech.errors(first + second, heard(page)) <= 1
    expect(page.locator(".remark", has_text="of sound")).to_have_count(
        0
    )  # a busy machine may remark on its pace
    assert page.evaluate("window.sameDocument") is True


def test_a_file_is_written_and_a_typed_message_is_answered(launch: Launch, server: Stack) -> None:
    page = launch().new_page()
    page.set_default_timeout(20_000)
    page.goto(server.url)
    page.get_by_label("Language").select_option("en")
    page.get_by_label("Reply to me").uncheck()
    choose(page, wav(speech.join(0.3, FIRST, 0.3), speech.RATE))
    wait_for_words(page, speech.plain(speech.said()[FIRST]), 30)
    assert page.get_by_role("article", name="Reply").count() == 0
    page.get_by_label("Reply to me").check()
    page.get_by_label("Message").fill("What is two and two?")
    page.keyboard.press("Enter")
    reply = page.get_by_role("article", name="Reply")
    expect(reply).to_have_attribute("data-status", "completed", timeout=60_000)
    expect(reply.locator(".what p").first).to_have_text(re.compile(r"\w"))
    page.get_by_role("button", name="What serves this").click()
    expect(page.locator("#serves li")).not_to_have_count(0)
