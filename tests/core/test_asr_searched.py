"""While there is room, what a partial adds is searched for: a greedy word that was committed is never made good."""

import pytest

from asr.sharing.costs import Costs
from asr.sharing.dispatch import Dispatch, Setup
from asr.sharing.ladder import LadderPolicy
from asr.whisper.partial import extend
from asr.whisper.passes import Align, Aligned, Generate
from tests.core.test_asr_passes import POLICY, play, question
from tests.core.test_asr_rehearsal import paused
from tests.crowd import Crowd, Speaker


def test_a_searched_partial_is_written_by_the_beam_and_weighed_by_the_alignment() -> None:
    old = Aligned([0.9, 0.9, 0.4], [0.5, 1.0, 1.5, 2.0])
    new = Aligned([0.95, 0.8, 0.7, 0.6], [0.5, 1.0, 1.5, 2.0, 2.4])
    asked = question(forced=(1,), tail=(2, 3), searched=True)
    calls, answer = play(extend(asked, POLICY), "e", old, (7, 8), new)
    assert calls[2:] == [
        Generate("e", "en", (1, 2), 6 + int(6 * 1.3), 5, scored=False),
        Align("e", "en", (1, 2, 7, 8), 300),
    ]
    assert (answer.tokens, answer.likely) == ((2, 7, 8), (0.8, 0.7, 0.6))
    assert answer.aligned == old  # of the old hypothesis: by it words are committed


def test_a_searched_partial_that_adds_nothing_asks_no_more() -> None:
    calls, answer = play(
        extend(question(tail=(2,), searched=True), POLICY), "e", Aligned([0.9], [0.5, 1.0]), ()
    )
    assert len(calls) == 3
    assert (answer.tokens, answer.likely) == ((2,), (0.9,))


@pytest.mark.parametrize("searched", [True, False])
def test_a_channel_asks_for_what_there_is_room_for(searched: bool) -> None:
    run, seen = paused(30), set[tuple[bool, bool]]()
    run.core.paced("full", 0.35, searched=searched)
    channel = run.core.channels[0]
    while run.read():
        if request := channel.request():
            seen.add((request.final, request.question.searched))
            run.requests[0] = request
        run.answer()
    assert (False, searched) in seen
    assert (False, not searched) not in seen


def test_partials_are_searched_while_few_speak() -> None:
    searched = [
        Crowd(Setup(Costs(), 2), [(0.0, Speaker(f"{n}", "all", 0.0)) for n in range(count)])
        .run(30)
        .dispatch.searches
        for count in (1, 2, 6, 12)
    ]
    assert searched == [True, True, False, False]


def test_what_searching_costs_alone_does_not_end_it() -> None:
    def searches(most: float, *, before: bool) -> bool:
        dispatch = Dispatch(Setup(Costs(), 2, ladder=LadderPolicy(search=most)))
        dispatch.enter("a", "t", 0.0)
        dispatch.searches = before
        dispatch.tick(0.25)
        return dispatch.searches

    begins = next(most / 100 for most in range(100) if searches(most / 100, before=False))
    ends = next(most / 100 for most in range(100) if searches(most / 100, before=True))
    assert begins == pytest.approx(1.3 * ends, abs=0.02)
