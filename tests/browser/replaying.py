"""The real gateway over a real archive, for the tests of the page of recorded sessions."""

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import uvicorn

from streaming import events as ev
from streaming.archive.kept import Batch, Kept, Line, LogEntry, Sound
from streaming.archive.opening import open_archive
from streaming.archive.policy import ArchivePolicy
from streaming.bus import Bus
from streaming.ingress.audience import Watching
from streaming.ingress.door import ServerPolicy
from streaming.ingress.gateway import Gateway
from streaming.ingress.http import application
from streaming.ingress.intake import Intake
from streaming.session import SessionPolicy
from tests import speech
from tests.call_kept import BEGAN, final, verdict
from tests.stack import free_port

T = TypeVar("T")
PROMPTS = ("conf-getconfno", "auth-thankyou", "agent-user", "vm-goodbye")
PAUSE_S = 0.6


class Archived:
    """Serves in a thread of its own. `url`: the page. Use from one test thread."""

    def __init__(self, redis_url: str, home: Path, readers: tuple[str, ...] = ()) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.url = self.call(self._open(redis_url, home, readers))

    def call(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    async def _open(self, redis_url: str, home: Path, readers: tuple[str, ...]) -> str:
        self.bus = Bus(redis_url)
        self.archive = open_archive(ArchivePolicy(), home)
        policy = ServerPolicy(readers=readers)
        gateway = Gateway(
            self.bus, Intake(self.bus), Watching(self.bus), policy, SessionPolicy(), archive=self.archive
        )
        port = free_port()
        config = uvicorn.Config(application(gateway), port=port, log_level="warning", lifespan="off")
        self.server = uvicorn.Server(config)
        self.serving = asyncio.create_task(self.server.serve())
        for _ in range(1000):
            if self.server.started:
                break
            await asyncio.sleep(0.01)
        return f"http://127.0.0.1:{port}/replay"

    def close(self) -> None:
        async def closing() -> None:
            self.server.should_exit = True
            await self.serving
            await self.archive.close()
            await self.bus.close()

        self.call(closing())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    # ---- what is recorded --------------------------------------------------------------------------------------------

    def record(self, sid: str, tenant: str = "default", **more: Any) -> list[ev.TranscriptFinal]:
        """Two people say real prompts in turn; what they said, as the log has it."""
        said, sound, entries, at_ms = [], [], [], 0
        for number, name in enumerate(PROMPTS):
            pcm, channel = speech.prompt(name), number % 2
            words = speech.said()[name].split()
            one = final(channel, number + 1, at_ms, " ".join(words))
            each = len(pcm) // 16 // len(words)
            spoken = [
                msgspec.structs.replace(word, start_ms=at_ms + i * each, end_ms=at_ms + (i + 1) * each - 20)
                for i, word in enumerate(one.words)
            ]
            said.append(msgspec.structs.replace(one, words=spoken, end_ms=spoken[-1].end_ms, lag_ms=240))
            lanes = np.zeros((len(pcm) + round(PAUSE_S * speech.RATE), 2), "<i2")
            lanes[: len(pcm), channel] = pcm
            sound.append(lanes)
            shown = ev.TranscriptPartial(channel, number + 1, 1, words[0], 0, 310)
            entries += [(at_ms + 500, shown), (at_ms + 900 + len(pcm) // 16, said[-1])]
            at_ms += len(lanes) // 16
        entries += [
            (at_ms, verdict(2, (0, 5), "redact", None)),
            (at_ms, ev.AudioGap(1, 1_000.0, 2_000.0, "lost")),
        ]
        self.keep(Kept(sid, tenant, "transcribe", BEGAN, **more), np.concatenate(sound), entries)
        return said

    def keep(self, session: Kept, sound: np.ndarray, entries: list[tuple[int, Any]]) -> None:
        """Put it into the archive as a recorder does."""
        ms = len(sound) // 16
        told = ev.SessionStarted(session.session_id, session.mode, [], SessionPolicy().limits(), "")
        listed = [(0, told), *sorted(entries, key=lambda one: one[0]), (ms, ev.SessionEnded("client", []))]
        log = [
            LogEntry(f"{BEGAN + at}-{place}", msgspec.json.encode(event))
            for place, (at, event) in enumerate(listed)
        ]
        finals = [event for _, event in entries if isinstance(event, ev.TranscriptFinal)]
        lines = [
            Line("speech", one.segment, one.channel, one.start_ms, one.end_ms, one.text, "en")
            for one in finals
        ]
        told_of = {"channels": sound.shape[1], "languages": ["en"], "verdicts": ["card"], "duration_ms": ms}
        ended = {"ended_at": BEGAN + ms, "state": "closed", "words": sum(len(one.words) for one in finals)}
        session = msgspec.structs.replace(session, **told_of, **ended)
        step = 30 * speech.RATE
        pieces = [
            Sound(begin, sound.shape[1], sound[begin : begin + step].tobytes())
            for begin in range(0, len(sound), step)
        ]
        self.call(self.archive.keep(Batch(session, pieces, log, lines)))
