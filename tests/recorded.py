"""A session that is to be recorded, as gateway, recogniser and moderator leave it in Redis; nobody speaks in it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import numpy as np
from msgspec import Struct

from streaming import keys
from streaming.bus import Bus
from streaming.clock import now_ms
from streaming.events import AudioFormat, SessionEnded, SessionStarted, TranscriptFinal
from streaming.facts import Ended, SessionConfig, Skipped
from streaming.ingress import records
from streaming.lease import Lease
from streaming.leases import LeasePolicy, Leases
from streaming.recording.recorder import Recorder, RecorderPolicy
from streaming.session import SessionPolicy
from tests.memory_archive import MemoryArchive

RATE = 16_000
QUICK = LeasePolicy(renew_s=0.1, silent_s=0.3, look_s=0.5)
POLICY = RecorderPolicy(batch_s=0.3, look_s=0.02)


class Recorded:
    """What is said is noise, so that no two stretches are alike."""

    def __init__(self, bus: Bus, sid: str = "r1", channels: int = 1, **config: object) -> None:
        sound = AudioFormat(channels=channels) if channels else None
        self.config = SessionConfig(sid, audio=sound, record=True, **config)  # type: ignore[arg-type]
        self.bus, self.sid, self.channels = bus, sid, channels
        self.noise = np.random.default_rng(3)
        self.end = 0
        self.sent = b""
        self.log: list[tuple[str, bytes]] = []

    async def begin(self) -> "Recorded":
        started = SessionStarted(self.sid, "transcribe", [], SessionPolicy().limits(), "", self.config.audio)
        await records.begin(self.bus, self.config, started)
        self.log = [(entry.id, entry.body) for entry in await self.bus.read(keys.events(self.sid))]
        return self

    async def say(self, seconds: float, block_s: float = 0.1) -> None:
        for _ in range(round(seconds / block_s)):
            block = self.noise.integers(-20_000, 20_000, (round(block_s * RATE), self.channels))
            pcm = block.astype("<i2").tobytes()
            self.end += len(block)
            self.sent += pcm
            await self.bus.call("XADD", keys.audio(self.sid), f"{self.end}-0", "pcm", pcm, "t", now_ms())

    async def skip(self, samples: int) -> None:
        self.end += samples
        self.sent += bytes(2 * self.channels * samples)
        mark = msgspec.json.encode(Skipped(samples))
        await self.bus.call("XADD", keys.audio(self.sid), f"{self.end}-0", "e", mark, "t", now_ms())

    async def tell(self, event: Struct) -> None:
        body = msgspec.json.encode(event)
        entry = await self.bus.append(keys.events(self.sid), body, ttl_ms=keys.KEPT_MS)
        self.log.append((entry, body))

    async def final(self, segment: int, text: str) -> None:
        await self.tell(TranscriptFinal(0, segment, text, 0, 900, [], "en", 0.9, "tiny@0"))

    async def stop(self) -> None:
        mark = msgspec.json.encode(Ended(self.end))
        await self.bus.call("XADD", keys.audio(self.sid), f"{self.end}-*", "e", mark, "t", now_ms())
        await self.tell(SessionEnded("client", []))

    async def transcribed(self, sample: int) -> None:
        """The recogniser is through with the sound up to `sample`."""
        lease = await Lease.claim(self.bus, "asr", self.sid, "w")
        assert lease
        await lease.commit(b"", trims=[(keys.audio(self.sid), f"{sample + 1}-0")], at=sample)


@asynccontextmanager
async def recorder(
    bus: Bus, archive: MemoryArchive, policy: RecorderPolicy = POLICY
) -> AsyncGenerator[Recorder]:
    """A recorder that takes what is posted."""

    worker = Recorder(lambda: archive, policy)  # type: ignore[arg-type]
    await worker.start()
    leases = Leases(bus, "recorder", "w", QUICK)
    task = asyncio.create_task(leases.run(lambda lease: worker.serve(lease, bus)))
    try:
        yield worker
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await worker.stop()


def sound_of(archive: MemoryArchive, sid: str, channels: int) -> bytes:
    """The whole sound; what never came is zeros."""
    out = b""
    for one in archive.heard.get(sid, []):
        out += bytes(2 * channels * one.begin - len(out)) + one.pcm
    return out
