"""Clients that say coded sound at the pace of speech, and what came back to each: the exact checker."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from msgspec import Struct, field

from streaming import keys
from streaming.bus import Bus, BusDown
from streaming.client.client import Client, ClientPolicy
from streaming.errors import Fault
from streaming.events import AudioFormat, AudioGap, SessionDegraded, SessionEnded, TranscriptFinal
from streaming.feed import Entry
from streaming.ingress.egress import PARTIAL
from streaming.wire import messages as said
from streaming.wire import native as wire
from tests.chaos import coded

RATE = 16_000


class Told(Struct, frozen=True):
    """An event as it came: its id, the line, and when (monotonic s)."""

    id: str
    raw: str
    at: float


class Speaker(Struct):
    """One session from start to end, and all that was heard of it. `error`: why it did not get to its end."""

    plan: coded.Plan
    seed: int
    fatal: int | None = None
    told: list[Told] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    resumed: list[float] = field(default_factory=list)
    gaps: list[AudioGap] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)
    ended: SessionEnded | None = None
    session_id: str = ""
    error: str = ""

    async def run(self, url: str, *, patience_s: float = 60.0, pace: float = 1.0) -> "Speaker":
        """Say it all; waits at most `patience_s` for the rest."""
        try:
            async with asyncio.timeout(self.plan.seconds / pace + patience_s):
                start = said.SessionStart(audio=AudioFormat(), language="en")
                async with Client(url, start=start, policy=ClientPolicy(give_up_s=patience_s)) as client:
                    self.session_id = client.session_id
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._read(client))
                        await self._say(client, pace)
        except* TimeoutError:
            self.error = self.error or "no end came"
        except* Fault as group:
            self.error = repr(group.exceptions[0])
        return self

    async def _say(self, client: Client, pace: float) -> None:
        pcm, chance, at = self.plan.pcm(self.fatal).astype("<i2").tobytes(), Random(self.seed), 0
        began = time.monotonic()
        while at < len(pcm):
            size = 2 * chance.randint(320, 3_200)
            client.feed(pcm[at : at + size])
            at += size
            await asyncio.sleep(max(0.0, began + at / 2 / RATE / pace - time.monotonic()))
        client.end()

    async def _read(self, client: Client) -> None:
        async for message in client:
            now = time.monotonic()
            if message.id:
                self.told.append(Told(message.id, message.raw, now))
            match message.event:
                case TranscriptFinal(text=text):
                    self.text.append(text)
                case said.SessionResumed():
                    self.resumed.append(now)
                case AudioGap() as gap:
                    self.gaps.append(gap)
                case SessionDegraded(step=step):
                    self.degraded.append(step)
                case SessionEnded() as ended:
                    self.ended = ended
                case _:
                    pass

    @property
    def difference(self) -> coded.Difference:
        """What became of each frame."""
        return coded.compare(self.plan.frames, coded.read(" ".join(self.text)))

    @property
    def unaccounted_ms(self) -> float:
        """By how much the account of the session's sound does not add up to what was said."""
        if self.ended is None or not self.ended.accounting:
            return self.plan.seconds * 1000
        account = self.ended.accounting[0]
        counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
        return abs(account.duration_ms - counted) + abs(account.duration_ms - self.plan.seconds * 1000)


async def differs(bus: Bus, speaker: Speaker) -> int:
    """Entries in which the durable log and what its viewer was shown are not the same.

    A viewer who is behind is not shown a partial that the next entry supersedes.
    """
    log = {entry.id: entry.body for entry in await _log(bus, speaker.session_id)}
    shown = {one.id: one.raw for one in speaker.told}
    wrong = len(shown.keys() - log.keys())
    wrong += sum(not log[name].startswith(PARTIAL) for name in log.keys() - shown.keys())
    for number, (name, raw) in enumerate(shown.items()):
        if name in log and number:  # the first has the owner's tokens in it
            wrong += wire.joined(name, log[name]) != raw
    return wrong


async def _log(bus: Bus, session_id: str) -> list[Entry]:
    """The durable log. Redis may have been started anew, and our connection is told so first."""
    for _ in range(100):
        with contextlib.suppress(BusDown):
            return await bus.read(keys.events(session_id))
        await asyncio.sleep(0.1)
    raise RuntimeError("Redis does not come back")


async def judged(bus: Bus, speakers: Sequence[Speaker]) -> dict[str, Any]:
    """The figures of a run. All but the first three are 0 when nothing was lost."""
    found = [speaker.difference for speaker in speakers]
    return {
        "sessions": len(speakers),
        "spoken_s": round(sum(len(speaker.plan.frames) for speaker in speakers) * 0.02, 1),
        "resumes": sum(len(speaker.resumed) for speaker in speakers),
        "lost_s": round(sum(one.lost for one in found) * 0.02, 2),
        "twice": sum(one.twice for one in found),
        "invented": sum(one.invented for one in found),
        "moved": sum(one.moved for one in found),
        "unaccounted_ms": round(sum(speaker.unaccounted_ms for speaker in speakers), 1),
        "log_differs": sum([await differs(bus, speaker) for speaker in speakers]),
        "not_ended": [speaker.error or "no end" for speaker in speakers if speaker.ended is None],
        "failed": sum(speaker.ended is not None and speaker.ended.reason != "client" for speaker in speakers),
    }


CLEAN = ("lost_s", "twice", "invented", "moved", "unaccounted_ms", "log_differs", "not_ended", "failed")


def faults(figures: dict[str, Any]) -> list[str]:
    """What of `judged` is not as it must be."""
    return [f"{name} = {figures[name]}" for name in CLEAN if figures[name]]


def p95(values: Sequence[float]) -> float | None:
    """The value that 5 % exceed; None of nothing."""
    return round(sorted(values)[round(0.95 * (len(values) - 1))], 3) if values else None
