"""The last pass of an utterance is made in the pause, before it is sure that nothing more is said."""

from collections.abc import Sequence

from msgspec.structs import replace

from asr.endpointing.endpoint import Ahead
from asr.rates import FRAME, RATE
from asr.whisper.passes import Aligned, Answer
from streaming.events import SpeechStarted, SpeechStopped
from streaming.facts import Endpoint, Endpointing, Finalize, HeardFinal, HeardPartial, Resumed
from tests.promises import finals
from tests.scripted import Run, Spelled, cut, script


def paused(pause: int, marks: dict[int, Finalize] | None = None) -> Run:
    """Somebody speaks for 640 ms, pauses for so many frames, and speaks again."""
    one = script([(10, 20), (pause, 20)])
    return Run([one], cut([one], [FRAME], dict(marks or {}), set()))


def until_rehearsed(run: Run) -> None:
    """Read on, answering everything, until a pass was made ahead."""
    channel = run.core.channels[0]
    while not (channel.state.ahead and not channel.closing):
        assert run.read()
        run.answer()


def test_the_final_is_there_as_soon_as_the_silence_is_long_enough() -> None:
    run = paused(30)
    until_rehearsed(run)
    assert not finals(run.facts)
    while not finals(run.facts):
        assert run.read()  # and no pass is made any more
    assert [word.text for word in finals(run.facts)[0].words] == ["w1"]


def test_what_the_pass_ahead_has_heard_is_shown_at_once() -> None:
    run = paused(30)
    until_rehearsed(run)
    assert isinstance(run.facts[-1], HeardPartial)
    assert run.facts[-1].text == "w1"


def test_a_finalize_in_the_pause_needs_no_other_pass() -> None:
    run = paused(30, {39: Finalize()})
    until_rehearsed(run)
    while run.at < 41:
        assert run.read()
    assert [type(fact) for fact in run.facts if isinstance(fact, HeardFinal)] == [HeardFinal]


def test_a_pass_ahead_counts_for_nothing_once_more_is_said() -> None:
    run = paused(9)
    until_rehearsed(run)
    run.finish()
    [final] = finals(run.facts)
    assert [word.text for word in final.words] == ["w1", "w2"]


def test_under_load_no_pass_is_made_ahead() -> None:
    run = paused(30)
    channel = run.core.channels[0]
    channel.step_s = 0.7
    pauses = 0
    while run.read():
        if channel.state.ahead and not channel.state.closing:
            pauses += 1
            assert not channel.closing
        run.answer()
    assert pauses > 5
    assert len(finals(run.facts)) == 2


def test_nobody_waits_for_a_pass_ahead_unless_the_turn_ends_eagerly() -> None:
    for eager_ms in (0, 200):
        one = script([(10, 20), (30, 20)])
        run = Run([one], cut([one], [FRAME], {}, set()), Endpointing(eager_ms=eager_ms))
        channel = run.core.channels[0]
        while not channel.closing:
            assert run.read()
        assert channel.urgent == bool(eager_ms)


class Digits(Spelled):
    """Token 7 is the digit " 7"; 99 is what a model says into silence."""

    def text(self, tokens: Sequence[int]) -> str:
        return "".join(" you" if token == 99 else f" {token % 10}" for token in tokens)


def dictated() -> Run:
    """A number of two and two digits, up to where silence ends it; the recogniser was too busy to hear any of it."""
    one = script([(10, 8), (4, 8), (25, 8), (4, 8)])
    run = Run([one], cut([one], [FRAME], {}, set()))
    run.tools = replace(run.tools, vocabulary=Digits())
    run.begin()
    while not run.core.channels[0].state.closing:
        assert run.read()
    return run


def test_a_number_that_is_heard_only_at_its_first_pause_goes_on() -> None:
    run = dictated()
    run.finish()
    [final] = finals(run.facts)
    assert final.text == "1 2 3 4"
    assert [fact.reason for fact in run.facts if isinstance(fact, Endpoint)] == ["end"]
    told = [fact for fact in run.facts if isinstance(fact, SpeechStarted | SpeechStopped)]
    assert [type(fact) for fact in told] == [SpeechStarted, SpeechStopped] * 2
    assert told[1].at_ms == told[2].at_ms


def test_a_number_that_goes_on_takes_an_eager_end_back_and_waits_for_no_more_than_its_silence() -> None:
    run = dictated()
    state = run.core.channels[0].state
    assert state.closing
    state.ahead = Ahead(state.closing.voice, state.closing.edge, eager=True, told=True)
    state.held = state.closing.voice
    while state.closing:
        assert run.answer()
    assert [type(fact) for fact in run.facts if isinstance(fact, Resumed)] == [Resumed]
    assert state.ahead
    assert not state.ahead.told
    assert state.held is None


def test_what_is_invented_behind_a_number_does_not_end_it() -> None:
    run = dictated()
    channel = run.core.channels[0]
    request, spoken = channel.request(), channel.state.utterance
    assert request
    assert spoken
    voice_s = (request.voice - spoken.window) / RATE
    times = [voice_s - 0.6, voice_s - 0.3, voice_s + 0.3, voice_s + 0.4]
    run.publish(channel.settle(request, Answer((1, 2, 99), Aligned([0.9] * 3, times), "en"), 0))
    run.finish()
    [final] = finals(run.facts)
    assert final.text == "1 2 3 4"
