"""`vivavoce watch`: a session that goes on, in the terminal."""

import argparse
import asyncio
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct, field

from streaming.client.dial import absent, address
from streaming.client.finishing import finished
from streaming.client.watcher import Watcher
from streaming.refusal import Refusal, Usage
from streaming.talk.reach import server
from streaming.view import JsonView, View
from streaming.wire.messages import SessionWatch
from streaming.wire.native import EVENT_ID

SHOWN: Final = 20
ANSWER_S: Final = 10


class Going(Struct, frozen=True):
    """A session that goes on, as the server lists it."""

    session_id: str
    mode: str = ""
    started_at: int = 0
    duration_ms: int = 0
    metadata: dict[str, str] = field(default_factory=dict[str, str])


class _Listed(Struct, frozen=True):
    sessions: list[Going]


class _Wrong(Struct, frozen=True):
    message: str


class _Failed(Struct, frozen=True):
    error: _Wrong


def run(options: argparse.Namespace) -> int:
    """Watch what the command line names; the exit code. Raises Refusal."""
    if not EVENT_ID.fullmatch(options.after):
        raise Usage(f"--after {options.after!r} is no id of an event: see `vivavoce watch --json`")
    finished(_watch(options))
    return 0


async def _watch(options: argparse.Namespace) -> None:
    url, key = server(options)
    session = options.session or await _chosen(url, key)
    asked = SessionWatch(session_id=session, token=options.token, after=options.after)
    with JsonView() if options.json else View() as view:
        async for message in Watcher(url, asked, key=key):
            view.show(message)


async def _chosen(url: str, key: str | None) -> str:
    """The session that goes on; if there are several, the one that is picked at the terminal."""
    going = await asyncio.to_thread(listed, url, key)
    if not going:
        raise Refusal(
            "no session goes on there: start one with `vivavoce transcribe`, or name one that was recorded"
        )
    if len(going) == 1:
        return going[0].session_id
    if not sys.stdin.isatty():
        named = ", ".join(one.session_id for one in going[:SHOWN])
        raise Usage(f"name the session to watch, one of: {named}")
    return await asyncio.to_thread(_picked, going[:SHOWN])


def _picked(going: Sequence[Going]) -> str:
    for number, one in enumerate(going, start=1):
        told = " ".join(f"{name}={value}" for name, value in one.metadata.items())
        spoken = timedelta(seconds=one.duration_ms // 1000)
        sys.stderr.write(f"{number:3}  {one.session_id}  {one.mode}  {spoken}  {told}".rstrip() + "\n")
    while True:
        try:
            answer = input("which? ")
        except EOFError:
            raise Usage("name the session to watch") from None
        with suppress(ValueError, IndexError):
            number = int(answer)
            if number > 0:
                return going[number - 1].session_id


def listed(url: str, key: str | None) -> list[Going]:
    """What goes on at a server. Raises Refusal."""
    parts = urlsplit(address(url))
    scheme = "https" if parts.scheme == "wss" else "http"
    path = parts.path.removesuffix("/v1/stream") + "/v1/sessions"
    where = urlunsplit((scheme, parts.netloc, path, "live=1", ""))
    asked = urllib.request.Request(where, headers={"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_S) as answer:
            return msgspec.json.decode(answer.read(), type=_Listed).sessions
    except urllib.error.HTTPError as wrong:
        with suppress(msgspec.MsgspecError):
            raise Refusal(msgspec.json.decode(wrong.read(), type=_Failed).error.message) from None
        raise Refusal(f"{where} answers {wrong.code}: name the session to watch") from None
    except (OSError, msgspec.MsgspecError) as wrong:
        told = absent(where, wrong)
        raise Refusal(told) from None
