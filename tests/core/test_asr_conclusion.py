"""Where an utterance is cut: how far that gets, and that no word falls between two utterances."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from asr.policy import WindowPolicy
from asr.rates import FRAME, RATE
from asr.speaker.channel import Channel, Request
from asr.speaker.checkpoint import Said
from asr.whisper.passes import Aligned, Answer
from streaming.events import SpeechStopped
from streaming.facts import Endpoint, HeardFinal, HeardPartial
from tests.promises import check_account, check_promises, finals, words
from tests.scripted import Run, Script, cut, script

POLICY = WindowPolicy()


def voiced(length_s: float) -> Run:
    """Somebody makes sound for so long, without a pause."""
    frames = round(length_s * RATE / FRAME)
    one = Script([(1, 10 * FRAME, (10 + frames) * FRAME)], (40 + frames) * FRAME)
    return Run([one], cut([one], [FRAME * 4], {}, set()))


def due(run: Run) -> tuple[Channel, Request] | None:
    """Read on until a last pass is due, and ask for it; None when the sound is over."""
    channel = run.core.channels[0]
    while not channel.urgent:
        if not run.read():
            return None
    request = channel.request()
    assert request
    assert request.final
    return channel, request


def said(starts_s: list[float], last_s: float) -> Answer:
    """Words that begin so, one after the other, the last of which lasts `last_s`."""
    tokens = tuple(range(1, len(starts_s) + 1))
    return Answer(tokens, Aligned([0.9] * len(tokens), [*starts_s, starts_s[-1] + last_s]), "en")


def test_a_window_in_which_little_is_heard_is_not_looked_at_again_and_again() -> None:
    run, passes = voiced(90), 0
    while found := due(run):
        channel, request = found
        run.publish(channel.settle(request, said([0.5], 1.0), 0))
        passes += 1
    assert run.core.over
    assert passes <= 10
    check_account(run.facts, run.scripts[0].length)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0, 19.9), min_size=1, max_size=30), st.floats(0.1, 3))
@example([0.5, 19.5], 1.0)
def test_a_cut_for_length_gets_on_by_half_a_window_and_each_word_is_before_or_behind_it(
    starts_s: list[float], last_s: float
) -> None:
    run = voiced(40)
    found = due(run)
    assert found
    channel, request = found
    spoken = channel.state.utterance
    assert spoken
    begins = [spoken.window + round(at_s * RATE) for at_s in sorted(starts_s)]
    facts = channel.settle(request, said(sorted(starts_s), last_s), 0)
    fresh = channel.state.utterance
    assert fresh
    assert spoken.window + POLICY.long_s / 2 * RATE <= fresh.begin <= request.edge
    kept = len(words(facts))
    assert len(finals(facts)) == (1 if kept else 0)
    assert all(begin >= fresh.begin for begin in begins[kept:])
    assert kept == len(begins) or fresh.begin == begins[kept]


def test_a_cut_for_length_with_no_word_near_it_goes_on_a_second_before_it() -> None:
    run = voiced(40)
    found = due(run)
    assert found
    channel, request = found
    channel.settle(request, said([0.5, 14.0], 1.0), 0)
    fresh = channel.state.utterance
    assert fresh
    assert fresh.begin == request.edge - POLICY.hold_s * RATE


def test_a_cut_for_length_goes_on_behind_a_committed_word_that_ends_near_it() -> None:
    run = voiced(40)
    found = due(run)
    assert found
    channel, request = found
    spoken = channel.state.utterance
    assert spoken
    spoken.words = [Said((1,), spoken.begin, request.edge - RATE // 2, 0.9)]
    run.publish(channel.settle(request, Answer((), Aligned(), "en"), 0))
    fresh = channel.state.utterance
    assert fresh
    assert fresh.begin == request.edge - RATE // 2


def short(channel: Channel) -> Answer:
    """A word in the first second of the window, behind which the answer was cut."""
    assert channel.state.utterance
    return replace(said([0.5], 0.5), cut=True)


@pytest.mark.parametrize(("length_s", "least", "most"), [(2, 1, 1), (4, 2, 2), (12, 3, 4), (18, 4, 5)])
def test_the_voice_behind_an_answer_that_was_cut_short_is_heard_in_the_same_turn(
    length_s: float, least: int, most: int
) -> None:
    run, passes = voiced(length_s), 0
    while found := due(run):
        channel, request = found
        run.publish(channel.settle(request, short(channel), 0))
        run.begin()  # whoever comes after goes on there, too
        passes += 1
    assert run.core.over
    assert least <= passes <= most
    assert len(finals(run.facts)) == passes
    kinds = [type(fact) for fact in run.facts]
    assert kinds.count(SpeechStopped) == kinds.count(Endpoint) == 1
    assert kinds.index(Endpoint) > max(n for n, kind in enumerate(kinds) if kind is HeardFinal)
    check_promises(run.facts, 0)
    check_account(run.facts, run.scripts[0].length)


def test_nothing_follows_an_answer_that_was_not_cut_short() -> None:
    run = voiced(12)
    found = due(run)
    assert found
    channel, request = found
    run.publish(channel.settle(request, said([0.5], 0.5), 0))
    assert channel.state.utterance is None


def test_a_loop_in_a_cut_for_length_leaves_what_is_behind_half_a_window() -> None:
    run = voiced(40)
    found = due(run)
    assert found
    channel, request = found
    channel.settle(request, short(channel), 0)
    fresh = channel.state.utterance
    assert fresh
    assert fresh.begin == POLICY.long_s / 2 * RATE


def test_what_a_partial_showed_and_the_last_pass_does_not_hear_is_taken_away_by_a_blank_final() -> None:
    one = script([(10, 30), (2, 30), (60, 30)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    while not any(isinstance(fact, HeardPartial) for fact in run.facts):
        run.read()
        run.answer()
    found = due(run)
    assert found
    channel, request = found
    run.publish(channel.settle(request, Answer((), Aligned(), "en"), 0))
    blank = finals(run.facts)[0]
    assert (blank.utterance, blank.text, blank.words) == (1, "", [])
    assert run.facts[-1] is blank  # and no turn is over
    assert channel.state.ledger.transcribed == 0
    run.finish()
    later = [fact.utterance for fact in run.facts if isinstance(fact, HeardPartial | HeardFinal)]
    assert later == sorted(later)
    assert len(finals(run.facts)) == len({final.utterance for final in finals(run.facts)}) == 2
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)


@pytest.mark.parametrize("again", [False, True])
def test_what_nobody_was_shown_and_the_last_pass_does_not_hear_leaves_nothing(again: bool) -> None:
    run = voiced(0.15 if again else 3)
    if again:
        while not run.core.state.channels[0].utterance:
            run.read()
        run.blob = run.core.checkpoint()
        run.begin()
    found = due(run)
    assert found
    channel, request = found
    assert channel.settle(request, Answer((), Aligned(), "en"), 0) == []
