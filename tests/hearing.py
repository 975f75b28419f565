"""A session whose sound goes to a real recogniser over a real Redis, as the gateway would send it."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from asr.worker import Recogniser
from streaming import keys
from streaming.bus import Bus
from streaming.events import AudioFormat, ChannelAccount
from streaming.facts import (
    Ended,
    Heard,
    HeardFinal,
    Mark,
    SessionConfig,
    Skipped,
    SoundEnded,
)
from streaming.lease import Lease
from tests.speech import Pcm, plain, said

RATE = 16_000


class Session:
    """A session's sound, put into its stream as the gateway does, and what the recogniser says of it."""

    def __init__(self, bus: Bus, sid: str = "s1", channels: int = 1) -> None:
        self.bus, self.sid, self.channels = bus, sid, channels
        self.audio, self.heard = keys.audio(sid), keys.heard(sid)
        self.end = 0

    async def open(self, **config: Any) -> Lease:
        told = SessionConfig(session_id=self.sid, audio=AudioFormat(channels=self.channels), **config)
        await self.bus.call("HSET", keys.session(self.sid), "config", msgspec.json.encode(told))
        return await self.lease()

    async def lease(self) -> Lease:
        lease = await Lease.claim(self.bus, "asr", self.sid, "worker")
        assert lease
        return lease

    async def say(self, pcm: Pcm, *, pace: float = 0, block: int = 1600) -> None:
        """`pcm` (samples, or samples by channels); `pace` 1 is real time, 0 as fast as can be."""
        begun, first = time.monotonic(), self.end
        for at in range(0, len(pcm), block):
            piece = pcm[at : at + block]
            self.end += len(piece)
            if pace:
                await asyncio.sleep(max(0.0, begun + (self.end - first) / RATE / pace - time.monotonic()))
            now = round(time.time() * 1000)
            await self.bus.call(
                "XADD", self.audio, f"{self.end}-0", "pcm", piece.astype("<i2").tobytes(), "t", now
            )

    async def mark(self, mark: Mark) -> None:
        place = f"{self.end}-*"
        if isinstance(mark, Skipped):
            self.end += mark.samples
            place = f"{self.end}-0"
        await self.bus.call(
            "XADD", self.audio, place, "e", msgspec.json.encode(mark), "t", round(time.time() * 1000)
        )

    async def facts(self) -> list[Heard]:
        return [msgspec.json.decode(entry.body, type=Heard) for entry in await self.bus.read(self.heard)]

    async def until(self, kind: type, count: int = 1) -> list[Heard]:
        """All facts, once there are `count` of `kind`."""
        async with asyncio.timeout(30):
            while sum(isinstance(fact, kind) for fact in await self.facts()) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        return await self.facts()


@asynccontextmanager
async def serving(asr: Recogniser, lease: Lease, bus: Bus) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(asr.serve(lease, bus))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def transcribe(asr: Recogniser, session: Session, pcm: Pcm, **config: Any) -> list[Heard]:
    """All facts of a session that says `pcm` at once and ends."""
    lease = await session.open(**config)
    await session.say(pcm)
    await session.mark(Ended(session.end))
    async with asyncio.timeout(60):
        await asr.serve(lease, session.bus)
    return await session.facts()


def finals(facts: list[Heard], channel: int = 0) -> list[HeardFinal]:
    return [fact for fact in facts if isinstance(fact, HeardFinal) and fact.channel == channel]


def text(facts: list[Heard], channel: int = 0) -> list[str]:
    return [word for final in finals(facts, channel) for word in plain(final.text)]


def accounts(facts: list[Heard]) -> list[ChannelAccount]:
    assert isinstance(facts[-1], SoundEnded)
    return facts[-1].accounting


def balanced(account: ChannelAccount) -> bool:
    counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
    return account.duration_ms == counted


def expected(*names: str) -> list[str]:
    return [word for name in names for word in plain(said()[name])]
