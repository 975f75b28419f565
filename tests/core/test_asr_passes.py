"""What a pass asks of the model, and what it makes of the replies."""

from typing import Any

import numpy as np

from asr.passes import (
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
    conclude,
    extend,
)
from asr.sound import Float32

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
        Generate("e", "en", (1, 2), 6 + int(6 * 1.3), 1, scored=False),
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
        conclude(question(), POLICY), "e", (5, 6, 7) * 5, "wide", (5, 6, 7), Aligned([1, 1, 1], [0] * 4)
    )
    assert isinstance(calls[2], Encode)
    assert calls[2].frames == 3000
    assert isinstance(calls[3], Generate)
    assert calls[3].encoded == "wide"
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


def test_what_was_heard_in_another_language_is_heard_again() -> None:
    calls, answer = play(extend(question(language=None, tail=(1, 2)), POLICY), "e", ("fr", 0.9), (3,))
    assert calls[2] == Generate("e", "fr", (), 6 + int(6 * 2.3), 1, scored=False)
    assert answer.tokens == (3,)


NAUGHTS = (5, 9, 5, 9, *(0, 9) * 13, 4)
"""Two fives, thirteen naughts and a four, with commas between."""


def concluded(times: list[float], *, room: int = 86) -> tuple[list[Any], Answer]:
    """The last pass of 15 s in which the model hears NAUGHTS, as far as it may, and finds them at `times`."""
    policy = PassPolicy(cap=room - 2, cap_rate=0)
    heard = NAUGHTS[:room]
    aligned = Aligned([0.9] * len(NAUGHTS), times) if room > len(NAUGHTS) else Aligned([0.9] * 5, times[:6])
    replies: list[Any] = ["e", heard, "wide", heard, aligned]
    return play(conclude(question(voice_s=15.2, heard=1560), policy), *replies)


def test_a_digit_that_is_said_many_times_is_kept_as_often_as_it_has_its_time_in_the_sound() -> None:
    _, answer = concluded([n * 15 / len(NAUGHTS) for n in range(len(NAUGHTS) + 1)])
    assert answer.tokens == NAUGHTS
    assert answer.looped
    assert not answer.cut


def test_a_loop_that_the_sound_has_no_time_for_is_cut_to_its_first_round_and_says_so() -> None:
    _, answer = concluded([n * 0.07 for n in range(len(NAUGHTS) + 1)])
    assert answer.tokens == (5, 9, 5, 9, 0)
    assert answer.cut
    assert len(answer.aligned.times) == len(answer.tokens) + 1


def test_of_a_loop_that_the_sound_has_time_for_at_first_only_that_much_is_kept() -> None:
    _, answer = concluded([min(n * 0.3, 5.4 + n * 0.01) for n in range(len(NAUGHTS) + 1)])
    assert answer.tokens == NAUGHTS[:19]
    assert answer.cut
    assert len(answer.aligned.probabilities) == 19


def test_a_loop_that_does_not_come_to_an_end_is_cut_wherever_it_stands_in_the_sound() -> None:
    calls, answer = concluded([n * 0.5 for n in range(len(NAUGHTS) + 1)], room=30)
    assert answer.tokens == (5, 9, 5, 9, 0)
    assert answer.cut
    assert sum(isinstance(call, Align) for call in calls) == 1
