"""One speaker: what happens to answers that come late, to words that nobody said, and to what would be retracted."""

import logging

import pytest

from asr.rates import FRAME, RATE
from asr.speaker import utterance
from asr.speaker.channel import Channel, Request
from asr.whisper.passes import Aligned, Answer
from streaming.facts import Endpoint, HeardFinal, HeardPartial
from tests.promises import finals
from tests.scripted import Run, cut, hear, script


def until_due(run: Run) -> tuple[Channel, Request]:
    """Read on until a pass is due, and ask for it."""
    channel = run.core.channels[0]
    while channel.unheard() is None:
        assert run.read()
    request = channel.request()
    assert request
    return channel, request


def test_a_final_does_not_wait_for_a_partial_that_is_under_way_and_drops_its_answer() -> None:
    one = script([(10, 30)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    channel, partial = until_due(run)
    assert not partial.final
    while not channel.urgent:
        assert run.read()
    _, final = until_due(run)
    assert final.final
    assert channel.settle(partial, hear(one, channel, partial), 0) == []
    assert channel.request() is None  # the final is still under way
    said = channel.settle(final, hear(one, channel, final), 0)
    assert [type(fact) for fact in said] == [HeardFinal, Endpoint]


def test_a_second_pass_is_not_asked_for_while_one_is_under_way() -> None:
    one = script([(10, 60)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    channel, _ = until_due(run)
    for _ in range(20):
        run.read()
    assert channel.unheard() is None
    assert channel.request() is None


def test_words_that_begin_after_the_voice_are_left_out() -> None:
    one = script([(10, 12)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    channel = run.core.channels[0]
    while not channel.urgent:
        assert run.read()
    _, final = until_due(run)
    spoken = channel.state.utterance
    assert spoken
    voice_s = (final.voice - spoken.window) / RATE
    invented = Answer((1, 99, 98), Aligned([0.9] * 3, [0.5, voice_s, voice_s + 0.3, voice_s + 0.4]), "en")
    said = finals(channel.settle(final, invented, 0))
    assert [word.text for word in said[0].words] == ["w1", "w99"]
    assert said[0].words[-1].end_ms <= final.voice // 16


def test_a_successor_counts_revisions_on_from_above_those_that_were_sent() -> None:
    one = script([(10, 30), (2, 30), (2, 30)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    while len([fact for fact in run.facts if isinstance(fact, HeardPartial)]) < 4:
        run.read()
        run.answer()
    sent = max(fact.revision for fact in run.facts if isinstance(fact, HeardPartial))
    before = len(run.facts)
    run.begin()
    while len(run.facts) == before:
        run.read()
        run.answer()
    fresh = run.facts[before]
    assert isinstance(fresh, HeardPartial)
    assert fresh.revision > sent + 10


def test_the_clock_goes_on_over_a_told_gap_at_once_and_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    one = script([(10, 20), (20, 20)])
    entries = cut([one], [FRAME * 8], {}, {4, 5})
    run = Run([one], entries)
    with caplog.at_level(logging.ERROR):
        for _ in range(6):
            run.read()
        assert run.core.state.clock == entries[5].place[0]
        run.finish()
    assert caplog.records == []


def test_taking_back_what_was_shown_as_stable_is_an_error() -> None:
    assert utterance.held("one two", "one two three") == "one two three"
    with pytest.raises(utterance.Retracted):
        utterance.held("one two", "one too")


def test_a_partial_that_would_take_back_a_committed_word_is_not_sent() -> None:
    one = script([(10, 20), (2, 20), (2, 20), (2, 20)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    channel = run.core.channels[0]
    while not (channel.state.utterance and len(channel.state.utterance.words) >= 2):
        run.read()
        run.answer()
    channel.state.utterance.words[0] = channel.state.utterance.words[1]
    _, request = until_due(run)
    with pytest.raises(utterance.Retracted):
        channel.settle(request, hear(one, channel, request), 0)
