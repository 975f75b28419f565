"""The components for the desks of others: a bare page of another origin embeds them from the package, in Chromium."""

import functools
import http.server
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import calling
from tests.browser.calling import AGENT, CUSTOMER, Call, final
from tests.browser.test_page_trouble import wait_for
from tests.stack import ROOT, Stack, free_port

pytestmark = pytest.mark.browser

PORT = free_port()
ORIGIN = f"http://127.0.0.1:{PORT}"
PACKAGE = ROOT / "web" / "package"
SETTINGS = {
    "VIVAVOCE_SERVER__KEYS": "shop:speak",
    "VIVAVOCE_SERVER__READERS": "shop/ann:read",
    "VIVAVOCE_SERVER__ORIGINS": ORIGIN,
    "VIVAVOCE_RECORDER__BATCH_S": "1",
}


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of a folder; nothing is logged."""

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Somebody else's site: the package, unpacked, and what a test puts beside it."""
    subprocess.run([ROOT / "deploy" / "page", "pack"], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    folder = tmp_path_factory.mktemp("site")
    [packed] = PACKAGE.glob("*.tgz")
    with tarfile.open(packed) as tar:
        tar.extractall(folder, filter="data")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", PORT), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield folder
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with calling.desk_stack(tmp_path_factory.mktemp("logs"), "recorder", **SETTINGS) as stack:
        yield stack


@pytest.fixture
def call(stack: Stack) -> Iterator[Call]:
    with calling.calling(stack, key="speak", record=True) as call:
        yield call


def embedded(context: BrowserContext, site: Path, stack: Stack, call: Call, elements: str) -> Page:
    """A page with these elements; URL and TICKET stand for the call's."""
    here, key = f"{stack.url}/v1/sessions/{call.sid}", {"Authorization": "Bearer read"}
    asked = {"may": "assist", "name": "agent-7"}
    ticket = context.request.post(f"{here}/ticket", data=asked, headers=key).json()["ticket"]
    body = elements.replace("URL", here).replace("TICKET", ticket)
    script = '<script type="module" src="package/dist/vivavoce-components.js"></script>'
    (site / "bare.html").write_text(f"<!doctype html><title>Bare</title>{script}{body}")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    page.goto(f"{ORIGIN}/bare.html")
    return page


def test_a_bare_page_of_another_origin_shows_a_call_and_acts_in_it_by_a_ticket_alone(
    context: BrowserContext, site: Path, stack: Stack, call: Call
) -> None:
    elements = "".join(
        f'<vv-{name} url="URL" ticket="TICKET"></vv-{name}>' for name in ("transcript", "assist")
    )
    page = embedded(context, site, stack, call, elements)
    call.tell(final(AGENT, 900, "Good morning."))
    call.suggest(1, "What about a lost parcel?", "It is paid back.")
    expect(page.get_by_role("region", name="Agent")).to_contain_text("Good morning.")
    expect(page.get_by_role("region", name="Customer")).to_contain_text("What about a lost parcel?")
    page.get_by_role("article", name="Suggestion 1").get_by_role("button", name="Reject").click()
    wait_for(page, lambda: call.kinds("suggestion.feedback"))
    [told] = call.kinds("suggestion.feedback")
    assert (told["suggestion"], told["action"], told["by"]) == (1, "rejected", "agent-7")
    assert [one["who"] for one in call.kinds("viewer.joined")] == [
        "agent-7"
    ]  # both elements share a connection


def test_a_bare_page_replays_a_recorded_call(
    context: BrowserContext, site: Path, stack: Stack, call: Call
) -> None:
    call.owner.send(bytes(2 * 64_000))
    call.tell(final(CUSTOMER, 1, "What about a lost parcel?"))
    here = f"{stack.url}/v1/sessions/{call.sid}/transcript"
    key = {"Authorization": "Bearer read"}
    page = context.new_page()
    wait_for(page, lambda: "parcel" in context.request.get(here, headers=key).text())
    page = embedded(context, site, stack, call, '<vv-replay url="URL" ticket="TICKET"></vv-replay>')
    expect(page.locator("vv-lines")).to_contain_text("lost parcel")
    expect(page.locator("vv-wave")).to_be_visible()
    expect(page.locator("vv-replay p[role=alert]").first).to_be_empty()
