"""What a pass asks of the model, and what it makes of the replies."""

from typing import Any

import numpy as np
from msgspec.structs import replace

from asr.hearing.sound import Float32
from asr.whisper.final import conclude
from asr.whisper.partial import extend
from asr.whisper.passes import (
    Align,
    Aligned,
    Answer,
    Detect,
    Encode,
    Generate,
    Generated,
    Pass,
    PassPolicy,
    Question,
)

POLICY = PassPolicy()
NONE: Float32 = np.zeros((80, 300), np.float32)


def question(**changes: Any) -> Question:
    plain: dict[str, Any] = {
        "view": NONE,
        "heard": 300,
        "frames": 500,
        "forced": (),
        "tail": (),
        "begin_s": 0.5,
        "said_s": 0.5,
        "voice_s": 2.5,
        "language": "en",
        "fallback": "en",
    }
    return Question(**{**plain, **changes})


def play(program: Pass, *replies: Any) -> tuple[list[Any], Answer]:
    """The calls of a pass whose model calls are answered so, and its answer."""
    calls, answers = [next(program)], list(replies)
    while True:
        reply = answers.pop(0)
        if isinstance(calls[-1], Generate) and isinstance(reply, tuple):
            reply = Generated(reply)
        try:
            calls.append(program.send(reply))
        except StopIteration as done:
            assert not answers
            return calls, done.value


def test_old_tokens_stay_while_they_are_still_likely_and_only_the_rest_is_generated() -> None:
    aligned = Aligned([0.9, 0.9, 0.4, 0.9], [0.5, 1.0, 1.5, 2.0, 2.4])
    calls, answer = play(extend(question(forced=(1,), tail=(2, 3, 4)), POLICY), "e", aligned, (7, 8))
    assert calls[1:] == [
        Align("e", "en", (1, 2, 3, 4), 300),
        Generate("e", "en", (1, 2), 6 + int(6 * 1.3), 1, scored=False, weighed=True),
    ]
    assert answer.tokens == (2, 7, 8)


def test_a_committed_token_stays_however_unlikely_it_has_become() -> None:
    aligned = Aligned([0.1, 0.1], [0.5, 1.0, 1.5])
    _, answer = play(extend(question(forced=(1,), tail=(2,)), POLICY), "e", aligned, (9,))
    assert answer.tokens == (9,)


def test_a_partial_that_was_cut_short_leaves_off_its_last_tokens() -> None:
    room = 6 + int(6 * 2.3)
    _, answer = play(extend(question(), POLICY), "e", tuple(range(room)))
    assert answer.tokens == tuple(range(room - 2))


def test_a_final_that_loops_is_made_again_on_30_s() -> None:
    calls, answer = play(
        conclude(question(), POLICY),
        "e",
        (5, 6, 7) * 5,
        Aligned([1] * 15, [0] * 16),
        "wide",
        (5, 6, 7),
        Aligned([1] * 3, [0] * 4),
    )
    assert isinstance(calls[3], Encode)
    assert calls[3].frames == 3000
    assert isinstance(calls[4], Generate)
    assert calls[4].encoded == "wide"
    assert answer.looped
    assert answer.tokens == (5, 6, 7)


def test_a_final_that_does_not_loop_is_made_once_with_a_beam() -> None:
    calls, answer = play(conclude(question(forced=(1,)), POLICY), "e", (2,), Aligned([1, 1], [0, 1, 2]))
    assert [type(call) for call in calls] == [Encode, Generate, Align]
    assert calls[1].beam == 5
    assert answer == Answer((2,), Aligned([1, 1], [0, 1, 2]), "en")


def test_the_language_is_told_once_there_is_a_second_of_speech() -> None:
    calls, answer = play(extend(question(language=None), POLICY), "e", ("fr", 0.9), (1,))
    assert calls[1] == Detect("e")
    assert (answer.language, answer.told) == ("fr", True)
    _, short = play(extend(question(language=None, voice_s=1.2, fallback="de"), POLICY), "e", (1,))
    assert (short.language, short.told) == ("de", False)
    _, unsure = play(extend(question(language=None, fallback="de"), POLICY), "e", ("fr", 0.3), (1,))
    assert (unsure.language, unsure.told) == ("de", False)


def test_a_final_takes_a_language_of_which_a_partial_would_not_be_sure() -> None:
    likely = ("fr", 0.6)
    _, partial = play(extend(question(language=None, fallback="de"), POLICY), "e", likely, (1,))
    assert (partial.language, partial.told) == ("de", False)
    asked = question(language=None, fallback="de", final=True)
    _, final = play(conclude(asked, POLICY), "e", likely, (1,), Aligned([1], [0, 1]))
    assert (final.language, final.told) == ("fr", True)


def test_what_was_heard_in_another_language_is_heard_again() -> None:
    calls, answer = play(extend(question(language=None, tail=(1, 2)), POLICY), "e", ("fr", 0.9), (3,))
    assert calls[2] == Generate("e", "fr", (), 6 + int(6 * 2.3), 1, scored=False, weighed=True)
    assert answer.tokens == (3,)


NAUGHTS = (5, 9, 5, 9, *(0, 9) * 13, 4)
"""Two fives, thirteen naughts and a four, with commas between."""


LIKELY = [0.9] * len(NAUGHTS)


def concluded(times: list[float], *, tries: int, room: int = 86) -> tuple[list[Any], Answer]:
    """The last pass of 15 s, in which the model hears NAUGHTS in every try, as far as it may, and finds it so."""
    heard = NAUGHTS[:room]
    aligned = Aligned(LIKELY[:room], times[: len(heard) + 1])
    replies: list[Any] = ["e", heard, aligned, "wide", heard, aligned, heard, aligned]
    asked = replace(question(voice_s=15.2, heard=1560), final=True)
    return play(conclude(asked, PassPolicy(cap=room - 2, cap_rate=0)), *replies[: (3, 6, 8)[tries - 1]])


def test_a_digit_that_is_said_many_times_is_kept_as_often_as_it_has_its_time_in_the_sound() -> None:
    _, answer = concluded([n * 15 / len(NAUGHTS) for n in range(len(NAUGHTS) + 1)], tries=2)
    assert answer.tokens == NAUGHTS
    assert answer.looped
    assert not answer.cut


def test_a_loop_that_the_sound_has_no_time_for_is_tried_again_and_cut_to_its_first_round() -> None:
    calls, answer = concluded([n * 0.035 for n in range(len(NAUGHTS) + 1)], tries=3)
    assert answer.tokens == (5, 9, 5, 9, 0, 9, 4)
    assert answer.cut
    assert len(answer.aligned.times) == len(answer.tokens) + 1
    assert [call.temperature for call in calls if isinstance(call, Generate)] == [0.0, 0.0, 0.4]
    assert [call.frames for call in calls if isinstance(call, Encode)] == [500, 3000]


def test_of_a_loop_that_the_sound_has_time_for_at_first_only_that_much_is_kept() -> None:
    _, answer = concluded([min(n * 0.3, 5.4 + n * 0.01) for n in range(len(NAUGHTS) + 1)], tries=3)
    assert answer.tokens == (*NAUGHTS[:20], 4)
    assert answer.cut
    assert len(answer.aligned.probabilities) == 21


def test_a_loop_that_does_not_come_to_an_end_goes_as_far_as_it_has_time_and_says_so() -> None:
    _, answer = concluded([n * 0.5 for n in range(len(NAUGHTS) + 1)], tries=3, room=20)
    assert answer.tokens == NAUGHTS[:20]
    assert answer.cut


EXPECTED = Aligned([0.5], [0, 1])


def told(*tries: Generated, aligned: Aligned = EXPECTED, **asked: Any) -> tuple[int, Answer]:
    """How often a final was tried, and its answer, when the model writes so in each try."""
    replies: list[Any] = ["e"]
    for number, made in enumerate(tries):
        replies += ["wide"] * (number == 1) + [made] + [aligned] * bool(made.tokens)
    calls, answer = play(conclude(question(**asked), POLICY), *replies)
    return sum(isinstance(call, Generate) for call in calls), answer


def test_of_two_counts_of_a_repetition_the_likelier_is_taken() -> None:
    said_s = Aligned([0.9] * 5, [0, 0.6, 1.2, 1.8, 2.4, 3.0])
    for first, second, count in ((-0.1, -0.2, 5), (-0.2, -0.1, 4)):
        fewer = Aligned(said_s.probabilities[:4], said_s.times[:5])
        tries = [Generated((1,) * 5, first), said_s, "wide", Generated((1,) * 4, second), fewer]
        _, answer = play(conclude(question(voice_s=3.0), POLICY), "e", *tries)
        assert answer.tokens == (1,) * count


def test_what_is_hardly_likely_is_tried_again_and_the_likeliest_is_taken() -> None:
    tries, answer = told(Generated((1,), -1.5), Generated((2,), -1.2), Generated((3,), -1.4))
    assert (tries, answer.tokens) == (3, (2,))
    tries, answer = told(Generated((1,), -1.5), Generated((2,), -0.9))
    assert (tries, answer.tokens) == (2, (2,))
    assert told(Generated((1,), -0.9))[0] == 1


def test_a_jingle_is_tried_again_and_kept_only_when_nothing_else_is_heard() -> None:
    tries, answer = told(Generated((1,), -0.1, ratio=2.5), Generated((2,), -0.9, ratio=2.3))
    assert (tries, answer.tokens) == (2, (2,))
    tries, answer = told(*[Generated((n,), -0.1 * n, ratio=2.5) for n in (1, 2, 3)])
    assert (tries, answer.tokens) == (3, (1,))


def test_nothing_is_said_where_the_model_hears_no_speech_and_does_not_believe_its_text() -> None:
    unexpected = Aligned([0.02], [0, 1])
    assert told(Generated((1,), -1.5, 0.7))[1].tokens == ()
    assert told(Generated((1,), -1.5, 0.4), aligned=unexpected)[1].tokens == ()


def test_a_short_answer_is_not_lost_to_one_doubt_alone() -> None:
    unexpected = Aligned([0.02], [0, 1])
    assert told(Generated((1,), -0.9, 0.9), aligned=unexpected)[1].tokens == (1,)
    assert told(*[Generated((1,), -1.5, 0.2)] * 3, aligned=unexpected)[1].tokens == (1,)
    assert told(*[Generated((1,), -1.5, 0.5)] * 3)[1].tokens == (1,)


def test_a_hot_word_that_only_the_hint_makes_likely_is_not_said_in_silence() -> None:
    unexpected = Aligned([0.001], [0, 1])
    assert told(Generated((1,), -0.2, 0.3), aligned=unexpected, context=(1,))[1].tokens == ()
    assert told(Generated((1,), -0.2, 0.1), aligned=unexpected, context=(1,))[1].tokens == (1,)
    assert told(Generated((1,), -0.2, 0.3), aligned=unexpected)[1].tokens == (1,)


def test_what_follows_a_word_that_stands_is_never_taken_for_silence() -> None:
    aligned = Aligned([0.9, 0.02], [0, 1, 2])
    tries, answer = told(*[Generated((2,), -1.5, 0.9)] * 3, aligned=aligned, forced=(1,), said_s=1.0)
    assert (tries, answer.tokens) == (3, (2,))


def test_a_final_that_is_blank_behind_words_that_stand_is_doubted_while_much_voice_is_left() -> None:
    aligned = Aligned([0.9, 0.9], [0, 1, 2])
    blank = Generated((), -0.1)
    tries, answer = told(blank, Generated((2,), -0.1), aligned=aligned, forced=(1,), said_s=0.9)
    assert (tries, answer.tokens) == (2, (2,))
    tries, answer = told(blank, blank, blank, forced=(1,), said_s=0.9)
    assert (tries, answer.tokens, answer.cut) == (3, (), True)
    assert told(blank, forced=(1,), said_s=1.1)[0] == 1


def test_a_final_without_a_word_is_tried_again_when_the_model_hears_speech() -> None:
    tries, answer = told(Generated((), -0.1, 0.2), Generated((2,), -0.1))
    assert (tries, answer.tokens) == (2, (2,))
    assert told(Generated((), -0.1, 0.5))[0] == 1
