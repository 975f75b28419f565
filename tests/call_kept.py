"""A recorded call for the tests of what reads an archive: two channels, one of them corrected by nobody yet."""

from typing import Any

import httpx
import msgspec
import numpy as np
from msgspec import Struct

from streaming.archive.kept import Batch, Kept, Line, LogEntry, Sound
from streaming.archive.ports import Archive
from streaming.bus import Bus
from streaming.events import (
    Action,
    AudioGap,
    ModerationVerdict,
    ReplyDone,
    ReplyStarted,
    SessionEnded,
    SessionStarted,
    Target,
    TranscriptFinal,
    TranscriptPartial,
    TurnEnded,
    Word,
)
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway
from streaming.ingress.http import application
from streaming.ingress.intake import Intake
from streaming.session import SessionPolicy
from tests.described import as_described

SID = "call-1"
BEGAN = 1_700_000_000_000
SECONDS = 35
MADE_BY = "tiny@0123456789abcdef"


def words(text: str, start_ms: int, each_ms: int = 300) -> list[Word]:
    """The words of a text that come one after the other."""
    out: list[Word] = []
    place = 0
    for number, word in enumerate(text.split(" ")):
        begin = start_ms + number * each_ms
        out.append(Word(word, place, begin, begin + each_ms - 20, 0.9))
        place += len(word) + 1
    return out


def final(channel: int, segment: int, start_ms: int, text: str) -> TranscriptFinal:
    """Something said."""
    said = words(text, start_ms)
    return TranscriptFinal(
        channel, segment, text, start_ms, said[-1].end_ms, said, "en", 0.9, MADE_BY, lag_ms=120
    )


def verdict(
    segment: int, span: tuple[int, int], action: Action, replacement: str | None
) -> ModerationVerdict:
    """Something decided about a segment."""
    target = Target(segment=segment)
    return ModerationVerdict(target, span, action, ["card"], 1.0, 0.2, "rules@0", replacement)


EVENTS: list[Struct] = [
    SessionStarted(SID, "chat", [], SessionPolicy().limits(), "2023-11-14T22:13:20.000Z"),
    TranscriptPartial(0, 1, 1, "Good morn", 0),
    final(0, 1, 500, "Good morning, this is the help desk of the water works, how may I help you today?"),
    TurnEnded(1, 0, [1], "silence"),
    final(1, 2, 6_000, "My number is [card number] and =1+1 is <b>wrong</b>."),
    verdict(2, (13, 26), "redact", "[card number]"),
    TurnEnded(2, 1, [2], "silence"),
    ReplyStarted(1, 2, "llm@0"),
    AudioGap(1, 20_000, 22_000, "lost"),
    ReplyDone(1, 2, "completed", "-- I see.\nLet me look.", "llm@0", timing={"first_token_ms": 90}),
    final(0, 3, 30_000, "Sécurité first: secret words were spoken here"),
    verdict(3, (16, 28), "retract", None),
    SessionEnded("client", []),
]


def log(events: list[Struct] | None = None) -> list[LogEntry]:
    """The call's log."""
    listed = EVENTS if events is None else events
    return [LogEntry(f"{BEGAN + at}-0", msgspec.json.encode(event)) for at, event in enumerate(listed)]


def pcm(seconds: float = SECONDS, channels: int = 2, rate: int = 16_000) -> np.ndarray:
    """A tone that grows louder in the left ear, noise in the right: (samples, channels)."""
    count = round(seconds * rate)
    tone = np.sin(np.arange(count) * 2 * np.pi * 440 / rate) * np.linspace(0, 20_000, count)
    noise = np.random.default_rng(5).normal(0, 500, count)
    return np.stack([tone, noise], axis=1)[:, :channels].astype("<i2")


def kept(tenant: str = "default", **changed: object) -> Kept:
    """What a list shows of it."""
    told = Kept(
        session_id=SID,
        tenant=tenant,
        mode="chat",
        started_at=BEGAN,
        ended_at=BEGAN + SECONDS * 1000,
        duration_ms=SECONDS * 1000,
        channels=2,
        languages=["en"],
        verdicts=["card"],
        metadata={"desk": "7"},
        state="closed",
        words=30,
    )
    return msgspec.structs.replace(told, **changed)


LINES = [
    Line("speech", 1, 0, 500, 5_580, EVENTS[2].text, "en"),  # type: ignore[attr-defined]
    Line("speech", 2, 1, 6_000, 8_980, EVENTS[4].text, "en"),  # type: ignore[attr-defined]
    Line("reply", 1, 1, 8_980, 8_980, "-- I see.\nLet me look."),
    Line("speech", 3, 0, 30_000, 32_080, "Sécurité first: were spoken here", "en"),
]


async def keep(archive: Archive, session: Kept, seconds: float = SECONDS) -> np.ndarray:
    """Put the call into an archive as a recorder does; its sound."""
    sound = pcm(seconds, session.channels)
    pieces = [
        Sound(begin, session.channels, sound[begin : begin + 480_000].tobytes())
        for begin in range(0, len(sound), 480_000)
    ]
    await archive.keep(Batch(session, pieces, log(), LINES))
    return sound


def reader(bus: Bus, archive: Archive | None, **server: Any) -> httpx.AsyncClient:
    """A client of a gateway over this archive; each of its answers must be as it is described."""
    gateway = Gateway(
        bus, Intake(bus), Watching(bus), ServerPolicy(**server), SessionPolicy(), archive=archive
    )
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(application(gateway)),
        base_url="http://127.0.0.1",
        event_hooks={"response": [as_described]},
    )
