"""A long session served by the worker itself: Redis, lease, desk and engine, its sound at most 20 s ahead."""

import asyncio
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from asr.policy import AsrPolicy
from asr.worker import Recogniser
from streaming import keys
from streaming.bench.speech import RATE
from streaming.bus import Bus
from streaming.events import AudioFormat
from streaming.facts import Ended, Heard, SessionConfig
from streaming.feed import place
from streaming.lease import Lease
from streaming.machine import models
from tests.conftest import running_redis
from tests.speech import Pcm

if TYPE_CHECKING:
    from tests.bench.hours import Watch

SID = "long"
AHEAD_S = 50.0
"""A client's credit of 20 s, and the 30 s that the longest window takes."""
LOOK = 50


async def through_redis(
    sound: Iterator[Pcm], model: str, ahead_s: float = AHEAD_S
) -> tuple["Watch", dict[str, Any]]:
    """What was noted, and what the streams and the checkpoint had at most. Sound that is more than `ahead_s` before
    the newest is waited for: until the recogniser has it trimmed away."""
    from tests.bench.hours import Watch

    watch = Watch()
    with running_redis() as url:
        bus = Bus(url)
        recogniser = Recogniser(
            AsrPolicy(model=model), models.path(model), models.digest(model), vad=models.path("silero-vad")
        )
        await recogniser.start()
        told = SessionConfig(session_id=SID, audio=AudioFormat(), language="en")
        await bus.call("HSET", keys.session(SID), "config", msgspec.json.encode(told))
        lease = await Lease.claim(bus, "asr", SID, "worker")
        assert lease
        most: dict[str, Any] = {"sound_entries": 0, "state_bytes": 0, "redis_mb": []}
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_say(bus, (sound, ahead_s), watch, most))
            tasks.create_task(_read(bus, watch))
            await recogniser.serve(lease, bus)
        await recogniser.stop()
        await bus.close()
    used = most["redis_mb"]
    most["redis_mb"] = [used[0], used[len(used) // 5], used[-1]] if used else []
    return watch, most


async def _say(bus: Bus, told: tuple[Iterator[Pcm], float], watch: "Watch", most: dict[str, Any]) -> None:
    """Sound as the gateway appends it; waits while the recogniser is behind."""
    (sound, ahead_s), end = told, 0
    for number, block in enumerate(sound, start=1):
        end += len(block)
        await bus.call(
            "XADD", keys.audio(SID), f"{end}-0", "pcm", block.tobytes(), "t", round(time.time() * 1000)
        )
        watch.sound(len(block) / RATE)
        if number % LOOK == 0:
            await _room(bus, end - round(ahead_s * RATE))
            await _look(bus, most)
    await bus.call("XADD", keys.audio(SID), f"{end}-1", "e", msgspec.json.encode(Ended(end)), "t", 0)


async def _room(bus: Bus, oldest: int) -> None:
    """Until no sound from before sample `oldest` is kept."""
    while True:
        first = await bus.call("XRANGE", keys.audio(SID), "-", "+", "COUNT", 1)
        if not first or place(first[0][0].decode())[0] >= oldest:
            return
        await asyncio.sleep(0.01)


async def _look(bus: Bus, most: dict[str, Any]) -> None:
    most["sound_entries"] = max(most["sound_entries"], await bus.call("XLEN", keys.audio(SID)))
    state = await bus.call("HGET", keys.stage(SID, "asr"), "state")
    most["state_bytes"] = max(most["state_bytes"], len(state or b""))
    info = (await bus.call("INFO", "memory")).decode()
    used = next(line for line in info.splitlines() if line.startswith("used_memory:"))
    most["redis_mb"].append(round(int(used.partition(":")[2]) / 2**20, 1))


async def _read(bus: Bus, watch: "Watch") -> None:
    """Takes what was heard out of its stream, as the moderator's commits do."""
    while watch.ended is None:
        page = await bus.read(keys.heard(SID), "0-0", 256)
        for entry in page:
            watch.note(msgspec.json.decode(entry.body, type=Heard))
        if page:
            await bus.call("XDEL", keys.heard(SID), *(entry.id for entry in page))
        else:
            await asyncio.sleep(0.05)
