"""`vivavoce.Watcher` and `vivavoce watch`: a session read from outside, to its end, or from the archive."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from websockets.asyncio.client import connect

from streaming import keys
from streaming.archive.kept import Batch, Kept, LogEntry
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.bus import Bus
from streaming.cli import run
from streaming.client.dial import ClientPolicy
from streaming.client.watcher import Watcher
from streaming.errors import ClientFault, ServiceFault
from streaming.events import SpeechStarted, TranscriptFinal
from streaming.facts import Ended, Mark
from streaming.wire import native as wire
from streaming.wire.messages import SessionWatch
from tests.gateway import POLICY, SECOND, START, Gateway, eventually, heard_until_closed
from tests.stack import free_port
from tests.viewers import ENDED, begun, tell, watch

PATIENT = replace(POLICY, resume_window_s=30, idle_timeout_s=60)
"""Nobody is to be taken for lost or idle here, however long a command takes to start on a busy machine."""
FINAL = TranscriptFinal(0, 1, "the very words", 0, 100, [], "en", 0.9, "tiny@0")


@pytest.fixture
async def gateway(redis_url: str, bus: Bus) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis_url, PATIENT).up()
    yield gateway
    await gateway.down()


async def test_a_watcher_goes_on_behind_what_it_has_seen_whenever_it_is_cut_off(
    gateway: Gateway, bus: Bus
) -> None:
    owner, started = await begun(gateway)
    sid = started["session_id"]
    asked = SessionWatch(session_id=sid, token=started["watch_token"])
    watcher = Watcher(f"ws://127.0.0.1:{gateway.proxy.port}", asked)
    got: list[int] = []

    async def read() -> None:
        async for message in watcher:
            got.extend([message.event.at_ms] if isinstance(message.event, SpeechStarted) else [])

    async def seen() -> int:
        return len(got)

    reading = asyncio.create_task(read())
    for n in range(12):
        await tell(bus, sid, SpeechStarted(0, n))
        if n % 4 == 3:
            await eventually(seen, lambda count, n=n: count == n + 1)
            gateway.proxy.cut()
    await tell(bus, sid, ENDED)
    await asyncio.wait_for(reading, 10)
    assert got == list(range(12))
    owner.transport.abort()


async def test_a_watcher_is_told_why_it_cannot_watch_and_when_its_server_stays_away(
    gateway: Gateway, bus: Bus
) -> None:
    with pytest.raises(ClientFault, match="not for you") as refused:
        await anext(aiter(Watcher(gateway.url, SessionWatch(session_id="none", token="x"))))
    assert refused.value.code == "unknown_session"
    with pytest.raises(ServiceFault, match="vivavoce serve"):
        await anext(aiter(Watcher(f"ws://127.0.0.1:{free_port()}", SessionWatch(session_id="none"))))
    owner, started = await begun(gateway)
    asked = SessionWatch(session_id=started["session_id"], token=started["watch_token"])
    through = f"ws://127.0.0.1:{gateway.proxy.port}"
    messages = aiter(Watcher(through, asked, policy=ClientPolicy(give_up_s=0.5)))
    await anext(messages)
    gateway.proxy.refusing = True
    gateway.proxy.cut()
    with pytest.raises(ServiceFault, match="has not answered"):
        async for _ in messages:
            pass
    owner.transport.abort()


async def test_the_command_shows_the_session_that_goes_on_and_names_them_where_there_are_several(
    gateway: Gateway, bus: Bus, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["watch", "--url", f"http://127.0.0.1:{gateway.port}"]
    assert await asyncio.to_thread(run, command) == 1
    assert "no session goes on" in capsys.readouterr().err
    owner, started = await begun(gateway)
    watching = asyncio.create_task(asyncio.to_thread(run, command))
    events = keys.events(started["session_id"])
    await eventually(
        lambda: bus.read(events), lambda found: any(b"viewer.joined" in one.body for one in found)
    )
    other, second = await begun(gateway)
    assert await asyncio.to_thread(run, command) == 2
    told = capsys.readouterr()
    assert started["session_id"] in told.err
    assert second["session_id"] in told.err
    await tell(bus, started["session_id"], FINAL, ENDED)
    assert await asyncio.wait_for(watching, 10) == 0
    shown = (told.out + capsys.readouterr().out).splitlines()
    assert [line.strip() for line in shown] == ["[local watches]", "the very words"]
    named = [*command, started["session_id"], "--token", started["watch_token"], "--json"]
    assert await asyncio.to_thread(run, named) == 0
    lines = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert lines == ["session.started", "viewer.joined", "transcript.final", "session.ended"]
    for socket in (owner, other):
        socket.transport.abort()


async def test_a_recorded_session_that_is_long_over_is_shown_from_the_archive_to_its_readers_alone(
    redis_url: str, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVAVOCE_HOME", str(tmp_path))
    log = [LogEntry(f"{n}-0", msgspec.json.encode(one)) for n, one in enumerate((FINAL, ENDED), start=1)]
    archive = open_archive(ArchivePolicy(), tmp_path)
    await archive.keep(Batch(Kept("p1", "shop", "transcribe", 1, state="closed"), log=log))
    await archive.close()
    readers = ("shop/ann:read", "bank/bob:other")
    gateway = await Gateway(redis_url, keys=("shop:sesame",), readers=readers).up()
    try:
        for after, count in (("0-0", 2), ("1-0", 1)):
            viewer = await watch(gateway.url, {"session_id": "p1", "after": after}, key="read")
            raw = [str(await viewer.recv()) for _ in range(1 + count)]
            _, closed = await heard_until_closed(viewer)
            assert (raw[1:], closed) == ([wire.joined(one.id, one.body) for one in log[-count:]], 1000)
        for message, key in (({}, "other"), ({"token": "guess"}, "read")):
            viewer = await watch(gateway.url, {"session_id": "p1", **message}, key=key)
            got, closed = await heard_until_closed(viewer)
            assert (got[-1]["code"], closed) == ("unknown_session", 1008)
    finally:
        await gateway.down()


async def test_a_session_whose_gateway_died_is_ended_as_lost_by_another(redis_url: str, bus: Bus) -> None:
    first = await Gateway(redis_url).up()
    async with connect(first.url) as socket:
        await socket.send(START)
        sid = json.loads(await socket.recv())["session_id"]
        await socket.send(SECOND)
        await eventually(lambda: bus.read(keys.audio(sid)), lambda found: found)
        await first.down()
    second = await Gateway(redis_url).up()
    try:
        found = await eventually(lambda: bus.read(keys.audio(sid)), lambda found: found[-1].body)
        assert msgspec.json.decode(found[-1].body, type=Mark) == Ended(16_000, "lost")
    finally:
        await second.down()
