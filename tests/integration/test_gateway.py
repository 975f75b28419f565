"""The gateway on a real Redis and real sockets: what clients send is kept, whatever happens to them."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus
from streaming.client.client import Client, ClientPolicy
from streaming.errors import ServiceFault
from streaming.events import AudioFormat, SessionEnded, SpeechStarted
from streaming.facts import Ended, Mark, Skipped, SoundEnded, Typed
from streaming.wire import messages as said
from tests.gateway import SECOND, START, Gateway, eventually, heard_until_closed
from tests.stack import free_port


async def test_sound_stands_in_the_stream_by_its_end_whatever_its_rate(gateway: Gateway, bus: Bus) -> None:
    start = said.SessionStart(audio=AudioFormat("mulaw", 8_000, 2))
    async with Client(gateway.url, start=start) as client:
        for _ in range(50):
            await client.send(bytes(320))
        client.skip(4_000)
        client.feed(bytes(321 * 2))
        client.end()
        entries = await stored(bus, client.session_id, marks=2)
    assert sum(len(entry.pcm) for entry in entries) == (50 * 320 + 642) * 4
    ends = [int(entry.id.split("-")[0]) for entry in entries]
    assert ends == sorted(ends)
    facts = [msgspec.json.decode(entry.body, type=Mark) for entry in entries if entry.body]
    assert facts == [Skipped(8_000), Ended(50 * 320 + 8_000 + 642)]
    assert ends[-1] == 50 * 320 + 8_000 + 642


async def stored(bus: Bus, sid: str, marks: int) -> list[Any]:
    """The sound of a session once it has so many marks."""
    return await eventually(
        lambda: bus.read(keys.audio(sid)), lambda entries: sum(bool(entry.body) for entry in entries) >= marks
    )


async def test_typed_text_goes_to_the_moderator_and_into_nothing_else(gateway: Gateway, bus: Bus) -> None:
    async with Client(gateway.url, start=said.SessionStart(mode="chat")) as client:
        client.text("hello there")
        client.end()
        heard = await eventually(
            lambda: bus.read(keys.heard(client.session_id)), lambda found: len(found) == 2
        )
        assert [entry.body for entry in heard] == [
            msgspec.json.encode(Typed("hello there")),
            msgspec.json.encode(SoundEnded([])),
        ]
        assert len(await bus.read(keys.events(client.session_id))) == 1


async def resumes(client: Client) -> int:
    """How often the client was back."""
    return client.resumes


async def test_a_client_cut_off_again_and_again_loses_no_sample_and_no_event(
    gateway: Gateway, bus: Bus
) -> None:
    url = f"ws://127.0.0.1:{gateway.proxy.port}"
    sound = b"".join(n.to_bytes(2, "little", signed=True) for n in range(-32_000, 32_000))
    got: list[int] = []

    async def read(client: Client) -> None:
        got.extend([m.event.at_ms async for m in client if isinstance(m.event, SpeechStarted)])

    async with Client(url) as client:
        reading = asyncio.create_task(read(client))
        for n in range(40):
            await client.send(sound[n * 3_200 : (n + 1) * 3_200])
            await bus.append(
                keys.events(client.session_id), msgspec.json.encode(SpeechStarted(0, n)), ttl_ms=60_000
            )
            gateway.proxy.deaf = n % 8 in (3, 4, 5)  # until the cut
            if n % 8 == 5:
                await asyncio.sleep(0.1)
                gateway.proxy.cut()
                assert await eventually(lambda: resumes(client), lambda times, n=n: times == n // 8 + 1)
            await asyncio.sleep(0.02)
        client.end()
        entries = await stored(bus, client.session_id, marks=1)
        ended = msgspec.json.encode(SessionEnded("client", []))
        await bus.append(keys.events(client.session_id), ended, ttl_ms=60_000)
        await asyncio.wait_for(reading, 5)
    assert client.resumes == 5
    assert b"".join(entry.pcm for entry in entries) == sound
    assert got == list(range(40))


async def test_a_second_connection_takes_the_session_over_and_the_first_is_told(gateway: Gateway) -> None:
    async with connect(gateway.url) as first, connect(gateway.url) as second:
        await first.send(START)
        started = json.loads(await first.recv())
        await first.send(SECOND)
        await first.recv()
        resume = {key: started[key] for key in ("session_id", "resume_token")}
        await second.send(json.dumps({"type": "session.resume", **resume}))
        assert json.loads(await second.recv())["have_samples"] == 16_000
        await first.send(SECOND)
        got, closed = await heard_until_closed(first)
        assert (got[-1]["code"], closed) == ("replaced", 4409)
        replayed = json.loads(await second.recv())
        assert replayed["type"] == "session.started"
        assert "resume_token" not in replayed


async def test_a_message_sent_again_after_a_resume_is_taken_once(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as first, connect(gateway.url) as second:
        await first.send('{"type":"session.start","mode":"chat"}')
        started = json.loads(await first.recv())
        await first.send('{"type":"text","text":"once","ref":"a"}')
        await asyncio.sleep(0.2)
        resume = {key: started[key] for key in ("session_id", "resume_token")}
        await second.send(json.dumps({"type": "session.resume", **resume}))
        await second.send('{"type":"text","text":"once","ref":"a"}')
        await second.send('{"type":"text","text":"twice","ref":"b"}')
        await asyncio.sleep(0.3)
        heard = await bus.read(keys.heard(started["session_id"]))
        assert [msgspec.json.decode(entry.body, type=Typed).text for entry in heard] == ["once", "twice"]


async def test_a_session_whose_client_does_not_come_back_is_ended_as_lost(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(SECOND)
        await socket.recv()
    last = (await eventually(lambda: bus.read(keys.audio(sid)), lambda found: found[-1].body))[-1]
    assert msgspec.json.decode(last.body, type=Mark) == Ended(16_000, "lost")
    assert await eventually(lambda: bus.call("ZCARD", keys.LIVE), lambda found: found == 0) == 0


async def test_a_session_in_which_nothing_happens_is_ended_as_idle(gateway: Gateway, bus: Bus) -> None:
    async with connect(gateway.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        entries = await stored(bus, sid, marks=1)
        assert msgspec.json.decode(entries[-1].body, type=Mark) == Ended(0, "idle")


async def test_every_key_of_a_session_has_an_end(gateway: Gateway, bus: Bus) -> None:
    async with Client(gateway.url, start=said.SessionStart(mode="chat", audio=AudioFormat())) as client:
        await client.send(SECOND)
        client.text("hi")
        await asyncio.sleep(0.3)
        names = await bus.call("KEYS", f"*:{client.session_id}:*")
        assert len(names) >= 5
        for name in names:
            assert 0 < await bus.call("PTTL", name) <= keys.KEPT_MS, name


async def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(ServiceFault, match="vivavoce serve"):
        async with Client(f"http://127.0.0.1:{free_port()}"):
            pass


async def test_a_server_that_stays_away_is_given_up_in_so_many_words(gateway: Gateway) -> None:
    policy = ClientPolicy(give_up_s=0.5)
    async with Client(f"http://127.0.0.1:{gateway.proxy.port}", policy=policy) as client:
        gateway.proxy.refusing = True
        gateway.proxy.cut()
        with pytest.raises(ServiceFault, match="has not answered"):
            async for _ in client:
                pass
