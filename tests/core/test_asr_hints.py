"""What a model is told may be said: the server's words and the session's, changeable in the middle."""

from msgspec.structs import replace

from asr.checkpoint import unpack
from asr.hints import HintPolicy, before
from asr.rates import FRAME
from streaming.events import AudioFormat
from streaming.facts import Hints, SessionConfig, Updated
from tests.scripted import Run, cut, script


def test_the_words_of_a_session_come_last_and_none_comes_twice() -> None:
    policy = HintPolicy(("w1", "w2"), "Of numbers.")
    assert before(Hints(("w3", " w1 "), "Of calls."), policy) == " Of numbers. Of calls. w1, w2, w3."
    assert before(Hints(), HintPolicy()) == ""
    assert before(Hints(prompt=" Of calls. "), HintPolicy()) == " Of calls."
    assert before(Hints((" ",)), HintPolicy()) == ""


def test_hints_reach_every_pass_from_where_the_session_says_so() -> None:
    one = script([(10, 30), (2, 30), (60, 30), (2, 30)])
    config = SessionConfig("s", audio=AudioFormat(), hints=Hints(("w8",)), translate=True)
    changed = Updated(replace(config, hints=Hints(("w9",))))
    run = Run([one], cut([one], [FRAME * 4], {25: changed}, set()))
    run.config = config
    run.begin()
    asked = list[tuple[int, ...]]()
    while run.read():
        if request := run.core.channels[0].request():
            asked.append(request.question.context)
            assert request.question.translate
            run.requests[0] = request
            run.answer()
    assert set(asked) == {(8,), (9,)}
    assert asked == sorted(asked)
    assert unpack(run.core.checkpoint()).channels[0].hints == Hints(
        ("w9",)
    )  # whoever comes after goes on with them
