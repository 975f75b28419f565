"""How each dialect's socket ends: nothing that was said is lost, the last word comes before the close, and whoever does
not read, or is not there any more, is let go."""

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from streaming import keys
from streaming.bus import Bus
from streaming.events import EndReason, Event, SessionEnded, TranscriptFinal
from streaming.facts import Ended
from streaming.ingress import websocket
from streaming.ingress.guests import translated
from streaming.session import SessionPolicy
from streaming.wire.deepgram import asked
from streaming.wire.deepgram.flux import asked as flux
from tests.closings import CLIENTS, SAMPLES
from tests.gateway import Gateway, eventually
from tests.integration.test_twilio_door import ended, session
from tests.media_stream import mark

POLICY = SessionPolicy(resume_window_s=1, idle_timeout_s=0.7, ack_s=0.1, slow_viewer_s=0.5)
EACH = pytest.mark.parametrize("dialect", CLIENTS)


@pytest.fixture
async def patient(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """A gateway that lets go of whoever does not read, or says nothing, soon."""
    gateway = await Gateway(redis_url, POLICY).up()
    yield gateway
    await gateway.down()


@pytest.fixture
async def hasty(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    """The same, but whoever says nothing may stay."""
    gateway = await Gateway(redis_url, replace(POLICY, idle_timeout_s=30)).up()
    yield gateway
    await gateway.down()


async def told(bus: Bus, sid: str, *events: Event) -> None:
    """Write to a session's log, all in one breath."""
    script = "for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[i]) end"
    await bus.call("EVAL", script, 1, keys.events(sid), *map(msgspec.json.encode, events))


def final(text: str, segment: int = 0) -> TranscriptFinal:
    return TranscriptFinal(0, segment, text, 0, 200, [], "en", 1.0, "m@h")


async def heard(client: ClientConnection) -> tuple[str, int, str]:
    """All that comes, as one text, and how it is closed."""
    got: list[str] = []
    try:
        async with asyncio.timeout(10):
            while True:
                got.append(str(await client.recv()))
    except ConnectionClosed:
        return " ".join(got), client.close_code or 0, client.close_reason or ""


async def over(bus: Bus, sid: str) -> Ended:
    """How its sound ended: all of it is counted once."""
    sound, marks = await ended(bus, sid)
    [end] = [one for one in marks if isinstance(one, Ended)]
    assert end.samples == len(sound) // 2
    return end


@EACH
@pytest.mark.parametrize("way", ["bye", "cut", "idle"])
async def test_a_session_ends_for_the_reason_that_its_client_had(
    patient: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch, dialect: str, way: str
) -> None:
    monkeypatch.setattr(asked, "QUIET_S", 0.7)
    monkeypatch.setattr(flux, "QUIET_S", 0.7)
    kind = CLIENTS[dialect]
    client = await kind.connect(patient)
    sid = (await session(bus)).session_id
    match way:
        case "bye" if kind.bye:
            await client.send(kind.bye)
        case "bye":
            await client.close()
        case "cut":
            await eventually(lambda: bus.call("HGET", keys.session(sid), "stored"), bool)
            client.transport.abort()
        case _:
            pass
    reasons: dict[str, EndReason] = {"bye": "client", "cut": "lost", "idle": "idle"}
    assert await over(bus, sid) == Ended(SAMPLES, reasons[way])
    await client.close()


@EACH
async def test_the_last_word_comes_before_the_close(patient: Gateway, bus: Bus, dialect: str) -> None:
    client = await CLIENTS[dialect].connect(patient)
    sid = (await session(bus)).session_id
    await told(bus, sid, *(final(f"word {n}", n) for n in range(30)), SessionEnded("failed", []))
    text, code, _ = await heard(client)
    assert ("word 29" in text) == (dialect != "twilio")  # which has no word for it
    assert code == (1011 if dialect == "realtime" else 1000)


async def test_a_result_that_is_held_back_is_told_before_the_close(
    patient: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "QUIET_S", 0.7)
    monkeypatch.setattr(translated, "HELD_S", 5.0)
    client = await CLIENTS["deepgram"].connect(patient)
    await told(bus, (await session(bus)).session_id, final("the last word"))
    text, code, reason = await heard(client)
    assert (code, reason[:8]) == (1011, "NET-0001")
    assert "the last word" in text


@EACH
async def test_a_client_that_never_reads_is_let_go(
    hasty: Gateway, bus: Bus, monkeypatch: pytest.MonkeyPatch, dialect: str
) -> None:
    monkeypatch.setattr(websocket, "LAST_S", 0.5)
    line = sockets.socket()
    line.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    line.connect(("127.0.0.1", hasty.port))
    client = await CLIENTS[dialect].connect(
        hasty, sock=line, max_queue=1, ping_interval=None, close_timeout=0.1
    )
    sid = (await session(bus)).session_id
    with suppress(ConnectionClosed):  # some are let go before all is sent
        for n in range(64):
            if dialect == "twilio":  # it is told what it said itself
                await client.send(json.dumps(mark(f"{n}" + "x" * 200_000)))
            else:
                await told(bus, sid, *(final("x" * 8_000, 20 * n + m) for m in range(20)))
    assert await over(bus, sid) == Ended(SAMPLES, "lost")
    assert await eventually(lambda: open_at(hasty.port), lambda count: not count) == 0
    await client.close()


async def open_at(port: int) -> int:
    """Connections that the server at a port has open, as the kernel sees them."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)
