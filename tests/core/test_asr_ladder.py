"""What is left out under load, in which order, and that it comes back by itself."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from asr.sharing.ladder import MOST_PATIENCE, LadderPolicy, Place, Rung, Strain, climb, rungs

POLICY = LadderPolicy()
LADDER = rungs(0.35, POLICY, draft=False)
NAMES = [rung.step for rung in LADDER]
STRAINS = st.builds(Strain, st.floats(0, 10), st.floats(0, 10), st.floats(0, 3))


def walked(
    place: Place, seen: list[tuple[float, Strain]], ladder: tuple[Rung, ...] = LADDER
) -> list[tuple[float, str]]:
    """When which rung was taken."""
    steps: list[tuple[float, str]] = []
    for now, strain in seen:
        before, place = place.rung, climb(place, strain, now, ladder, POLICY)
        if place.rung != before:
            steps.append((now, ladder[place.rung].step))
    return steps


def lasting(strain: Strain, seconds: float, begin: float = 0.0) -> list[tuple[float, Strain]]:
    return [(begin + n / 4, strain) for n in range(int(seconds * 4))]


def test_partials_become_fewer_then_smaller_then_none_and_finals_come_last() -> None:
    assert NAMES == ["full", "slower", "slowest", "finals", "late"]
    whole = rungs(0.35, POLICY, draft=True)
    assert [rung.step for rung in whole] == ["full", "slower", "slowest", "draft", "finals", "late"]
    assert [rung.partial_s for rung in whole] == [0.35, 0.7, 1.5, 1.5, math.inf, math.inf]
    assert [rung.draft for rung in whole] == [False, False, False, True, False, False]
    assert [rung.lean for rung in whole] == [False, False, True, True, True, True]
    steps = walked(Place(), lasting(Strain(9.0, 0.0, math.inf), 20))
    assert [name for _, name in steps] == ["slower", "slowest", "finals"]
    assert all(after - before >= POLICY.down_s for (before, _), (after, _) in itertools.pairwise(steps))
    assert [name for _, name in walked(Place(3), lasting(Strain(0.0, 9.0, 9.0), 9))] == ["late"]


def test_a_step_down_says_only_what_is_so_already() -> None:
    for rung, interval, falls in [
        (0, 0.6, False),
        (0, 0.8, True),
        (1, 1.4, False),
        (1, 1.6, True),
        (2, 2.9, False),
        (2, 3.1, True),
    ]:
        assert bool(walked(Place(rung), lasting(Strain(interval, 0.0, 9.0), 3))) is falls


def test_late_finals_cost_partials_whatever_their_interval() -> None:
    assert walked(Place(), lasting(Strain(0.35, 1.2, 0.0), 2)) == [(1.5, "slower")]


def test_what_was_bad_for_a_moment_only_changes_nothing() -> None:
    seen = [(n / 4, Strain(9.0 if n % 5 else 0.3, 0.0, 0.0)) for n in range(80)]
    assert walked(Place(), seen) == []


def test_it_goes_up_by_itself_when_there_is_room_for_more_and_not_before() -> None:
    assert walked(Place(3), lasting(Strain(0.0, 0.0, 0.9), 60)) == []
    steps = walked(Place(3), lasting(Strain(0.0, 0.0, 0.5), 60))
    assert [name for _, name in steps] == ["slowest", "slower", "full"]
    assert steps[0][0] == POLICY.up_s


def test_a_rise_that_had_to_be_taken_back_is_tried_again_after_twice_the_time() -> None:
    place, now, rises = Place(1), 0.0, list[float]()
    while now < 400:
        strain = Strain(0.9, 0.0, 9.0) if place.rung == 0 else Strain(0.7, 0.0, 0.5)
        before, place = place.rung, climb(place, strain, now, LADDER, POLICY)
        if place.rung < before:
            rises.append(now)
        now += 0.25
    waits = [after - before for before, after in itertools.pairwise(rises)]
    assert waits[1] > 1.5 * waits[0]
    assert max(waits) <= MOST_PATIENCE * POLICY.up_s + 2 * POLICY.down_s
    calm = lasting(Strain(0.3, 0.0, 0.0), 120, now)
    for at, strain in calm:
        place = climb(place, strain, at, LADDER, POLICY)
    assert (place.rung, place.patience) == (0, 1.0)


@given(st.lists(st.tuples(st.floats(0.05, 2), STRAINS), max_size=60), st.booleans())
def test_one_rung_at_a_time_never_beyond_the_ends_and_down_only_after_a_while(
    seen: list[tuple[float, Strain]], draft: bool
) -> None:
    ladder = rungs(0.35, POLICY, draft=draft)
    place, now, bad_since = Place(), 0.0, None
    for after, strain in seen:
        now += after
        bad = strain.interval_s >= 0.7 or strain.late_s >= POLICY.late_s  # the least that is bad anywhere
        bad_since = (bad_since if bad_since is not None else now) if bad else None
        before, place = place.rung, climb(place, strain, now, ladder, POLICY)
        assert 0 <= place.rung < len(ladder)
        assert abs(place.rung - before) <= 1
        if place.rung > before:
            assert bad_since is not None
            assert now - bad_since >= POLICY.down_s
        if place.rung < before:
            assert strain.better <= POLICY.room
