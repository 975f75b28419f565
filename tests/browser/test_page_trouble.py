"""What the page does and says when something goes wrong, against a server that fails when it is told to."""

import io
import wave

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from streaming.wire import messages as wire
from tests.browser import said
from tests.browser.conftest import Launch
from tests.browser.fake_server import FakeServer
from tests.browser.test_page import answer, opened, type_message

pytestmark = pytest.mark.browser


def wav(samples: np.ndarray, rate: int) -> dict[str, object]:
    """A mono file as a browser's file chooser takes it."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return {"name": "noise.wav", "mimeType": "audio/wav", "buffer": out.getvalue()}


def choose(page: Page, file: dict[str, object]) -> None:
    """Choose a sound file with the page's button."""
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose a sound file").click()
    choosing.value.set_files(file)  # pyright: ignore[reportArgumentType]


def wait_for(page: Page, what: object, seconds: float = 10) -> None:
    """Until `what()` holds."""
    assert callable(what)
    for _ in range(int(seconds * 20)):
        if what():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s")


def test_a_connection_cut_in_the_middle_loses_nothing_and_shows_nothing_twice(
    page: Page, fake: FakeServer
) -> None:
    rate = int(page.evaluate("new AudioContext().sampleRate"))
    sound = np.random.default_rng(7).integers(-20_000, 20_000, 50 * rate)
    fake.acking = False
    choose(page, wav(sound, rate))
    wait_for(page, lambda: fake.sessions and fake.session.have >= 20 * rate)
    fake.emit(said.final(1, "Before the cut."), said.partial(2, "in the", 0))
    expect(page.get_by_role("log")).to_contain_text("Before the cut.")
    assert fake.session.have == 20 * rate, "the credit is 20 s, and it is used and kept"
    fake.acking = True
    fake.cut(lose=3 * rate + 17)
    wait_for(page, lambda: fake.session.resumes == 1)
    fake.emit(said.final(2, "In the middle."))
    wait_for(page, lambda: fake.session.have >= 50 * rate)
    assert fake.session.skipped == 0
    got = np.frombuffer(bytes(fake.session.sound), "<i2").astype(int)
    assert len(got) == len(sound)
    assert np.abs(got - sound).max() <= 1, "a browser's way to floats and back is one step off"
    expect(page.get_by_role("article", name="You")).to_have_text(
        ["You 0:00 Before the cut.", "You 0:00 In the middle."]
    )
    expect(page.locator(".partial")).to_have_count(0)
    expect(page.locator("footer")).to_contain_text("Connected")
    assert len(fake.sessions) == 1


def test_the_microphone_goes_on_through_an_outage(page: Page, fake: FakeServer) -> None:
    rate = int(page.evaluate("new AudioContext().sampleRate"))
    page.get_by_role("button", name="Microphone").click()
    wait_for(page, lambda: fake.sessions and fake.session.have > rate)
    fake.refusing = True
    fake.cut()
    before = fake.session.have
    expect(page.locator("footer")).to_contain_text("Reconnecting, nothing is lost")
    expect(page.get_by_role("alert")).to_contain_text("The connection broke. Nothing is lost")
    page.wait_for_timeout(1_500)
    fake.refusing = False
    wait_for(page, lambda: fake.session.have > before + 2 * rate)
    expect(page.locator("footer")).to_contain_text("Connected")
    expect(page.get_by_role("alert")).to_be_empty()
    assert (fake.session.resumes, fake.session.skipped) == (1, 0)


def test_a_message_typed_during_an_outage_arrives_once(page: Page, fake: FakeServer) -> None:
    opened(page, fake)
    fake.refusing = True
    fake.cut()
    type_message(page, "Are you there?")
    expect(page.locator(".now")).to_contain_text("Are you there?")
    expect(page.locator(".now")).to_contain_text("sending…")
    fake.refusing = False
    expect(page.get_by_role("log")).to_contain_text("You typed: Are you there?")
    fake.cut()
    wait_for(page, lambda: fake.session.resumes == 2)
    type_message(page, "Good.")
    expect(page.get_by_role("log")).to_contain_text("You typed: Good.")
    typed = [note.text for note in fake.session.notes if isinstance(note, wire.Text)]
    assert typed == ["Hello", "Are you there?", "Good."]
    expect(page.locator(".now")).not_to_contain_text("sending…")


def test_a_full_server_is_said_so_and_the_page_waits_for_its_place(page: Page, fake: FakeServer) -> None:
    fake.answer = answer
    fake.overloaded = True
    type_message(page, "Is there room?")
    expect(page.get_by_role("alert")).to_contain_text(
        "The server is full at the moment. All places are taken."
    )
    expect(page.get_by_role("alert")).to_contain_text("you need not do anything")
    expect(page.locator("footer")).to_contain_text("Waiting for a place")
    fake.overloaded = False
    expect(page.get_by_role("log")).to_contain_text("You typed: Is there room?")
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_server_that_does_not_answer_is_said_so(page: Page, fake: FakeServer) -> None:
    fake.answer = answer
    fake.refusing = True
    type_message(page, "Anybody?")
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer. Check that it is running")
    fake.refusing = False
    expect(page.get_by_role("log")).to_contain_text("You typed: Anybody?")


def test_a_server_with_keys_is_given_the_key_that_it_asks_for(page: Page, fake: FakeServer) -> None:
    fake.answer = answer
    fake.key = "open-sesame"
    type_message(page, "Let me in")
    expect(page.get_by_role("alert")).to_contain_text("This server asks for a key.")
    expect(page.get_by_role("log")).to_contain_text("Not sent: “Let me in”")
    page.get_by_label("Key", exact=True).fill("open-sesame")
    page.keyboard.press("Enter")
    type_message(page, "Now?")
    expect(page.get_by_role("log")).to_contain_text("You typed: Now?")
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_file_that_is_no_sound_is_said_so(page: Page) -> None:
    choose(page, {"name": "letter.wav", "mimeType": "audio/wav", "buffer": b"Dear Sir or Madam"})
    expect(page.get_by_role("alert")).to_contain_text("“letter.wav” cannot be read as sound.")
    page.get_by_role("button", name="Close this message").click()
    expect(page.get_by_role("alert")).to_be_empty()


@pytest.mark.parametrize(
    ("flags", "host", "words"),
    [
        pytest.param(
            ["--use-fake-device-for-media-stream", "--deny-permission-prompts"],
            "127.0.0.1",
            "The microphone was refused. Allow it for this page",
            id="refused",
        ),
        pytest.param(
            ["--use-fake-ui-for-media-stream"], "127.0.0.1", "No microphone was found. Connect one", id="none"
        ),
        pytest.param(
            ["--host-resolver-rules=MAP vivavoce.example 127.0.0.1"],
            "vivavoce.example",
            "Browsers give the microphone to secure pages only. Open this page over https",
            id="insecure",
        ),
    ],
)
def test_a_microphone_that_cannot_be_had_says_why_and_what_to_do(
    launch: Launch, fake: FakeServer, flags: list[str], host: str, words: str
) -> None:
    page = launch(*flags).new_page()
    page.goto(fake.url.replace("127.0.0.1", host))
    page.get_by_role("button", name="Microphone").click()
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.locator("footer")).to_contain_text("Microphone off")
    opened(page, fake)  # and typing works without it
