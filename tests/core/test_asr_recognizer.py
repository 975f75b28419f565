"""The recogniser's core from end to end, with a model that reads words from a script instead of hearing them.

Whatever the sound, however it is cut into entries, whenever answers come, and wherever a worker dies: every word is in
exactly one final, committed text is never taken back, and the account adds up.
"""

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.channel import Channel, Request
from asr.checkpoint import unpack
from asr.passes import Align, Aligned, Answer, Detect, Encode, Generate
from asr.policy import AsrPolicy
from asr.rates import FRAME, RATE
from asr.recognizer import Recognizer
from asr.tools import Tools
from streaming.events import AudioFormat, AudioGap, SpeechStarted, SpeechStopped, Word
from streaming.facts import (
    Ended,
    Endpoint,
    Endpointing,
    Finalize,
    Heard,
    HeardFinal,
    HeardPartial,
    SessionConfig,
    Skipped,
    SoundEnded,
    Updated,
)

LOUD = 9_000


class Spelled:
    """Token 7 is the word " w7"."""

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        return [(token,) for token in tokens]

    def text(self, tokens: tuple[int, ...]) -> str:
        return "".join(f" w{token}" for token in tokens)


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


def hear(script: Script, channel: Channel, request: Request) -> Answer:
    """Run a pass: the model hears the words that begin in the window, and guesses wrong at one that is cut."""
    spoken = channel.state.utterance
    assert spoken
    inside = [one for one in script.words if one[2] > spoken.window + 200 and one[1] < request.edge - 800]
    truth = [token + (1000 if end > request.edge else 0) for token, _, end in inside]
    ends = [(end - spoken.window) / RATE for _, _, end in inside]
    program, reply = request.program, None
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
                reply = tuple(truth[len(prefix) :][:room])
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


class Run:
    """Drives a recognizer as the worker does: what is committed survives, all else dies with it."""

    def __init__(self, scripts: list[Script], entries: list[Entry]) -> None:
        self.scripts, self.entries = scripts, entries
        self.config = SessionConfig("s", audio=AudioFormat(channels=len(scripts)))
        self.tools = Tools(AsrPolicy(), Spelled(), 80, "fake@0")
        self.blob, self.lowest = b"", 0
        self.facts: list[Heard] = []
        self.committed = 0
        self.stable: set[tuple[int, int, int]] = set()
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
        chances = [
            (np.abs(frame[:, 64:]).mean(axis=1) > 0.1).astype(np.float32) for frame in self.core.frames()
        ]
        self.publish(facts + self.core.judged(chances))
        return True

    def answer(self) -> bool:
        for channel in self.core.channels:
            request = self.requests.pop(channel.number, None) or channel.request()
            if request:
                answer = hear(self.scripts[channel.number], channel, request)
                self.publish(channel.settle(request, answer, 0))
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


SHAPE = st.lists(st.tuples(st.integers(2, 25), st.integers(7, 25)), min_size=0, max_size=12)
PIECES = st.lists(st.integers(160, 9000), min_size=1, max_size=4)


def finals(facts: list[Heard], channel: int = 0) -> list[HeardFinal]:
    return [fact for fact in facts if isinstance(fact, HeardFinal) and fact.channel == channel]


def words(facts: list[Heard], channel: int = 0) -> list[Word]:
    return [word for final in finals(facts, channel) for word in final.words]


def check_promises(facts: list[Heard], channel: int) -> None:
    """What holds of the facts of every session."""
    stable: dict[int, str] = {}
    revision: dict[int, int] = {}
    done, announced, turn = set[int](), False, False
    for fact in facts:
        match fact:
            case SpeechStarted(channel=of) if of == channel:
                announced = True
            case HeardPartial(channel=of) if of == channel:
                assert announced
                assert fact.utterance not in done
                assert fact.text.startswith(stable.get(fact.utterance, ""))
                assert fact.revision > revision.get(fact.utterance, 0)
                stable[fact.utterance], revision[fact.utterance] = fact.text[: fact.stable], fact.revision
            case HeardFinal(channel=of) if of == channel:
                assert announced
                assert fact.utterance not in done
                assert fact.text.startswith(stable.get(fact.utterance, ""))
                done.add(fact.utterance)
                turn = True
            case Endpoint(channel=of) if of == channel:
                assert turn
                turn = False
            case _:
                pass
    assert not turn
    assert set(stable) <= done


def check_account(facts: list[Heard], length: int) -> None:
    """Every sample is counted once, and SoundEnded is the last."""
    ended = facts[-1]
    assert isinstance(ended, SoundEnded)
    for account in ended.accounting:
        counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
        assert account.duration_ms == length / 16 == counted


@settings(max_examples=60, deadline=None)
@given(SHAPE, PIECES, st.integers(0, 5))
def test_every_word_is_in_one_final_and_the_account_adds_up(
    shape: list[tuple[int, int]], pieces: list[int], slow: int
) -> None:
    one = script(shape)
    run = Run([one], cut([one], pieces, {}, set()))
    while run.read():
        if slow == 0 or run.at % (slow + 1) == 0:
            run.answer()
    run.finish()
    assert [word.text for word in words(run.facts)] == [f"w{token}" for token, _, _ in one.words]
    for word, (_, begin, end) in zip(words(run.facts), one.words, strict=True):
        assert abs(word.end_ms - end / 16) <= 40
        assert word.start_ms <= begin / 16 + 100
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)


@settings(max_examples=60, deadline=None)
@given(SHAPE, SHAPE, PIECES, st.sets(st.integers(0, 60), max_size=6), st.integers(0, 3))
def test_a_worker_that_dies_leaves_nothing_out_and_nothing_twice(
    shape: list[tuple[int, int]], other: list[tuple[int, int]], pieces: list[int], deaths: set[int], slow: int
) -> None:
    scripts = [script(shape), script(other)]
    run = Run(scripts, cut(scripts, pieces, {}, set()))
    steps = 0
    while True:
        more = run.read()
        if steps % (slow + 1) == 0:
            run.answer()
        if steps in deaths:
            run.begin()
            more = True
        steps += 1
        if not more:
            break
    run.finish()
    for channel, one in enumerate(scripts):
        assert [word.text for word in words(run.facts, channel)] == [f"w{token}" for token, _, _ in one.words]
        check_promises(run.facts, channel)
    check_account(run.facts, max(one.length for one in scripts))


@settings(max_examples=40, deadline=None)
@given(SHAPE, PIECES, st.sets(st.integers(0, 40), max_size=4), st.sets(st.integers(0, 40), max_size=4))
def test_marks_and_gaps_anywhere_break_no_promise(
    shape: list[tuple[int, int]], pieces: list[int], marks: set[int], gaps: set[int]
) -> None:
    one = script(shape)
    entries = cut([one], pieces, {number: Finalize() for number in marks}, gaps)
    run = Run([one], entries)
    run.finish()
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)
    told = [fact for fact in run.facts if isinstance(fact, AudioGap)]
    ended = run.facts[-1]
    assert isinstance(ended, SoundEnded)
    assert sum(gap.to_ms - gap.from_ms for gap in told) == sum(ended.accounting[0].gap_ms.values())


def test_a_finalize_concludes_what_is_pending_at_once_and_the_session_goes_on() -> None:
    one = script([(10, 20), (3, 20), (3, 20)])
    entries = cut([one], [FRAME * 4], {15: Finalize()}, set())
    run = Run([one], entries)
    run.finish()
    reasons = [fact.reason for fact in run.facts if isinstance(fact, Endpoint)]
    assert reasons == ["finalize", "silence"]
    assert len(finals(run.facts)) == 2


def test_an_update_changes_the_silence_that_ends_a_turn_from_where_it_stands() -> None:
    one = script([(10, 20), (25, 20), (25, 20)])  # pauses of 0.8 s
    config = SessionConfig("s", endpointing=Endpointing(silence_ms=1500))
    entries = cut([one], [FRAME * 5], {10: Updated(config)}, set())
    run = Run([one], entries)
    run.finish()
    assert [len(final.words) for final in finals(run.facts)] == [1, 2]


def test_silence_and_clicks_ask_for_no_pass_and_give_nothing() -> None:
    clicks = Script([(1, 5000, 5600), (2, 40_000, 40_700)], 80_000)
    run = Run([clicks], cut([clicks], [320], {}, set()))
    while run.read():
        assert not run.answer()
    assert [type(fact) for fact in run.facts] == [SoundEnded]
    check_account(run.facts, 80_000)


def test_speech_is_announced_when_200_ms_of_it_were_heard() -> None:
    one = script([(10, 20)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    while not run.facts:
        run.read()
    assert run.facts == [SpeechStarted(0, 10 * FRAME // 16)]
    assert run.core.state.clock == 17 * FRAME  # 7 frames of 32 ms


def test_a_partial_comes_at_least_once_a_second_while_somebody_speaks() -> None:
    one = script([(10, 60)] * 4)  # words of two seconds
    run = Run([one], cut([one], [320], {}, set()))
    seen: list[int] = []
    while run.read():
        while run.answer():
            pass
        seen += [run.core.state.clock for fact in run.facts[len(seen) :] if isinstance(fact, HeardPartial)]
        run.facts = [fact for fact in run.facts if isinstance(fact, HeardPartial)]
    begin = one.words[0][2]
    inside = [at for at in seen if at > begin and any(b < at <= e + 8000 for _, b, e in one.words)]
    assert inside
    steps = [b - a for a, b in itertools.pairwise(inside)]
    assert max(steps) <= RATE + 14 * FRAME


def test_speech_without_a_pause_is_cut_into_finals_of_one_turn() -> None:
    one = script([(10, 12)] + [(1, 12)] * 120)  # 50 s
    run = Run([one], cut([one], [1600], {}, set()))
    run.finish()
    assert len(finals(run.facts)) >= 2
    assert [word.text for word in words(run.facts)] == [f"w{token}" for token, _, _ in one.words]
    assert [fact.reason for fact in run.facts if isinstance(fact, Endpoint)] == ["silence"]
    assert len([fact for fact in run.facts if isinstance(fact, SpeechStopped)]) == 1
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)


def test_after_a_final_the_checkpoint_tells_nothing_of_what_was_said() -> None:
    one = script([(10, 12)] * 3 + [(40, 12)])
    run = Run([one], cut([one], [800], {}, set()))
    while not finals(run.facts):
        run.read()
        run.answer()
    channel = unpack(run.blob).channels[0]
    assert channel.utterance is None
    assert b"w1" not in run.blob
    before = msgspec.to_builtins(channel)
    assert {"words", "tail", "tokens"}.isdisjoint(before)


def test_a_hole_keeps_the_clock_true_and_breaks_the_account() -> None:
    one = script([(10, 20), (30, 20)])
    entries = cut([one], [FRAME * 4], {}, set())
    lost = entries.pop(8)
    run = Run([one], entries)
    run.finish()
    ended = run.facts[-1]
    assert isinstance(ended, SoundEnded)
    account = ended.accounting[0]
    assert account.duration_ms - account.transcribed_ms - account.silence_ms == len(lost.pcm) / 2 / 16
    assert abs(words(run.facts)[-1].end_ms - one.words[-1][2] / 16) <= 40
