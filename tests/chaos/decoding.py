"""A recogniser that reads the numbers of coded frames: the real one, but for its voice detector and its engine."""

import os
import signal
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import numpy as np
from msgspec.structs import replace

from asr.hearing.judge import Judge
from asr.hearing.mel import Sees
from asr.hearing.sound import Float32
from asr.listening import Listening
from asr.loading import Loaded
from asr.policy import AsrPolicy
from asr.remote import matching
from asr.remote.reply import Heard
from asr.remote.written import Written
from asr.sharing.costs import Costs
from asr.sharing.desk import Desk
from asr.tools import Tools
from asr.whisper.passes import Answer, Question
from asr.worker import setup
from streaming.bus import Bus
from streaming.capacity import Load
from streaming.events import Served
from streaming.lease import Lease
from tests.chaos import coded

RATE: Final = 16_000
MARGIN: Final = 200
"""Samples of a view that lie before its window."""

OFFSETS: Final = (MARGIN % coded.FRAME, (MARGIN + 160) % coded.FRAME)
"""A window begins at a multiple of 160 samples of the session, a frame at one of 320."""

MADE_BY: Final = "coded@0000000000000000"


class Loud:
    """Voice is what is not silent."""

    def fresh(self, streams: int) -> Float32:
        """Nothing is remembered."""
        return np.zeros((2, streams, 1), np.float32)

    def judge(self, frames: Float32, memory: Float32) -> tuple[Float32, Float32]:
        """1 for each stream with more than a trace of sound in its frame."""
        return (np.abs(frames[:, -512:]).mean(axis=1) > 0.05).astype(np.float32), memory


class Decoding:
    """An engine of asr.transcriber: it hears a word as far as its frames are in the window."""

    sees: Sees = "sound"
    bands = 0

    def __init__(self) -> None:
        self.words = Written()

    def run(self, batch: Sequence[Question]) -> list[Answer]:
        """Exact answers. A frame numbered FATAL ends this process."""
        return [matching.answer(one, heard(one.view, one.heard), "en", told=True) for one in batch]

    def close(self) -> None:
        """Nothing is being waited for."""


def heard(view: Float32, frames: int) -> list[Heard]:
    """The words in a view whose window has so many frames of 10 ms."""
    pcm = np.round(view[: MARGIN + frames * 160] * 32_768).astype(np.int16)
    found = coded.decode(pcm, OFFSETS)
    if any(frame.number == coded.FATAL for frame in found):
        os.kill(os.getpid(), signal.SIGKILL)
    words: list[Heard] = []
    for _, group in groupby(found, key=lambda frame: frame.number // coded.WORD):
        inside = list(group)
        begin, end = inside[0].begin - MARGIN, inside[-1].begin - MARGIN + coded.FRAME
        text = " " + coded.spell([frame.number for frame in inside])
        words.append(Heard(text, max(0.0, begin / RATE), max(0.0, end / RATE), 1.0, True))
    return words


class Decoder:
    """A worker of the role `asr` as streaming.app runs it."""

    def __init__(self, policy: AsrPolicy) -> None:
        engine = Decoding()
        plain = replace(policy, device="cpu", workers=2)
        self._tools = Tools(plain, engine.words, 0, MADE_BY, engine.sees)
        served = Served("asr", "coded", "", MADE_BY)
        self._loaded = Loaded(engine, self._tools, served, Costs(0.0005, 0.0002, 0, 0), lambda: "")
        self._models: tuple[Judge, Desk] | None = None

    async def start(self) -> list[Served]:
        """What serves."""
        self._models = Judge(Loud()), Desk(setup(self._loaded), self._loaded.engine)
        return [self._loaded.serves]

    async def serve(self, lease: Lease, bus: Bus) -> None:
        """A session's sound to its end."""
        assert self._models, "start() comes first"
        await Listening(lease, bus, self._tools, self._models).run()

    def load(self) -> Load:
        """How busy it will be."""
        assert self._models, "start() comes first"
        return self._models[1].load()

    def trouble(self) -> str:
        """None."""
        return ""

    async def stop(self) -> None:
        """Let go."""
        if self._models:
            await self._models[1].close()
