"""Recordings and live speech on one machine: who is served, and how a recording is told."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.rates import FRAME, RATE
from asr.schedule import PATIENCE, Waiting, choose
from tests.scripted import Run, cut, script

WISHES = st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.booleans()), max_size=12)


@given(WISHES, st.integers(0, 4), st.integers(0, 2 * PATIENCE))
def test_a_recording_waits_for_what_is_live_but_not_for_ever(
    wishes: list[tuple[bool, int, bool]], room: int, after: int
) -> None:
    waiting = [Waiting(("s", n), final, unheard, n, slow) for n, (final, unheard, slow) in enumerate(wishes)]
    now = len(waiting) + after
    chosen = choose(waiting, room, now)
    assert len(chosen) == min(room, len(waiting))
    for one in chosen:
        for other in (left for left in waiting if left not in chosen):
            if one.replayed and now - one.since < PATIENCE:
                assert other.replayed
                assert now - other.since < PATIENCE
            elif one.replayed and not other.replayed:
                assert one.final or not other.final


def served(recordings: int, live: int, workers: int = 2, rounds: int = 400) -> dict[str, list[int]]:
    """When which session was served, if all want a pass again as soon as theirs is over; recordings want finals."""
    waiting: list[Waiting] = []
    at: dict[str, list[int]] = {}
    order = 0
    for name in [f"file{n}" for n in range(recordings)] + [f"live{n}" for n in range(live)]:
        waiting.append(Waiting((name, 0), name[0] == "f", 1, order, name[0] == "f"))
        at[name], order = [], order + 1
    for now in range(rounds):
        for one in choose(waiting, workers, order):
            waiting.remove(one)
            at[one.key[0]].append(now)
            waiting.append(Waiting(one.key, one.final, 1, order + 1, one.replayed))
            order += 2
    return at


@pytest.mark.parametrize("recordings", [1, 3, 12])
def test_live_sessions_get_their_partials_however_many_recordings_are_transcribed(recordings: int) -> None:
    at = served(recordings, 3)
    for name, times in at.items():
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert len(times) > 1
        assert max(gaps) <= (8 if name.startswith("live") else PATIENCE)


@pytest.mark.parametrize(("speed", "recording"), [(1, False), (1.2, False), (20, True)])
def test_sound_that_comes_faster_than_anybody_speaks_is_a_recording(speed: float, recording: bool) -> None:
    one = script([(10, 200)])
    run = Run([one], cut([one], [FRAME * 4], {}, set()))
    channel = run.core.channels[0]
    for entry in run.entries[:50]:
        run.core.hear(entry.place, entry.pcm, 1000 + round(entry.place[0] / 16 / speed))
        run.core.judged([frame[:, -1] * 4 for frame in run.core.frames()])
    assert run.core.state.clock > 5 * RATE
    run.core.trim()
    assert channel.replayed is recording
