"""Under load a final costs as little as it may: a narrower window, and no search unless it is doubted."""

import pytest
from msgspec.structs import replace

from asr.whisper.final import conclude
from asr.whisper.passes import Aligned, Generated
from tests.core.test_asr_passes import POLICY, play, question
from tests.core.test_asr_rehearsal import paused


@pytest.mark.parametrize(("lean", "seconds"), [(True, 10), (False, 15)])
def test_under_load_a_final_sees_less(lean: bool, seconds: int) -> None:
    run, finals_seen = paused(30), list[tuple[bool, int]]()
    channel = run.core.channels[0]
    channel.step_s, channel.lean = 0.7, lean
    while run.read():
        if channel.state.closing and (request := channel.request()):
            finals_seen.append((request.question.lean, request.question.frames // 100))
            run.requests[0] = request
        run.answer()
    assert finals_seen == [(lean, seconds)] * 2


def test_a_lean_final_is_searched_for_only_when_it_is_doubted() -> None:
    lean = replace(question(forced=(1,)), lean=True)
    calls, answer = play(conclude(lean, POLICY), "e", (2,), Aligned([1, 1], [0, 1, 2]))
    assert calls[1].beam == 1
    assert answer.tokens == (2,)
    unsure = Generated((2,), logprob=-2.0)
    told = ("e", unsure, Aligned([1, 1], [0, 1, 2]), "wide", (3,), Aligned([1, 1], [0, 1, 2]))
    calls, answer = play(conclude(lean, POLICY), *told)
    assert (calls[3].frames, calls[4].beam) == (3000, 5)
    assert answer.tokens == (3,)
