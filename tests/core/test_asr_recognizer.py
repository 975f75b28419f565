"""The recogniser's core from end to end, with a model that reads words from a script instead of hearing them.

Whatever the sound, however it is cut into entries, whenever answers come, and wherever a worker dies: every word is in
exactly one final, committed text is never taken back, and the account adds up.
"""

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.rates import FRAME, RATE
from asr.speaker.checkpoint import unpack
from streaming.events import AudioFinalized, AudioGap, SpeechStarted, SpeechStopped
from streaming.facts import (
    Endpoint,
    Endpointing,
    Finalize,
    HeardPartial,
    SessionConfig,
    SoundEnded,
    Updated,
)
from tests.promises import check_account, check_promises, finals, words
from tests.scripted import Run, Script, cut, script

SHAPE = st.lists(st.tuples(st.integers(2, 25), st.integers(7, 25)), min_size=0, max_size=12)
PIECES = st.lists(st.integers(160, 9000), min_size=1, max_size=4)


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
@given(
    SHAPE, SHAPE, PIECES, st.dictionaries(st.integers(0, 60), st.booleans(), max_size=6), st.integers(0, 3)
)
def test_a_worker_that_dies_leaves_nothing_out_and_nothing_twice_whatever_model_comes_next(
    shape: list[tuple[int, int]],
    other: list[tuple[int, int]],
    pieces: list[int],
    deaths: dict[int, bool],
    slow: int,
) -> None:
    scripts = [script(shape), script(other)]
    run = Run(scripts, cut(scripts, pieces, {}, set()))
    steps = 0
    while True:
        more = run.read()
        if steps % (slow + 1) == 0:
            run.answer()
        if steps in deaths:
            run.succeed(run.first + 10_000 * deaths[steps])
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


@pytest.mark.parametrize("mark", [1, 4, 22])  # before anybody speaks, in the middle of it, long after it
def test_a_finalize_is_told_of_behind_all_that_was_said_before_it(mark: int) -> None:
    one = script([(10, 20), (3, 20)])
    run = Run([one], cut([one], [FRAME * 2], {mark: Finalize()}, set()))
    run.finish()
    [place] = [place for place, fact in enumerate(run.facts) if isinstance(fact, AudioFinalized)]
    done = run.facts[place]
    assert isinstance(done, AudioFinalized)
    for final in finals(run.facts[:place]):
        assert final.end_ms <= done.at_ms
    for final in finals(run.facts[place:]):
        assert final.start_ms >= done.at_ms - 32  # a frame


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


def test_the_checkpoint_of_a_recording_that_came_all_at_once_stays_small() -> None:
    one = script([(10, 20)] * 200)  # three minutes
    run = Run([one], cut([one], [one.length], {}, set()))
    run.read()
    largest = len(run.core.checkpoint())
    while run.answer():
        largest = max(largest, len(run.core.checkpoint()))
    run.finish()
    assert largest < 12_000
    assert len(words(run.facts)) == 200


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
