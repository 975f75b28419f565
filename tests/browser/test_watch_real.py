"""`/?watch=` in a real Chromium, at the real gateway, while somebody types and the moderator answers for it."""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from websockets.sync.client import ClientConnection, connect

from tests.browser.calling import desk_stack
from tests.stack import Stack
from tests.viewers import CHAT

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A gateway that wants keys, and a moderator, each a process."""
    keys = {"VIVAVOCE_SERVER__KEYS": "shop:speak", "VIVAVOCE_SERVER__READERS": "shop/ann:read"}
    with desk_stack(tmp_path_factory.mktemp("logs"), **keys) as one:
        yield one


@contextmanager
def speaker(stack: Stack, first: str) -> Generator[tuple[ClientConnection, dict[str, Any]]]:
    """Somebody's socket, and the first answer."""
    url = stack.url.replace("http", "ws") + "/v1/stream"
    with connect(url, additional_headers={"Authorization": "Bearer speak"}) as socket:
        socket.send(first)
        yield socket, json.loads(socket.recv())


def watching(context: BrowserContext, stack: Stack, sid: str, shown: str) -> Page:
    viewer = context.new_page()
    viewer.on("pageerror", lambda error: pytest.fail(f"the page raised {error}"))
    viewer.goto(f"{stack.url}/?watch={sid}#{shown}")
    return viewer


def test_what_is_typed_is_read_as_it_is_moderated_and_on_over_a_loss_to_its_end(
    context: BrowserContext, stack: Stack
) -> None:
    with speaker(stack, CHAT) as (owner, started):
        sid = started["session_id"]
        viewer = watching(context, stack, sid, f"token={started['watch_token']}")
        log = viewer.get_by_role("log")
        owner.send('{"type":"text","text":"my card is 4111 1111 1111 1111, thanks"}')
        expect(log).to_contain_text("thanks")
        assert "4111" not in viewer.content()
        assert started["watch_token"] not in viewer.url
        stack.cut()
    resume = {"type": "session.resume", "session_id": sid, "resume_token": started["resume_token"]}
    with speaker(stack, json.dumps({**resume, "last_event_id": "0-0"})) as (owner, resumed):
        assert resumed["type"] == "session.resumed"
        owner.send('{"type":"text","text":"and I am back"}')
        expect(log).to_contain_text("and I am back")
        expect(log.get_by_text("thanks")).to_have_count(1)
        owner.send('{"type":"session.end"}')
        expect(viewer.get_by_role("contentinfo")).to_contain_text("Session ended")


def test_without_its_token_a_readers_key_of_its_tenant_opens_it(
    context: BrowserContext, stack: Stack
) -> None:
    with speaker(stack, CHAT) as (owner, started):
        owner.send('{"type":"text","text":"hello reader"}')
        viewer = watching(context, stack, started["session_id"], "")
        expect(viewer.get_by_role("alert")).to_contain_text("This session cannot be watched.")
        viewer.get_by_label("Reader's key").fill("read")
        viewer.get_by_role("button", name="Use this key").click()
        expect(viewer.get_by_role("log")).to_contain_text("hello reader")
