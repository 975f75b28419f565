"""A recorded session again: the bytes that its viewers saw, in their own time, for whoever may read them."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from streaming.archive.kept import Batch, Kept, LogEntry
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.bus import Bus
from streaming.cli import run
from streaming.events import AudioFormat, SessionEnded, SessionStarted, TranscriptFinal
from streaming.ingress.replaying import Pace
from streaming.session import SessionPolicy
from streaming.wire import native as wire
from tests.gateway import Gateway, heard_until_closed

AT = 1_760_000_000_000
STARTED = SessionStarted("p1", "transcribe", [], SessionPolicy().limits(), "", AudioFormat())
EVENTS = [
    (0, STARTED),
    (200, TranscriptFinal(0, 1, "one", 0, 100, [], "en", 0.9, "tiny@0")),
    (1_000, TranscriptFinal(0, 2, "zwei — drei", 100, 900, [], "de", 0.9, "tiny@0")),
    (1_000, SessionEnded("client", [])),
]
LOG = [LogEntry(f"{AT + ms}-{n}", msgspec.json.encode(event)) for n, (ms, event) in enumerate(EVENTS)]
SHOWN = [wire.joined(entry.id, entry.body) for entry in LOG]


def asked(session: str = "p1", **more: Any) -> str:
    return json.dumps({"type": "session.replay", "session_id": session, **more})


@pytest.fixture
async def recorded(
    redis_url: str, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """A gateway with an archive that has a closed session p1, and an open one, p2, as far as its first final."""
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path))
    archive = open_archive(ArchivePolicy(), tmp_path)
    await archive.keep(Batch(Kept("p1", "shop", "transcribe", AT, state="closed"), log=LOG))
    await archive.keep(Batch(Kept("p2", "shop", "transcribe", AT), log=LOG[:2]))
    await archive.close()
    gateway = await Gateway(
        redis_url, keys=("shop:sesame",), readers=("shop/ann:read", "bank/bob:other"), max_viewers=2
    ).up()
    yield gateway
    await gateway.down()


async def replay(gateway: Gateway, request: str, key: str = "read") -> tuple[list[str], int, float]:
    """What came, the close code, and the seconds that it took."""
    names: Any = [wire.SUBPROTOCOL, wire.KEY_PREFIX + key]
    async with connect(gateway.url, subprotocols=names) as socket:
        began, frames = time.monotonic(), list[str]()
        await socket.send(request)
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(8):
                async for frame in socket:
                    frames.append(str(frame))
        return frames, socket.close_code or 0, time.monotonic() - began


async def test_a_replay_is_byte_for_byte_what_was_shown_and_takes_as_long(recorded: Gateway) -> None:
    frames, code, seconds = await replay(recorded, asked())
    assert (frames, code) == (SHOWN, 1000)
    assert seconds >= 1.0


async def test_speed_and_place_are_the_readers_choice(recorded: Gateway) -> None:
    frames, code, seconds = await replay(recorded, asked(speed=16, after=LOG[0].id))
    assert (frames, code) == (SHOWN[1:], 1000)
    assert seconds < 0.8


async def test_a_session_that_goes_on_is_replayed_as_far_as_it_is_kept(recorded: Gateway) -> None:
    frames, code, _ = await replay(recorded, asked("p2", speed=16))
    assert (frames, code) == (SHOWN[:2], 1000)


@pytest.mark.parametrize(
    ("request_", "key", "code", "close"),
    [
        (asked("nobody"), "read", "unknown_session", 1008),
        (asked(), "other", "unknown_session", 1008),
        (asked(), "sesame", "unauthorized", 1008),
        (asked(speed=17), "read", "bad_message", 1007),
        (asked(speed=0.4), "read", "bad_message", 1007),
        (asked(after="x"), "read", "bad_message", 1007),
    ],
)
async def test_a_replay_that_cannot_be_is_refused_with_a_reason(
    recorded: Gateway, request_: str, key: str, code: str, close: int
) -> None:
    frames, closed, _ = await replay(recorded, request_, key)
    assert [json.loads(frame)["code"] for frame in frames] == [code]
    assert closed == close


async def test_who_speaks_in_a_replay_is_told_that_it_takes_nothing(recorded: Gateway) -> None:
    names: Any = [wire.SUBPROTOCOL, wire.KEY_PREFIX + "read"]
    async with connect(recorded.url, subprotocols=names) as socket:
        await socket.send(asked(speed=0.5))
        await socket.recv()
        await socket.send(bytes(640))
        got, code = await heard_until_closed(socket)
    assert (got[-1]["code"], code) == ("order", 1002)


async def test_no_more_may_replay_at_once_than_may_watch(recorded: Gateway) -> None:
    names: Any = [wire.SUBPROTOCOL, wire.KEY_PREFIX + "read"]
    sockets = [await connect(recorded.url, subprotocols=names) for _ in range(2)]
    for socket in sockets:
        await socket.send(asked(speed=0.5))
        await socket.recv()
    watched = json.dumps({"type": "session.watch", "session_id": "p1"})
    for request in (asked(), watched):
        frames, code, _ = await replay(recorded, request)
        assert ([json.loads(frame).get("code") for frame in frames], code) == (["overloaded"], 1013)
    for socket in sockets:
        await socket.close()
    frames, code, _ = await replay(recorded, watched)
    assert (frames[1:], code) == (SHOWN, 1000)


async def test_the_command_shows_a_session_as_it_was(
    recorded: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["replay", "p1", "--speed", "16", "--url", recorded.url, "--key", "read"]
    assert await asyncio.to_thread(run, [*words, "--json"]) == 0
    assert capsys.readouterr().out.splitlines() == SHOWN
    assert await asyncio.to_thread(run, words) == 0
    assert capsys.readouterr().out.splitlines() == ["one", "zwei — drei"]
    assert await asyncio.to_thread(run, ["replay", "p3", "--url", recorded.url, "--key", "read"]) == 1
    assert "session" in capsys.readouterr().err


def test_an_entry_is_due_as_long_after_the_first_as_it_was_written_after_it() -> None:
    pace = Pace(4.0)
    assert pace.wait_s("1000-0", 50.0) == 0.0
    assert pace.wait_s("3000-1", 50.1) == pytest.approx(0.4)
    assert pace.wait_s("3000-2", 51.0) == 0.0, "who is late waits no more"
