"""A recogniser's core whose model reads words from a script instead of hearing them, driven as the worker does it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from asr.policy import AsrPolicy
from asr.rates import FRAME, RATE
from asr.recognizer import Recognizer
from asr.speaker.channel import Channel, Request
from asr.speaker.request import Pause
from asr.tools import Tools
from asr.whisper.final import look
from asr.whisper.passes import Align, Aligned, Answer, Detect, Encode, Generate, Generated, PassPolicy
from streaming.events import AudioFormat
from streaming.facts import (
    Ended,
    Endpointing,
    Heard,
    HeardPartial,
    SessionConfig,
    Skipped,
)

LOUD = 9_000


class Spelled:
    """Token 7 is the word " w7", or, in a model whose tokens begin at `first`, token `first` + 7."""

    def __init__(self, first: int = 0) -> None:
        self.first = first

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        return [(token,) for token in tokens]

    def text(self, tokens: tuple[int, ...]) -> str:
        return "".join(f" w{token - self.first}" for token in tokens)

    def tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self.first + int(number) for number in re.findall(r"w(\d+)", text))


class Script(NamedTuple):
    """One channel: words (token, begin, end) in samples, and the whole length."""

    words: list[tuple[int, int, int]]
    length: int

    @property
    def pcm(self) -> np.ndarray[Any, Any]:
        pcm = np.zeros(self.length, np.int16)
        for _, begin, end in self.words:
            pcm[begin:end] = LOUD
        return pcm


def script(shape: list[tuple[int, int]]) -> Script:
    """Words and the silences before them, in frames."""
    words, at = list[tuple[int, int, int]](), 0
    for number, (pause, length) in enumerate(shape, start=1):
        at += pause * FRAME
        words.append((number, at, at + length * FRAME))
        at += length * FRAME
    return Script(words, at + 20 * FRAME + 77)


def hear(script: Script, channel: Channel, request: Request, first: int = 0) -> Answer:
    """Run a pass: the model hears the words that begin in the window, and guesses wrong at one that is cut."""
    spoken = channel.state.utterance
    assert spoken
    inside = [one for one in script.words if one[2] > spoken.window + 200 and one[1] < request.edge - 800]
    truth = [first + token + (1000 if end > request.edge else 0) for token, _, end in inside]
    ends = [(end - spoken.window) / RATE for _, _, end in inside]
    assert all(0 <= token - first < 10_000 for token in request.question.forced), "tokens of another model"
    program, reply = look(request.question, PassPolicy()), None
    while True:
        try:
            call = program.send(reply)
        except StopIteration as done:
            return done.value
        match call:
            case Encode():
                reply = "encoded"
            case Detect():
                reply = ("en", 0.9)
            case Generate(prefix=prefix, room=room):
                reply = Generated(tuple(truth[len(prefix) :][:room]))
            case Align(tokens=tokens):
                right = [0.9 if truth[n : n + 1] == [token] else 0.1 for n, token in enumerate(tokens)]
                late = (request.edge - spoken.window) / RATE
                times = [ends[n] if n < len(ends) else late for n in range(len(tokens))]
                begin = (inside[0][1] - spoken.window) / RATE if inside else 0.0
                reply = Aligned(right, [begin, *times])


class Entry(NamedTuple):
    place: tuple[int, int]
    pcm: bytes = b""
    mark: Any = None


Judge = Callable[[Pause], float | None] | None
DEFAULT = Endpointing()


class Run:
    """Drives a recognizer as the worker does: what is committed survives, all else dies with it."""

    def __init__(
        self, scripts: list[Script], entries: list[Entry], wish: Endpointing = DEFAULT, judge: Judge = None
    ) -> None:
        self.judge = judge
        self.scripts, self.entries = scripts, entries
        self.config = SessionConfig("s", audio=AudioFormat(channels=len(scripts)), endpointing=wish)
        self.tools, self.first = Tools(AsrPolicy(), Spelled(), 80, "fake@0"), 0
        self.blob, self.lowest = b"", 0
        self.facts: list[Heard] = []
        self.committed = 0
        self.stable: set[tuple[int, int, int]] = set()
        self.begin()

    def succeed(self, first: int) -> None:
        """A worker takes over, with a model whose tokens begin at `first`."""
        self.tools, self.first = Tools(AsrPolicy(), Spelled(first), 80, f"fake@{first}"), first
        self.begin()

    def begin(self) -> None:
        self.core = Recognizer(self.config, self.tools, self.blob)
        self.requests: dict[int, Request] = {}
        self.at = 0
        if self.blob:
            while self.at < len(self.entries) and self.entries[self.at].place <= self.core.state.place:
                entry = self.entries[self.at]
                if entry.place[0] >= self.lowest:
                    self.core.refill(entry.place, entry.pcm, 0)
                self.at += 1
            self.core.refilled()
            self.blob = self.core.checkpoint()  # a successor goes on from it, above the revisions of this one

    def read(self) -> bool:
        if self.at == len(self.entries):
            return False
        entry = self.entries[self.at]
        self.at += 1
        facts = (
            self.core.mark(entry.place, entry.mark)
            if entry.mark
            else self.core.hear(entry.place, entry.pcm, 0)
        )
        self.publish(facts + self.judge_sound())
        return True

    def judge_sound(self) -> list[Heard]:
        facts: list[Heard] = []
        while frames := self.core.frames():
            loud = [(np.abs(frame[:, 64:]).mean(axis=1) > 0.1).astype(np.float32) for frame in frames]
            facts += self.core.judged(loud)
        return facts + self.core.judged([])

    def answer(self) -> bool:
        for channel in self.core.channels:
            if pause := channel.pause():
                self.publish(channel.sounds(pause.opinion, self.judge and self.judge(pause)))
                return True
            request = self.requests.pop(channel.number, None) or channel.request()
            if request:
                answer = hear(self.scripts[channel.number], channel, request, self.first)
                self.publish([*channel.settle(request, answer, 0), *self.judge_sound()])
                return True
        return False

    def publish(self, facts: list[Heard]) -> None:
        facts = facts + self.core.finish()
        self.facts += facts
        known = {
            (fact.channel, fact.utterance, fact.stable) for fact in facts if isinstance(fact, HeardPartial)
        }
        passing = len(known) == len(facts) and known <= self.stable
        if (facts and not passing) or self.core.cursor - self.committed >= RATE:
            self.lowest = int(self.core.trim().split("-")[0])
            self.blob, self.committed = self.core.checkpoint(), self.core.cursor
            self.stable |= known

    def finish(self) -> None:
        while self.read():
            self.answer()
        while self.answer():
            pass
        assert self.core.over


def cut(scripts: list[Script], pieces: list[int], marks: dict[int, Any], gaps: set[int]) -> list[Entry]:
    """The sound in entries of `pieces` samples (repeated); marks by entry number; `gaps` are told instead of sent."""
    length = max(one.length for one in scripts)
    pcm = np.zeros((length, len(scripts)), np.int16)
    for number, one in enumerate(scripts):
        pcm[: one.length, number] = one.pcm
    entries, at, number = list[Entry](), 0, 0
    while at < length:
        to = min(length, at + pieces[number % len(pieces)])
        gap = number in gaps
        entries.append(
            Entry((to, 0), mark=Skipped(to - at))
            if gap
            else Entry((to, 0), pcm=pcm[at:to].astype("<i2").tobytes())
        )
        if number in marks:
            entries.append(Entry((to, 1), mark=marks[number]))
        at, number = to, number + 1
    return [*entries, Entry((length, 2), mark=Ended(length))]
