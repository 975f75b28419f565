"""A real headless Chromium, and a page of the fake server."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.fake_server import FakeServer

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=15_000)  # the machine may have other things to do

Launch = Callable[..., Browser]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """The driver. It keeps an event loop running in this thread, so it must not outlive its module."""
    with sync_playwright() as driver:
        yield driver


def speaking(sound: Path | None) -> list[str]:
    """Flags of a browser whose microphone is a file (48 kHz WAV), said once; without one it beeps."""
    device = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    return [*device, f"--use-file-for-fake-audio-capture={sound}%noloop"] if sound else device


@pytest.fixture(scope="module")
def launch(playwright: Playwright) -> Iterator[Launch]:
    """Start Chromium with more flags; it is closed with the module."""
    chromium = shutil.which("chromium")
    assert chromium, "the page's tests need Debian's chromium"
    with ExitStack() as closing:

        def launching(*flags: str) -> Browser:
            browser = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *flags])
            closing.callback(browser.close)
            return browser

        yield launching


@pytest.fixture(scope="module")
def browser(launch: Launch) -> Browser:
    """A browser that asks nobody before it gives the microphone, and beeps into it."""
    return launch(*speaking(None))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh profile."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """A server that does what the test tells it."""
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def page(context: BrowserContext, fake: FakeServer) -> Page:
    """The page of the fake server, opened. A script error fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.goto(fake.url)
    return page
