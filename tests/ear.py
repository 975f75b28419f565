"""A recogniser's core with real models, in virtual time: what it hears depends on the sound and on a seed alone."""

import random
from pathlib import Path
from typing import Any

import numpy as np

from asr.hearing.mel import LogMel
from asr.hearing.silero import Silero
from asr.hearing.sound import Sound
from asr.policy import AsrPolicy
from asr.rates import HOP, RATE
from asr.recognizer import Recognizer
from asr.speaker.channel import Channel
from asr.speaker.request import Request
from asr.tools import Tools
from asr.whisper.engine import Engine
from asr.whisper.passes import Answer, Question
from streaming.events import AudioFormat
from streaming.facts import Ended, Heard, HeardFinal, SessionConfig
from tests.speech import Pcm, plain

Due = tuple[float, Channel, Request, Answer]


class Ear:
    """Whisper in folder `whisper`, and Silero's file `vad`."""

    def __init__(self, whisper: Path, vad: Path) -> None:
        policy = AsrPolicy(device="cpu", workers=1, threads=1, measure=False)
        self.engine = Engine(whisper, policy)
        self.vad = Silero(vad)
        self.tools = Tools(policy, self.engine.words, self.engine.bands, "ear@0")

    def hear(self, pcm: Pcm, seed: int = 0, **config: Any) -> list[Heard]:
        """All that is said of `pcm`, (samples) or (samples, channels), that comes in pieces, and passes that take as
        long, as `seed` makes them."""
        chance, channels = random.Random(seed), pcm.shape[1] if pcm.ndim == 2 else 1
        asked: dict[str, Any] = {"audio": AudioFormat(channels=channels), "language": "en", **config}
        core = Recognizer(SessionConfig("s", **asked), self.tools, b"")
        self._memory, facts, at = self.vad.fresh(channels), list[Heard](), 0
        delay, step, due = chance.random() * 0.4, chance.choice([320, 960, 1600, 3200]), list[Due]()
        while at < len(pcm):
            piece = pcm[at : at + step]
            at += len(piece)
            facts += core.hear((at, 0), piece.astype("<i2").tobytes(), 0)
            facts += self._judge(core)
            facts += _settle(due, at / RATE)
            due = due or self._passes(core, at / RATE + delay + 0.1 * chance.random())
        facts += core.mark((at, 1), Ended(at))
        facts += self._judge(core)
        while not core.over:
            facts += _settle(due, float("inf")) + core.finish()
            due = self._passes(core, 0)
        return facts

    def recorded(self, pcm: Pcm, piece_s: float) -> list[Heard]:
        """All that is said of a recording that comes faster than passes are made, `piece_s` at a time."""
        core = Recognizer(SessionConfig("s", audio=AudioFormat(), language="en"), self.tools, b"")
        self._memory, facts = self.vad.fresh(1), list[Heard]()
        for end in range(round(piece_s * RATE), len(pcm) + round(piece_s * RATE), round(piece_s * RATE)):
            piece = pcm[core.state.clock : end]
            facts += core.hear((core.state.clock + len(piece), 0), piece.astype("<i2").tobytes(), 0)
            facts += self._judge(core)
            while due := self._passes(core, 0):
                facts += _settle(due, float("inf")) + self._judge(core)
        facts += core.mark((len(pcm), 1), Ended(len(pcm))) + self._judge(core)
        while due := self._passes(core, 0):
            facts += _settle(due, float("inf")) + self._judge(core)
        return facts

    def once(self, pcm: Pcm, **asked: Any) -> str:
        """What a last pass hears in `pcm`, whatever the VAD may think of it."""
        sound, frames = Sound(), len(pcm) // HOP
        sound.append(pcm)
        view = LogMel(self.engine.bands).until(sound, frames)
        plainly: dict[str, Any] = {
            "forced": (),
            "tail": (),
            "language": "en",
            "fallback": "en",
            "final": True,
        }
        times: dict[str, Any] = {"begin_s": 0.2, "said_s": 0.2, "voice_s": frames / 100 - 0.3}
        wide = max(1500, frames + 100)
        question = Question(view=view, heard=frames, frames=wide, **{**plainly, **times, **asked})
        return self.engine.words.text(self.engine.run([question])[0].tokens).strip()

    def _judge(self, core: Recognizer) -> list[Heard]:
        facts: list[Heard] = []
        while frames := core.frames():
            chances: list[Any] = []
            for frame in frames:
                chance, self._memory = self.vad.judge(frame, self._memory)
                chances.append(chance)
            facts += core.judged(chances)
        return facts + core.judged([])

    def _passes(self, core: Recognizer, at_s: float) -> list[Due]:
        """The first channel's pass that is due, and when its answer is there."""
        for channel in core.channels:
            if request := channel.request():
                answer = self.engine.run([request.question])[0]
                return [(at_s + 0.1 + 0.01 * len(answer.tokens), channel, request, answer)]
        return []


def _settle(due: list[Due], now_s: float) -> list[Heard]:
    facts: list[Heard] = []
    while due and due[0][0] <= now_s:
        _, channel, request, answer = due.pop(0)
        facts += channel.settle(request, answer, 0)
    return facts


def said(facts: list[Heard], channel: int = 0) -> list[str]:
    """The words of a channel's finals, without case and punctuation."""
    texts = [fact.text for fact in facts if isinstance(fact, HeardFinal) and fact.channel == channel]
    return plain(" ".join(texts))


def mulaw(pcm: Pcm) -> Pcm:
    """As a telephone carries it: 8 kHz, eight bits (ITU-T G.711), and back."""
    slow = np.convolve(pcm.astype(float), np.hanning(7) / np.hanning(7).sum(), "same")[::2] / 32_768
    code = np.round(np.sign(slow) * np.log1p(255 * np.abs(slow)) / np.log1p(255) * 127) / 127
    back = np.sign(code) * np.expm1(np.abs(code) * np.log1p(255)) / 255
    return (np.interp(np.arange(len(pcm)) / 2, np.arange(len(back)), back) * 32_767).astype(np.int16)


def whispered(pcm: Pcm) -> Pcm:
    """Without voice: noise through the same mouth (the cepstral envelope of 40 ms at a time, without pitch)."""
    noise, out = np.random.default_rng(7), np.zeros(len(pcm) + 640)
    window = np.hanning(640)
    for at in range(0, len(pcm) - 640, 160):
        frame = pcm[at : at + 640] * window
        cepstrum = np.fft.irfft(np.log(np.abs(np.fft.rfft(frame)) + 1))
        cepstrum[30:-29] = 0
        envelope = np.exp(np.fft.rfft(cepstrum).real)
        phase = np.exp(2j * np.pi * noise.random(321))
        out[at : at + 640] += np.fft.irfft(envelope * phase) * window
    return (out[: len(pcm)] * 6_000 / np.abs(out).max()).clip(-32_768, 32_767).astype(np.int16)


def shouted(pcm: Pcm) -> Pcm:
    """So loud that the microphone clips it, 12 dB too loud."""
    return (pcm.astype(float) / np.abs(pcm).max() * 4 * 32_767).clip(-32_768, 32_767).astype(np.int16)
