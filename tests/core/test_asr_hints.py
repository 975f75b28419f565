"""What a model is told may be said: the server's words and the session's, changeable in the middle."""

from collections.abc import Sequence

from msgspec.structs import replace

from asr.rates import FRAME
from asr.speaker.checkpoint import unpack
from asr.speaker.hints import HintPolicy, before
from asr.speaker.transcript import SPACELESS
from streaming.events import AudioFormat
from streaming.facts import Hints, SessionConfig, Updated
from tests.promises import finals
from tests.scripted import Run, Spelled, cut, script


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


class Halves(Spelled):
    """Token 1 is the first half of a word, token 2 the other."""

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        return [(token,) for token in tokens] if language in SPACELESS else [tuple(tokens)]

    def text(self, tokens: tuple[int, ...]) -> str:
        return "".join(f" w{token}" if token == 1 else f"w{token}" for token in tokens)


def test_a_translation_has_english_words_whatever_was_spoken() -> None:
    one = script([(10, 15), (2, 15)])
    run = Run([one], cut([one], [FRAME * 4], {}, set()))
    run.config = SessionConfig("s", audio=AudioFormat(), language="ja", translate=True)
    run.tools = replace(run.tools, vocabulary=Halves())
    run.begin()
    run.finish()
    [final] = finals(run.facts)
    assert [word.text for word in final.words] == ["w1w2"]
    assert final.language == "ja"
