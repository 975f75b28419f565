"""A session of the real recogniser on a clock of its own: as fast as it goes, and yet as if in real time.

A pass that begins when the sound is at second t is answered when it is at t and the pass's processor time, so that
steps stretch as they would. Redis, the desk and other sessions have no part in it.
"""

import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from asr.hearing.silero import Silero
from asr.hearing.sound import Float32
from asr.policy import AsrPolicy
from asr.rates import RATE
from asr.recognizer import Recognizer
from asr.speaker.channel import Channel, Request
from asr.tools import Tools
from asr.whisper.engine import Engine
from asr.whisper.passes import Answer
from streaming.events import AudioFormat
from streaming.facts import Ended, Heard, HeardFinal, SessionConfig
from streaming.machine import models
from tests.speech import Pcm

BLOCK = 1_600
COMMITTED = 10
"""Blocks from one checkpoint to the next, a second."""


class Models(NamedTuple):
    """What a recogniser needs, loaded: one worker of one thread."""

    engine: Engine
    vad: Silero
    tools: Tools


def load(model: str, policy: AsrPolicy | None = None) -> Models:
    """The models of a recogniser with Whisper model `model`."""
    told = policy or AsrPolicy(model=model, workers=1, threads=1)
    engine = Engine(models.path(model), told)
    tools = Tools(told, engine.words, engine.bands, f"{model}@{models.digest(model)[:16]}")
    return Models(engine, Silero(models.path("silero-vad")), tools)


class _Running(NamedTuple):
    channel: Channel
    request: Request
    answer: Answer
    ready_s: float


class Session:
    """One channel of sound, from its first sample to its end."""

    def __init__(self, loaded: Models, language: str | None) -> None:
        config = SessionConfig("s", audio=AudioFormat(), language=language)
        self._loaded = loaded
        self._core = Recognizer(config, loaded.tools, b"")
        self._memory: Float32 = loaded.vad.fresh(1)
        self._running: _Running | None = None
        self._clock = 0

    def play(self, blocks: Iterable[Pcm]) -> Iterator[Heard]:
        """All facts, as they come. At most a few seconds of `blocks` are kept."""
        for number, block in enumerate(blocks, start=1):
            self._clock += len(block)
            yield from self._core.hear((self._clock, 0), block.tobytes(), self._clock // 16)
            yield from self._step()
            if number % COMMITTED == 0:
                self._core.trim()
                self._core.checkpoint()
        yield from self._core.mark((self._clock, 1), Ended(self._clock))
        while not self._core.over:
            before = self._clock
            yield from self._step(waiting=True)
            yield from self._core.finish()
            assert self._core.over or self._running or before == self._clock

    def _step(self, *, waiting: bool = False) -> Iterator[Heard]:
        yield from self._judge()
        now_s = self._clock / RATE
        if (running := self._running) and (waiting or running.ready_s <= now_s):
            self._running = None
            yield from running.channel.settle(running.request, running.answer, round(1000 * running.ready_s))
        if self._running is None:
            self._running = self._begun(now_s)

    def _judge(self) -> Iterator[Heard]:
        while frames := self._core.frames():
            chances: list[Float32] = []
            for frame in frames:
                chance, self._memory = self._loaded.vad.judge(frame, self._memory)
                chances.append(chance)
            yield from self._core.judged(chances)
        yield from self._core.judged([])

    def _begun(self, now_s: float) -> _Running | None:
        for channel in self._core.channels:
            if request := channel.request():
                began = time.process_time()
                [answer] = self._loaded.engine.run([request.question])
                return _Running(channel, request, answer, now_s + time.process_time() - began)
        return None


def blocks(pcm: Pcm) -> Iterator[Pcm]:
    """`pcm` in pieces of 100 ms."""
    for at in range(0, len(pcm), BLOCK):
        yield pcm[at : at + BLOCK]


def text(facts: Iterable[Heard]) -> str:
    """All that was said for good."""
    return " ".join(fact.text for fact in facts if isinstance(fact, HeardFinal) and fact.text)
