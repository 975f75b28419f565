"""Who is served next, with whom, and that nobody waits for ever: the queue on a clock of the test's own."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.rates import FRAME, RATE
from asr.sharing.costs import Costs
from asr.sharing.fairness import CREDIT_S
from asr.sharing.wishes import Waiting, Wish
from tests.house import POLICY, House, wish
from tests.scripted import Run, cut, script

KINDS = ["final", "partial", "file"]
ASKS = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(KINDS), st.floats(0, 3), st.sampled_from([5.0, 6.5, 15.0])),
    max_size=30,
)


@given(ASKS, st.integers(1, 3), st.integers(1, 4))
def test_every_channel_that_waits_is_served_once_with_its_newest_wish(
    asks: list[tuple[int, str, float, float]], workers: int, batch: int
) -> None:
    house = House(workers, Costs(batch=batch))
    newest: dict[str, Wish] = {}
    for number, kind, unheard_s, window_s in asks:
        one = wish(f"t{number % 2}/{number}", kind, unheard_s=unheard_s, window_s=window_s)
        house.ask(one)
        newest[one.key[0]] = one
    served: dict[str, Wish] = {}
    while house.schedule.waiting or house.ends:
        house.begin()
        assert len(house.ends) <= workers
        if not house.ends:
            assert house.schedule.again is not None
            assert house.now < house.schedule.again <= house.now + POLICY.gather_s + 1e-9
            house.now = house.schedule.again
            continue
        members = house.end().members
        assert len(members) <= batch
        assert len({(one.wish.kind, one.wish.final) for one in members}) == 1
        for one in members:
            assert one.wish.key[0] not in served
            served[one.wish.key[0]] = one.wish
    assert served == newest


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.floats(0, 5)), min_size=1, max_size=12))
def test_finals_go_before_partials_those_before_recordings_and_the_earliest_due_first(
    asked: list[tuple[str, float]],
) -> None:
    house = House()
    for number, (kind, unheard_s) in enumerate(asked):
        house.now = number / 100
        house.ask(wish(f"t/{number}", kind, unheard_s=unheard_s))
    first = house.schedule.take(house.now)
    assert first
    kind, unheard_s = asked[int(first.wish.key[0].split("/")[1])]
    assert KINDS.index(kind) == min(KINDS.index(other) for other, _ in asked)
    alike = [(number, heard) for number, (other, heard) in enumerate(asked) if other == kind]
    if kind == "partial":
        late = [heard - number / 100 for number, heard in alike]
        assert unheard_s - int(first.wish.key[0].split("/")[1]) / 100 == pytest.approx(max(late))
    else:
        assert first.wish.key[0] == f"t/{alike[0][0]}"


def test_a_newer_wish_keeps_the_place_of_the_older_and_a_final_takes_it() -> None:
    house = House()
    house.ask(wish("t/a", unheard_s=0.4))
    house.ask(wish("t/b", unheard_s=0.5))
    house.now = 0.3
    assert house.schedule.replaces(wish("t/a"))
    assert not house.schedule.replaces(wish("t/a", "final"))
    house.ask(wish("t/a", unheard_s=0.7))
    assert house.order() == ["t/b", "t/a"]
    house.ask(wish("t/a"))
    house.ask(wish("t/a", "final"))
    [only] = house.schedule.waiting
    assert only.wish.final


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.floats(0.02, 0.5)), min_size=2, max_size=4), st.integers(1, 3)
)
def test_tenants_that_always_wait_get_the_same_time_however_many_sessions_they_have(
    tenants: list[tuple[int, float]], workers: int
) -> None:
    tenants = [(max(sessions, workers), cost) for sessions, cost in tenants]
    house = House(workers, cost=lambda one: tenants[int(one.tenant)][1])
    for number, (sessions, _) in enumerate(tenants):
        for session in range(sessions):
            house.always(wish(f"{number}/{session}"))
    house.run(30)
    spread = max(house.used.values()) - min(house.used.values())
    assert spread <= CREDIT_S + 2 * workers * max(cost for _, cost in tenants)


def test_nobody_saves_time_up_by_being_away() -> None:
    house = House()
    house.ask(wish("back/0"))
    house.ask(wish("back/0", "final"))  # one wish in place of the other: it is served once, and away then
    house.run(1)
    del house.used["back"]
    for session in range(4):
        house.always(wish(f"busy/{session}"))
    house.run(100)
    for session in range(4):
        house.always(wish(f"back/{session}"))
    before = dict(house.used)
    house.run(10)
    assert house.used["busy"] - before["busy"] == pytest.approx(house.used["back"], abs=CREDIT_S + 0.5)


def test_one_voice_is_heard_beside_a_tenant_that_floods_the_house() -> None:
    house = House(2)
    for session in range(60):
        house.always(wish(f"flood/{session}", "final" if session % 2 else "partial"))
    house.run(5)
    house.always(wish("small/0"))
    house.run(30)
    gaps = [after - before for before, after in itertools.pairwise(house.at["small/0"])]
    assert max(gaps) <= 0.1 / POLICY.partial_share + 0.2


@pytest.mark.parametrize("recordings", [1, 3, 12])
@pytest.mark.parametrize("workers", [1, 2, 4])
def test_a_recording_is_never_starved_and_what_is_live_hardly_feels_it(recordings: int, workers: int) -> None:
    def cost(one: Wish) -> float:
        return 1.0 if one.replayed else 0.1

    def live(files: int) -> House:
        house = House(workers, cost=cost)
        for number in range(3 * workers):
            house.always(wish(f"live/{number}"))
        for number in range(files):
            house.always(wish(f"file/{number}", "file", window_s=30))
        house.run(200)
        return house

    without, house = live(0), live(recordings)
    assert house.used["file"] >= 0.8 * POLICY.replay_share * 200
    assert house.used["live"] >= (1 - 1.2 * POLICY.replay_share) * without.used["live"] - 1
    assert min(len(house.at[f"file/{number}"]) for number in range(recordings)) > 0
    for number in range(3 * workers):
        gaps = [after - before for before, after in itertools.pairwise(house.at[f"live/{number}"])]
        # With more than one worker a live pass never waits for a recording's alone.
        assert max(gaps) <= (0.4 + 1.0 if workers == 1 else 0.3 * workers / (workers - 1) + 0.2)


def test_whoever_speaks_now_and_then_never_waits_for_a_recording_where_there_are_two_workers() -> None:
    house = House(2, cost=lambda one: 5.0 if one.replayed else 0.1)
    for number in range(6):
        house.always(wish(f"file/{number}", "file"))
    house.begin()
    for turn in range(100):
        house.ask(wish("live/0"))
        house.begin()
        if turn * 0.5 > 5.0:  # until then both have what came before anybody spoke
            assert house.at["live/0"][-1] == house.now
        house.run(0.5)
    assert house.used["file"] > 40


def test_a_recording_has_all_workers_while_nobody_speaks() -> None:
    house = House(2)
    for number in range(2):
        house.ask(wish(f"file/{number}", "file"))
    house.begin()
    assert len(house.ends) == 2


def test_unheard_sound_grows_while_it_waits() -> None:
    assert Waiting(wish("t/0", unheard_s=0.4), 1.0, 1.5, 2.0).unheard_s(1.75) == pytest.approx(0.65)


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
