"""A call that is begun at the desk: by a file of two channels, or by the microphone and the sound of a tab."""

import json
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect
from redis import Redis

from streaming import keys
from tests.browser import calling
from tests.browser.conftest import Launch, speaking
from tests.browser.test_page import AXE
from tests.browser.test_page_trouble import wait_for
from tests.stack import Stack

pytestmark = pytest.mark.browser

RATE = 48_000
TONES = (440, 880)
"""Of the agent and the customer, Hz."""


KEEPS = """
const real = MediaDevices.prototype.getUserMedia;
MediaDevices.prototype.getUserMedia = async function (wanted) {
  return (window.agent = await real.call(this, wanted));
};
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with calling.desk_stack(tmp_path_factory.mktemp("logs")) as stack:
        yield stack


def chosen(page: Page, stack: Stack) -> None:
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.goto(f"{stack.url}/desk")
    expect(page.get_by_role("heading", name="Begin one here")).to_be_visible()


def begun(page: Page, redis: Any, before: set[bytes]) -> tuple[str, dict[str, Any]]:
    """The session that goes on since then, and what was asked for."""
    wait_for(page, lambda: set(redis.zrange(keys.LIVE, 0, -1)) - before)
    [sid] = set(redis.zrange(keys.LIVE, 0, -1)) - before
    return sid.decode(), json.loads(redis.hget(keys.session(sid.decode()), "config"))


def heard(redis: Any, sid: str) -> np.ndarray[Any, np.dtype[np.int16]]:
    """What Redis has of its sound, a column a channel, at 16 kHz."""
    entries = redis.xrange(keys.audio(sid))
    pcm = b"".join(fields[b"pcm"] for _, fields in entries if b"pcm" in fields)
    return np.frombuffer(pcm, np.int16).reshape(-1, 2)


def over(redis: Any, sid: str) -> bool:
    """No more of it will come."""
    return any(b"ended" in fields.get(b"e", b"") for _, fields in redis.xrange(keys.audio(sid)))


def tone(side: np.ndarray[Any, np.dtype[np.int16]]) -> int:
    """Its strongest frequency, Hz."""
    spectrum = np.abs(np.fft.rfft(side * np.hanning(len(side))))
    return round(float(np.argmax(spectrum[10:]) + 10) * 16_000 / len(side))


def test_a_file_of_two_channels_is_a_call_of_agent_and_customer_in_its_own_time(
    context: BrowserContext, stack: Stack, tmp_path: Path
) -> None:
    file, at = tmp_path / "call.wav", np.arange(3 * RATE) / RATE
    sides = [np.round(9_000 * np.sin(2 * np.pi * hz * at)).astype(np.int16) for hz in TONES]
    with wave.open(str(file), "wb") as out:
        out.setparams((2, 2, RATE, 0, "NONE", ""))
        out.writeframes(np.stack(sides, 1).tobytes())
    page, redis = context.new_page(), Redis.from_url(stack.redis_url)
    chosen(page, stack)
    page.get_by_label("Record it").uncheck()
    page.get_by_label("A sound file of two channels").set_input_files(file)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_text("Not recorded")).to_be_visible()
    sid, asked = begun(page, redis, set())
    assert (asked["mode"], asked["audio"]["channels"], asked.get("record", False)) == ("assist", 2, False)
    wait_for(page, lambda: len(heard(redis, sid)) > 2 * 16_000)
    assert [abs(tone(heard(redis, sid)[:16_000, side]) - hz) < 5 for side, hz in enumerate(TONES)] == [
        True
    ] * 2
    wait_for(page, lambda: over(redis, sid))
    mono = tmp_path / "mono.wav"
    with wave.open(str(mono), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(sides[0].tobytes())
    page.get_by_role("button", name="Calls").click()
    page.get_by_label("A sound file of two channels").set_input_files(mono)
    expect(page.get_by_role("alert")).to_contain_text("This is no sound of two channels")


def test_the_desk_leads_to_the_other_pages_and_has_the_theme_that_was_chosen_there(
    context: BrowserContext, stack: Stack
) -> None:
    page = context.new_page()
    chosen(page, stack)
    expect(page.get_by_role("link", name="Desk", exact=True)).to_have_attribute("aria-current", "page")
    page.get_by_label("Theme").select_option("dark")
    page.evaluate(AXE.read_text())
    assert page.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))") == []
    page.get_by_role("link", name="Recorded sessions").click()
    expect(page).to_have_url(f"{stack.url}/replay")
    page.go_back()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_microphone_is_the_agent_and_what_is_shared_the_customer(
    launch: Launch, stack: Stack, tmp_path: Path
) -> None:
    spoken, at = tmp_path / "agent.wav", np.arange(20 * RATE) / RATE
    with wave.open(str(spoken), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(np.round(9_000 * np.sin(2 * np.pi * TONES[0] * at)).astype(np.int16).tobytes())
    browser = launch(*speaking(spoken))  # what is shared is heard from there, too
    page, redis = browser.new_page(), Redis.from_url(stack.redis_url)
    page.add_init_script(KEEPS)
    there: Any = redis
    before = set(there.zrange(keys.LIVE, 0, -1))
    chosen(page, stack)
    page.get_by_role("button", name="Microphone and a tab").click()
    sid, asked = begun(page, redis, before)
    assert (asked["mode"], asked["audio"]["channels"], asked["record"]) == ("assist", 2, True)
    expect(page.get_by_text("Recorded", exact=True)).to_be_visible()
    wait_for(page, lambda: len(heard(redis, sid)) > 3 * 16_000)
    assert [abs(tone(side) - TONES[0]) < 5 for side in heard(redis, sid)[-32_000:].T] == [True] * 2
    page.evaluate("agent.getAudioTracks()[0].enabled = false")
    so_far = len(heard(redis, sid))
    wait_for(page, lambda: len(heard(redis, sid)) > so_far + 2 * 16_000)
    agent, customer = (int(np.abs(side).max()) for side in heard(redis, sid)[-16_000:].T)
    assert (agent, customer > 500) == (0, True)
    page.get_by_role("button", name="End call").click()
    wait_for(page, lambda: over(redis, sid))
