"""Whoever flushes Redis' scripts, or starts it anew, while sessions speak: no sample of theirs is lost."""

import asyncio
import contextlib
import json

import numpy as np
from websockets.asyncio.client import connect

from streaming import keys
from streaming.bus import Bus, BusDown
from tests.cluster import answering, served
from tests.flood import POLICY
from tests.gateway import START, Gateway

COUNT = 4
PIECE = 320


async def speak(gateway: Gateway, seed: int, pieces: int) -> tuple[str, bytes]:
    """A session's name, and what it said in `pieces` pieces: until all of it was acknowledged."""
    sound = np.random.default_rng(seed).integers(-9_000, 9_000, pieces * PIECE).astype("<i2").tobytes()
    async with asyncio.timeout(15), connect(gateway.url, compression=None) as socket:
        await socket.send(START)
        sid: str = json.loads(await socket.recv())["session_id"]
        for at in range(0, len(sound), 2 * PIECE):
            await socket.send(sound[at : at + 2 * PIECE])
            await asyncio.sleep(0.005)
        while True:
            told = json.loads(await socket.recv())
            assert told["type"] != "error", told
            if told["type"] == "audio.ack" and told["samples"] >= pieces * PIECE:
                return sid, sound


async def kept(bus: Bus, sid: str) -> bytes:
    """The session's sound, as it is in Redis."""
    return b"".join(entry.pcm for entry in await bus.read(keys.audio(sid)))


async def test_scripts_are_flushed_all_the_time_and_no_sound_is_lost(bus: Bus, redis_url: str) -> None:
    async def flush() -> None:
        while True:
            await bus.call("SCRIPT", "FLUSH")
            await asyncio.sleep(0.003)

    gateway = await Gateway(redis_url, POLICY).up()
    flushing = asyncio.create_task(flush())
    try:
        said = await asyncio.gather(*(speak(gateway, seed, 200) for seed in range(COUNT)))
    finally:
        flushing.cancel()
        await gateway.down()
    for sid, sound in said:
        assert await kept(bus, sid) == sound


async def test_a_redis_that_was_started_anew_gets_the_script_again() -> None:
    with served() as (port, process):
        answering(port, "PING", until="PONG")
        bus = Bus(f"redis://127.0.0.1:{port}")
        where = [keys.session("s1"), keys.audio("s1"), keys.refs("s1")]
        calls = [(where, ["1", "320-0", "pcm", bytes(640), 5, "", 320, "", "", 9_000, 9_000])]
        await bus.call("HSET", keys.session("s1"), "config", "{}", "socket", "1")
        assert await bus.run_many("intake", calls) == [b"320-0"]
        process.kill()
        process.wait(10)
        with served(port=port):
            answering(port, "PING", until="PONG")
            with contextlib.suppress(BusDown):
                await bus.call("PING")
            await asyncio.wait_for(bus.standing.up(), 20)
            await bus.call("HSET", keys.session("s1"), "config", "{}", "socket", "1")
            assert await bus.run_many("intake", calls) == [b"320-0"]
        await bus.close()
