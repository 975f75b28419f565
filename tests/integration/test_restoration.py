"""Redis is killed and has lost the end of what was written: those who wrote it write it again, and nothing is lost."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from websockets.asyncio.client import ClientConnection, connect

from streaming import keys
from streaming.bus import Bus
from streaming.events import SessionStarted
from streaming.facts import SessionConfig
from streaming.ingress import records
from streaming.lease import Lease
from streaming.session import SessionPolicy
from tests.gateway import POLICY, SECOND, START, Gateway, eventually, heard_until_closed
from tests.perishable import Perishable, lose
from tests.sessions import EVENTS, SID, made

HEARD, AUDIO, JOBS = keys.heard(SID), keys.audio(SID), keys.jobs("asr", SID)


@pytest.fixture
def redis() -> Iterator[Perishable]:
    server = Perishable()
    yield server
    server.close()


@pytest.fixture
async def gateway(redis: Perishable) -> AsyncIterator[Gateway]:
    gateway = await Gateway(redis.url, replace(POLICY, resume_window_s=30, idle_timeout_s=60)).up()
    yield gateway
    await gateway.down()


@pytest.fixture
async def bus(redis: Perishable) -> AsyncIterator[Bus]:
    bus = Bus(redis.url)
    yield bus
    await bus.close()


@pytest.fixture
async def other(redis: Perishable) -> AsyncIterator[Bus]:
    """Another process."""
    bus = Bus(redis.url)
    yield bus
    await bus.close()


async def lease_of(bus: Bus, role: str, worker: str = "w") -> Lease:
    lease = await Lease.claim(bus, role, SID, worker)
    assert lease
    return lease


async def whole(bus: Bus) -> dict[str, Any]:
    """All that there is of the session, but for the clocks."""
    found: dict[str, Any] = {}
    for key in (HEARD, AUDIO, EVENTS, JOBS):
        found[key] = [(entry.id, entry.body, entry.pcm) for entry in await bus.read(key)]
    for role in ("asr", "moderator"):
        flat = await bus.call("HGETALL", keys.stage(SID, role))
        stage = dict(zip(flat[::2], flat[1::2], strict=True))
        found[role] = [stage.get(name) for name in (b"epoch", b"rev", b"state", b"n", b"at")]
    return found


async def test_what_two_workers_wrote_stands_again_under_its_ids_whoever_comes_first(
    redis: Perishable, bus: Bus, other: Bus
) -> None:
    await made(bus)
    asr, moderator = await lease_of(bus, "asr"), await lease_of(other, "moderator")
    await asr.commit(b"0", appends=[(HEARD, b"before")])
    since = redis.written.stat().st_size
    asr.posted(JOBS, (await bus.call("XADD", JOBS, "*", "sid", SID)).decode())
    for n in range(5):
        await asr.commit(b"a%d" % n, appends=[(HEARD, b"a%d" % n)], at=n)
        await moderator.append(HEARD, b"m%d" % n)  # into the same stream
        await moderator.commit(b"m%d" % n, appends=[(EVENTS, b"e%d" % n)])
    there = await whole(bus)
    await lose(redis, since, other, bus)
    assert await whole(bus) == there
    await asr.commit(b"after", appends=[(HEARD, b"after")])
    assert [entry.body for entry in await bus.read(HEARD)][-2:] == [b"m4", b"after"]
    assert len(await bus.read(HEARD)) == 12


async def test_who_reads_the_sound_of_a_session_that_is_recorded_stands_again(
    redis: Perishable, bus: Bus
) -> None:
    await made(bus, "another")
    since = redis.written.stat().st_size
    config = SessionConfig(session_id=SID, record=True)
    await records.begin(bus, config, SessionStarted(SID, "transcribe", [], SessionPolicy().limits(), ""))
    floors = pairs(await bus.call("HGETALL", keys.floors(SID)))
    assert floors
    await lose(redis, since, bus)
    assert pairs(await bus.call("HGETALL", keys.floors(SID))) == floors
    assert await bus.call("PTTL", keys.floors(SID)) > 0


async def test_what_a_client_sent_is_whole_again_and_more_of_it_goes_on(
    redis: Perishable, bus: Bus, gateway: Gateway
) -> None:
    since = redis.written.stat().st_size
    async with connect(gateway.url) as socket:
        begun = await told(socket, START, "session.started")
        sid = begun["session_id"]
        for n in range(3):
            await socket.send(bytes([n]) * 32_000)
            await told(socket, None, "audio.ack")
        await socket.send('{"type":"audio.finalize"}')
        audio, jobs = keys.audio(sid), keys.jobs("asr", sid)
        before = await eventually(
            lambda: bus.read(audio), lambda found: len(found) >= 2 and not found[-1].pcm
        )
        posted = await bus.read(jobs)
        log = await bus.read(keys.events(sid))
        record = await bus.call("HGETALL", keys.session(sid))
        redis.kill()
        redis.cut(redis.written.stat().st_size - since)
        await socket.send(bytes([3]) * 32_000)
        redis.start()
        await told(socket, None, "audio.ack", samples=64_000)
        after = await bus.read(audio)
        assert after[: len(before)] == before
        assert b"".join(entry.pcm for entry in after) == b"".join(bytes([n]) * 32_000 for n in range(4))
        assert await bus.read(jobs) == posted
        assert await bus.read(keys.events(sid)) == log
        assert await bus.call("ZSCORE", keys.LIVE, sid)
        again = await bus.call("HGETALL", keys.session(sid))
        assert pairs(again) == pairs(record) | {b"stored": b"64000"}
        for key in await bus.call("KEYS", f"*{sid}*"):
            assert await bus.call("PTTL", key) > 0, key


def pairs(flat: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


async def told(socket: ClientConnection, first: str | None, kind: str, **fields: object) -> dict[str, Any]:
    """Send `first`, and wait for a message of this kind and these fields."""
    if first:
        await socket.send(first)
    async with asyncio.timeout(15):
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return message


async def test_while_redis_is_away_a_session_is_held_new_ones_are_refused_at_once_and_nothing_is_lost(
    redis: Perishable, bus: Bus, gateway: Gateway
) -> None:
    async with connect(gateway.url) as socket:
        sid = (await told(socket, START, "session.started"))["session_id"]
        await socket.send(SECOND)
        await told(socket, None, "audio.ack", samples=16_000)
        redis.kill()
        for _ in range(2):
            await socket.send(SECOND)
        held = await told(socket, None, "session.degraded")
        assert (held["step"], held["reason"], "id" in held) == ("held", "bus", False)
        await refused(gateway)
        redis.start()
        back = await told(socket, None, "session.degraded")
        assert (back["step"], back["reason"]) == ("full", "recovered")
        await told(socket, None, "audio.ack", samples=48_000)
        assert sum(len(entry.pcm) for entry in await bus.read(keys.audio(sid))) == 3 * len(SECOND)


async def refused(gateway: Gateway) -> None:
    """A newcomer is sent away, and told when to come back."""
    began = asyncio.get_running_loop().time()
    async with connect(gateway.url) as newcomer:
        await newcomer.send(START)
        got, closed = await heard_until_closed(newcomer)
    assert (got[-1]["code"], got[-1]["retry_after"] > 0, closed) == ("overloaded", True, 1013)
    assert asyncio.get_running_loop().time() - began < 1
    url = f"http://127.0.0.1:{gateway.port}/readyz"
    with pytest.raises(urllib.error.HTTPError) as unready:
        await asyncio.to_thread(urllib.request.urlopen, url, timeout=5)
    assert (unready.value.code, b"away" in unready.value.read()) == (503, True)


async def test_a_full_disk_holds_sessions_and_loses_nothing(
    redis: Perishable, bus: Bus, gateway: Gateway
) -> None:
    await made(bus)
    lease = await lease_of(bus, "asr")
    async with connect(gateway.url) as socket:
        sid = (await told(socket, START, "session.started"))["session_id"]
        redis.fill()
        for _ in range(3):
            await socket.send(SECOND)
        waiting = asyncio.create_task(lease.commit(b"1", appends=[(HEARD, b"while it was full")]))
        held = await told(socket, None, "session.degraded")
        assert held["step"] == "held"
        await refused(gateway)
        redis.clear()
        await told(socket, None, "audio.ack", samples=48_000)
        assert len(await asyncio.wait_for(waiting, 10)) == 1
        assert sum(len(entry.pcm) for entry in await bus.read(keys.audio(sid))) == 3 * len(SECOND)
        assert [entry.body for entry in await bus.read(HEARD)] == [b"while it was full"]


async def test_sound_that_the_gateway_has_no_more_is_asked_for_again(
    redis: Perishable, bus: Bus, gateway: Gateway
) -> None:
    second = await Gateway(redis.url, replace(POLICY, resume_window_s=30, idle_timeout_s=60)).up()
    async with connect(gateway.url) as socket:
        begun = await told(socket, START, "session.started")
        since = redis.written.stat().st_size
        await socket.send(SECOND)
        await told(socket, None, "audio.ack", samples=16_000)
    await gateway.down()  # and what it kept is gone with it
    resume = {name: begun[name] for name in ("session_id", "resume_token")} | {"type": "session.resume"}
    async with connect(second.url) as socket:
        have = await told(socket, json.dumps(resume), "session.resumed")
        assert have["have_samples"] == 16_000
        await socket.send(SECOND)
        await told(socket, None, "audio.ack", samples=32_000)
        redis.kill()
        redis.cut(redis.written.stat().st_size - since)
        redis.start()
        got, closed = await heard_until_closed(socket)
        assert (got[-1]["code"], closed) == ("lost_sound", 1012)
    async with connect(second.url) as socket:
        have = await told(socket, json.dumps(resume), "session.resumed")
        assert have["have_samples"] == 0
        await socket.send(SECOND)
        await told(socket, None, "audio.ack", samples=16_000)
    await second.down()
