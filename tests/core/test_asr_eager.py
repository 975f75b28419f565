"""Turns that end eagerly: confirmed without another pass, or taken back; the words come from a script."""

from asr.rates import FRAME
from asr.whisper.passes import Aligned, Answer
from streaming.facts import EagerEndpoint, Endpoint, Endpointing, Finalize, HeardFinal, Resumed
from tests.pausing import ends, run_of
from tests.promises import finals
from tests.scripted import Run, cut, hear, script


def test_an_eager_end_says_what_the_final_will_say_and_saves_its_pass() -> None:
    one = script([(10, 20), (3, 20), (30, 20)])
    run = run_of(one, Endpointing(eager_ms=200))
    channel, asked = run.core.channels[0], 0
    while not any(isinstance(fact, Endpoint) for fact in run.facts):
        assert run.read()
        while request := channel.request():
            asked += request.final
            run.publish(channel.settle(request, hear(one, channel, request), 0))
    assert asked == 1
    told = [fact for fact in run.facts if isinstance(fact, EagerEndpoint | HeardFinal | Endpoint)]
    assert [type(fact) for fact in told] == [EagerEndpoint, HeardFinal, Endpoint]
    assert told[0] == EagerEndpoint(0, "silence", "w1 w2")
    assert isinstance(told[1], HeardFinal)
    assert told[1].text == "w1 w2"


def test_whoever_goes_on_takes_the_eager_end_back() -> None:
    one = script([(10, 20), (11, 20), (30, 20)])  # a pause of 350 ms
    run = run_of(one, Endpointing(eager_ms=200))
    run.finish()
    told = ends(run.facts)
    assert told[:4] == [
        EagerEndpoint(0, "silence", "w1"),
        Resumed(0),
        EagerEndpoint(0, "silence", "w1 w2"),
        Endpoint(0, "silence"),
    ]
    assert [len(final.words) for final in finals(run.facts)] == [2, 1]


def test_a_successor_takes_back_what_its_predecessor_ended_eagerly() -> None:
    one = script([(10, 20), (11, 20)])
    run = run_of(one, Endpointing(eager_ms=200))
    while not ends(run.facts):
        run.read()
        run.answer()
    run.begin()
    run.finish()
    assert [type(fact) for fact in ends(run.facts)][:2] == [EagerEndpoint, Resumed]


def test_an_eager_end_is_taken_back_if_nothing_was_said_after_all() -> None:
    one = script([(10, 20)])
    run = run_of(one, Endpointing(eager_ms=200))
    while not ends(run.facts):
        run.read()
        run.answer()
    run.begin()
    channel = run.core.channels[0]
    while not finals(run.facts):
        assert run.read()
        if request := channel.request():
            run.publish(channel.settle(request, Answer((), Aligned(), "en"), 0))
    assert ends(run.facts) == [EagerEndpoint(0, "silence", "w1"), Resumed(0)]
    assert [final.text for final in finals(run.facts)] == [""]


def test_no_turn_ends_eagerly_that_does_not_sound_done() -> None:
    one = script([(10, 20), (30, 20)])
    for complete, eager in ((0.6, 2), (0.1, 0)):
        run = run_of(one, Endpointing(semantic=True, eager_ms=250), complete)
        run.finish()
        assert len([fact for fact in run.facts if isinstance(fact, EagerEndpoint)]) == eager


def test_a_finalize_behind_an_eager_end_confirms_it_without_another_pass() -> None:
    one = script([(10, 20), (60, 20)])
    run = Run([one], cut([one], [FRAME], {42: Finalize()}, set()), Endpointing(eager_ms=200, silence_ms=2000))
    while not any(isinstance(fact, Endpoint) for fact in run.facts):
        assert run.read()
        if run.at < 42:
            run.answer()
    assert ends(run.facts) == [EagerEndpoint(0, "silence", "w1"), Endpoint(0, "finalize")]
