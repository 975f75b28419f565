"""How turns end: by what the voice sounds like, and eagerly; with a model that reads words from a script."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.rates import FRAME, RATE
from asr.speaker.request import Pause
from streaming.facts import (
    Endpoint,
    Endpointing,
    Finalize,
    HeardFinal,
    SessionConfig,
    Updated,
)
from tests.pausing import by_sound, check_eager, ends, run_of
from tests.promises import check_account, check_promises, finals, words
from tests.scripted import Run, cut, hear, script

SHAPE = st.lists(st.tuples(st.integers(2, 40), st.integers(7, 25)), min_size=0, max_size=12)
PIECES = st.lists(st.integers(160, 9000), min_size=1, max_size=4)
WISH = st.builds(
    Endpointing,
    silence_ms=st.sampled_from([None, 200, 700]),
    semantic=st.booleans(),
    eager_ms=st.sampled_from([0, 150, 300]),
)


@settings(max_examples=80, deadline=None)
@given(st.tuples(SHAPE, SHAPE), PIECES, WISH, st.sets(st.integers(0, 60), max_size=6), st.integers(0, 3))
def test_however_turns_end_and_workers_die_every_word_is_in_one_final(
    shapes: tuple[list[tuple[int, int]], ...],
    pieces: list[int],
    wish: Endpointing,
    deaths: set[int],
    slow: int,
) -> None:
    scripts = [script(shape) for shape in shapes]
    run = Run(scripts, cut(scripts, pieces, {}, set()), wish, by_sound)
    steps, more = 0, True
    while more:
        more = run.read()
        if steps % (slow + 1) == 0:
            run.answer()
        if steps in deaths:
            run.begin()
            more = True
        steps += 1
    run.finish()
    for channel, one in enumerate(scripts):
        assert [word.text for word in words(run.facts, channel)] == [f"w{token}" for token, _, _ in one.words]
        check_promises(run.facts, channel)
        check_eager(run.facts, channel, exact=not deaths)
    check_account(run.facts, max(one.length for one in scripts))


@settings(max_examples=40, deadline=None)
@given(SHAPE, PIECES, WISH, st.sets(st.integers(0, 40), max_size=4))
def test_a_finalize_anywhere_breaks_no_promise_however_turns_end(
    shape: list[tuple[int, int]], pieces: list[int], wish: Endpointing, marks: set[int]
) -> None:
    one = script(shape)
    run = Run([one], cut([one], pieces, {number: Finalize() for number in marks}, set()), wish, by_sound)
    run.finish()
    check_promises(run.facts, 0)
    check_eager(run.facts, 0, exact=True)
    check_account(run.facts, one.length)


def test_who_sounds_done_ends_the_turn_sooner() -> None:
    one = script([(10, 20), (10, 20)])  # a pause of 320 ms
    run = run_of(one, Endpointing(semantic=True), 0.95)
    run.finish()
    assert [fact.reason for fact in run.facts if isinstance(fact, Endpoint)] == ["semantic", "semantic"]
    assert [len(final.words) for final in finals(run.facts)] == [1, 1]


def test_who_does_not_sound_done_keeps_the_turn_but_not_the_final() -> None:
    one = script([(10, 20), (30, 20), (30, 20)])  # pauses of 960 ms
    run = run_of(one, Endpointing(semantic=True), 0.1)
    run.finish()
    kinds = [type(fact) for fact in run.facts if isinstance(fact, HeardFinal | Endpoint)]
    assert kinds == [HeardFinal, HeardFinal, HeardFinal, Endpoint]


def test_a_turn_that_seems_not_to_be_over_ends_in_the_end() -> None:
    one = script([(10, 20), (60, 20)])  # a pause of 1.9 s
    run = run_of(one, Endpointing(semantic=True), 0.1)
    ended: list[int] = []
    while run.read():
        run.answer()
        ended += [run.core.cursor] * (len(ends(run.facts)) > len(ended))
    assert 1.5 * RATE <= ended[0] - one.words[0][2] <= 1.6 * RATE
    run.finish()
    assert [fact.reason for fact in run.facts if isinstance(fact, Endpoint)] == ["silence", "end"]


def test_the_judge_hears_the_whole_turn_and_the_silence_behind_it() -> None:
    one, heard = script([(10, 20), (8, 20), (20, 20)]), list[Pause]()
    run = Run(
        [one], cut([one], [FRAME], {}, set()), Endpointing(semantic=True), lambda p: heard.append(p) or 0.1
    )
    run.finish()
    first, second, *_ = heard
    assert first.opinion.edge - first.opinion.voice == 7 * FRAME
    assert (
        len(first.sound) == 27 * FRAME + 10 * FRAME
    )  # from half a second before the voice, or from the beginning
    assert len(second.sound) == len(first.sound) + 28 * FRAME


def test_the_judge_hears_8_s_of_a_long_turn_though_the_engine_has_done_with_them() -> None:
    one, heard = script([(10, 20), *[(4, 20)] * 20]), list[Pause]()  # 16 s
    run = Run(
        [one], cut([one], [FRAME], {}, set()), Endpointing(semantic=True), lambda p: heard.append(p) or 0.9
    )
    while run.read():
        while run.answer():
            pass
    [pause] = heard
    assert len(pause.sound) == 8 * RATE
    assert np.abs(pause.sound[:RATE]).max() > 0.1


def test_the_last_pass_is_made_while_the_judge_thinks() -> None:
    one = script([(10, 20), (30, 20)])
    run = run_of(one, Endpointing(semantic=True))
    channel = run.core.channels[0]
    while not (pause := channel.pause()):
        assert run.read()
    request = channel.request()
    assert request
    assert request.final
    run.publish(channel.settle(request, hear(one, channel, request), 0))
    run.publish(channel.sounds(pause.opinion, 0.9))
    assert not finals(run.facts)
    assert run.read()
    assert [fact.reason for fact in run.facts if isinstance(fact, Endpoint)] == ["semantic"]


def test_an_opinion_that_nobody_has_leaves_it_to_the_silence() -> None:
    one = script([(10, 20), (10, 20), (20, 20)])
    run = run_of(one, Endpointing(semantic=True), None)
    run.finish()
    assert [len(final.words) for final in finals(run.facts)] == [2, 1]


def test_a_mark_does_not_wait_for_an_opinion() -> None:
    one = script([(10, 20), (20, 20)])
    run = Run([one], cut([one], [FRAME], {38: Finalize()}, set()), Endpointing(semantic=True))
    while not run.core.channels[0].urgent:
        assert run.read()
        assert run.at < 42
    closing = run.core.channels[0].state.closing
    assert closing
    assert closing.reason == "finalize"


def test_an_opinion_that_comes_too_late_is_ignored() -> None:
    one = script([(10, 20), (8, 20)])
    run = run_of(one, Endpointing(semantic=True))
    channel = run.core.channels[0]
    while not (pause := channel.pause()):
        assert run.read()
    assert channel.sounds(pause.opinion, 0.6) == []
    assert channel.sounds(pause.opinion, 0.9) == []
    assert channel.state.opinion
    assert channel.state.opinion.complete == 0.6


def test_all_of_it_can_be_changed_in_the_middle() -> None:
    one = script([(10, 20), (30, 20), (30, 20)])
    wish = Endpointing(silence_ms=600, semantic=True, eager_ms=300)
    marks = {40: Updated(SessionConfig("s", language="de", endpointing=wish))}
    run = Run([one], cut([one], [FRAME], marks, set()), Endpointing(), lambda _: 0.1)
    run.finish()
    assert [type(fact) for fact in run.facts if isinstance(fact, HeardFinal | Endpoint)] == [
        HeardFinal,
        HeardFinal,
        HeardFinal,
        Endpoint,
    ]
    assert [final.language for final in finals(run.facts)][1:] == ["de", "de"]
    state = run.core.channels[0].state
    assert (state.language, state.endpointing) == ("de", wish)
