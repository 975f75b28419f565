"""A paused session: what is said or typed meanwhile goes no further than the gateway's edge, and it adds up."""

import asyncio
import json
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from streaming import keys
from streaming.bus import Bus
from streaming.client.client import Client
from streaming.events import AudioFormat
from streaming.facts import Ended, Finalize, Heard, Mark, SessionConfig, Skipped, Typed, Updated
from streaming.feed import Entry
from streaming.wire.messages import SessionStart
from tests.gateway import SECOND, START, Gateway, eventually

SECRET = b"\x11\x7f" * 16_000
"""A second of sound that is to be found nowhere."""


def said(message: str, **more: Any) -> str:
    return json.dumps({"type": f"session.{message}", **more})


async def begun(url: str) -> tuple[ClientConnection, dict[str, Any]]:
    socket = await connect(url)
    await socket.send(START)
    return socket, json.loads(await socket.recv())


async def told(bus: Bus, sid: str, marks: int) -> tuple[list[Entry], list[Mark]]:
    """The sound's stream, once there are so many marks in it."""
    entries = await eventually(
        lambda: bus.read(keys.audio(sid)), lambda found: sum(bool(entry.body) for entry in found) >= marks
    )
    return entries, [msgspec.json.decode(entry.body, type=Mark) for entry in entries if entry.body]


def paused(marks: list[Mark]) -> int:
    """Samples that are told as paused."""
    return sum(mark.samples for mark in marks if isinstance(mark, Skipped) and mark.reason == "paused")


def typed(heard: list[Entry]) -> list[str]:
    """What was typed, of what the moderator is to see."""
    facts = [msgspec.json.decode(one.body, type=Heard) for one in heard]
    return [fact.text for fact in facts if isinstance(fact, Typed)]


async def acked(socket: ClientConnection, samples: int) -> None:
    async with asyncio.timeout(10):
        while json.loads(await socket.recv()).get("samples") != samples:
            pass


async def test_sound_that_comes_while_paused_is_counted_and_dropped_at_the_edge(
    gateway: Gateway, bus: Bus
) -> None:
    socket, started = await begun(gateway.url)
    await socket.send(SECOND)
    await socket.send(said("pause"))
    await socket.send(said("pause"))
    for _ in range(15):
        await socket.send(SECRET)
        await asyncio.sleep(0.02)
    await socket.send('{"type":"audio.skip","samples":100}')
    await socket.send(said("unpause"))
    await socket.send(SECOND)
    await socket.send(said("end"))
    await acked(socket, 17 * 16_000 + 100)
    entries, marks = await told(bus, started["session_id"], 5)
    assert [type(mark) for mark in marks if not isinstance(mark, Skipped)] == [
        Finalize,
        Updated,
        Updated,
        Ended,
    ]
    assert paused(marks) == 15 * 16_000 + 100
    assert isinstance(marks[-1], Ended)
    assert marks[-1].samples == 17 * 16_000 + 100
    assert [entry.id for entry in entries[:3]] == ["16000-0", "16000-1", "16000-2"]
    assert b"".join(entry.pcm for entry in entries) == SECOND + SECOND
    await socket.close()


async def test_a_client_that_pauses_sends_no_sound_and_its_clock_goes_on(gateway: Gateway, bus: Bus) -> None:
    start = SessionStart(audio=AudioFormat("pcm_s16le", 44_100, 2))
    frames: list[str | bytes] = []
    async with Client(gateway.url, start=start) as client:
        keep = client._outbox._frame  # pyright: ignore[reportPrivateUsage]

        def frame() -> str | bytes | None:
            made = keep()
            frames.extend([made] if made else [])
            return made

        client._outbox._frame = frame  # pyright: ignore[reportPrivateUsage]
        loud = bytes(44_100 * 4)
        await client.send(loud)
        client.pause()
        client.pause()
        for _ in range(30):
            await client.send(b"\x11\x7f" * 44_100)
            client.feed(b"\x11\x7f" * 44_100)
        client.unpause()
        client.unpause()
        await client.send(loud)
        client.end()
        _, marks = await told(bus, client.session_id, 6)
    assert not any(b"\x11\x7f" in frame for frame in frames if isinstance(frame, bytes))
    assert sum(len(frame) for frame in frames if isinstance(frame, bytes)) == 2 * len(loud)
    assert sum("pause" in frame for frame in frames if isinstance(frame, str)) == 2
    assert isinstance(marks[-1], Ended)
    assert (paused(marks), marks[-1].samples) == (30 * 16_000, 32 * 16_000)


async def test_a_pause_outlives_the_connection_and_the_gateway(redis_url: str, bus: Bus) -> None:
    first = await Gateway(redis_url).up()
    socket, started = await begun(first.url)
    sid = started["session_id"]
    await socket.send(SECOND)
    await socket.send(said("pause", ref="p"))
    await told(bus, sid, 2)
    await first.down()
    second = await Gateway(redis_url).up()
    try:
        async with connect(second.url) as socket:
            await socket.send(said("resume", session_id=sid, resume_token=started["resume_token"]))
            resumed = json.loads(await socket.recv())
            assert (resumed["have_samples"], resumed["paused"]) == (16_000, True)
            await socket.send(SECRET)
            await socket.send(said("unpause", ref="u"))
            await socket.send(SECOND)
            await told(bus, sid, 4)
        async with connect(
            second.url
        ) as socket:  # a client that is back says again what may not have arrived
            await socket.send(said("resume", session_id=sid, resume_token=started["resume_token"]))
            assert not json.loads(await socket.recv())["paused"]
            await socket.send(said("pause", ref="p"))
            await socket.send(said("unpause", ref="u"))
            await socket.send(SECOND)
            await socket.send(said("end"))
            entries, marks = await told(bus, sid, 5)
    finally:
        await second.down()
    kinds = [Finalize, Updated, Skipped, Updated, Ended]
    assert [type(mark) for mark in marks] == kinds
    assert b"".join(entry.pcm for entry in entries) == SECOND * 3
    config = msgspec.json.decode(await bus.call("HGET", keys.session(sid), "config"), type=SessionConfig)
    assert not config.paused


async def test_text_that_is_typed_while_paused_is_refused_by_name_and_written_nowhere(
    gateway: Gateway, bus: Bus
) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START.replace("{", '{"mode":"chat",', 1))
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(said("pause"))
        await socket.send('{"type":"text","text":"4111 1111 1111 1111","ref":"t"}')
        async with asyncio.timeout(5):
            while (answer := json.loads(await socket.recv()))["type"] != "error":
                pass
        assert (answer["code"], answer["ref"], answer.get("fatal", False)) == ("paused", "t", False)
        await socket.send(said("unpause"))
        await socket.send('{"type":"text","text":"hello"}')
        heard = await eventually(lambda: bus.read(keys.heard(sid)), typed)
        assert typed(heard) == ["hello"]


async def test_text_that_was_taken_before_a_pause_is_not_refused_when_it_is_said_again(
    gateway: Gateway, bus: Bus
) -> None:
    text = '{"type":"text","text":"hello","ref":"t"}'
    async with connect(gateway.url) as socket:
        await socket.send(START.replace("{", '{"mode":"chat",', 1))
        started = json.loads(await socket.recv())
        sid = started["session_id"]
        await socket.send(text)
        await socket.send(said("pause", ref="p"))
        await told(bus, sid, 2)
    async with connect(gateway.url) as socket:
        await socket.send(said("resume", session_id=sid, resume_token=started["resume_token"]))
        assert json.loads(await socket.recv())["paused"]
        for again in (text, said("pause", ref="p"), text.replace('"t"}', '"new"}')):
            await socket.send(again)
        async with asyncio.timeout(5):
            while (answer := json.loads(await socket.recv()))["type"] != "error":
                pass
        assert (answer["code"], answer["ref"]) == ("paused", "new")
    heard = await bus.read(keys.heard(sid))
    assert typed(heard) == ["hello"]


async def test_an_update_in_a_pause_changes_what_it_says_and_nothing_else(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(said("pause"))
        await socket.send(SECRET)
        await socket.send(said("update", language="de"))
        await socket.send(SECRET)
        await socket.send(said("end"))
        entries, marks = await told(bus, sid, 6)
    updates = [mark.config for mark in marks if isinstance(mark, Updated)]
    assert [(config.language, config.paused) for config in updates] == [(None, True), ("de", True)]
    assert paused(marks) == 32_000
    assert not any(entry.pcm for entry in entries)
