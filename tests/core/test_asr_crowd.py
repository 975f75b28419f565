"""Crowds of simulated speakers before the product's own scheduling: what gives way, for whom, and that it ends."""

import pytest

from asr.sharing.costs import Costs
from asr.sharing.dispatch import Dispatch, Setup
from asr.sharing.wishes import Wish
from tests.bench.schedule import H100, admits, at, crowd
from tests.crowd import Crowd, Speaker

CPU = Setup(Costs(), 2)
GPU = Setup(H100, 1)


@pytest.mark.parametrize(("setup", "few", "many"), [(CPU, 4, 60), (GPU, 100, 700)])
def test_partials_give_way_before_finals_do_and_no_word_is_left_out(
    setup: Setup, few: int, many: int
) -> None:
    easy, hard = at(setup, few, 10), crowd(setup, {"all": many}, 10)
    assert easy["rungs"] == {"full": 1.0}
    steps = [step for _, _, step in hard.steps]
    assert steps[:3] == ["slower", "slowest", "finals"]
    shown = hard.heard["all"]
    assert len(shown.first) >= 0.9 * shown.words
    assert shown.words > 5 * many


def test_finals_stay_quick_up_to_where_partials_are_slowest() -> None:
    row = at(GPU, 400, 20)
    assert row["rungs"].get("finals", 0.0) < 0.1
    assert row["final"]["p95"] <= 0.3


def test_a_flood_of_one_tenant_leaves_the_others_what_they_had() -> None:
    run = crowd(GPU, {"many": 600, "few": 10}, 10)
    many, few = run.heard["many"], run.heard["few"]
    assert set(few.rungs) <= {"full", "slower"}
    assert many.rungs.get("finals", 0.0) > 5
    assert sorted(few.first)[len(few.first) // 2] < 1.5 < sorted(many.first)[len(many.first) // 2]


def test_when_the_crowd_is_gone_all_is_as_before() -> None:
    stay = [(0.0, Speaker(f"stay-{n}", "all", 0.0)) for n in range(4)]
    run = Crowd(CPU, stay + [(n / 10, Speaker(f"go-{n}", "all", n / 10)) for n in range(40)]).run(30)
    assert run.dispatch.rung("all").step != "full"
    for n in range(40):
        run.leave(f"go-{n}")
    run.run(120)
    assert run.dispatch.rung("all").step == "full"
    assert run.dispatch.load(120).step == "full"


def test_after_a_hard_time_of_the_machine_partials_come_back() -> None:
    def slow(now: float) -> float:
        return 5.0 if 20 <= now < 60 else 1.0

    costs = Costs(call=0.005, second=0.019, align=0.038, token=0.019)
    run = Crowd(Setup(costs, 1), [(0.0, Speaker(f"{n}", "all", 0.0)) for n in range(2)], slow).run(150)
    assert "finals" in [step for _, _, step in run.steps]
    assert run.dispatch.rung("all").step in ("slowest", "slower", "full")


def test_what_was_said_before_a_better_step_was_taken_is_no_reason_to_take_it_back() -> None:
    dispatch, steps = Dispatch(CPU), list[str]()

    def tick(now: float, step: str, most_s: float) -> float:
        """Until that step is taken, or so long."""
        ends = now + most_s
        while now < ends and steps[-1:] != [step]:
            dispatch.tick(now)
            steps.append(dispatch.rung("all").step)
            now += 0.25
        return now

    def serve(final: bool, unheard_s: float, asked: float, now: float) -> None:
        dispatch.ask(Wish(("s", 0), "all", final, unheard_s, 6.0), asked)
        batch = dispatch.take(now)
        assert batch
        dispatch.begun(batch, now)
        dispatch.done(batch, batch.seconds, now + batch.seconds)

    dispatch.enter("s", "all", 0.0)
    dispatch.ask(Wish(("s", 0), "all", True, 3.0, 6.0), 0.0)
    now = tick(0.0, "finals", 10)
    serve(True, 3.0, now, now)
    now = tick(now, "slowest", 20)
    serve(False, 9.0, now, now + 0.1)
    tick(now, "finals", 2.5)
    assert steps[-1] == "slowest"
    assert "finals" in steps


@pytest.mark.parametrize("pause_s", [0.5, 3.0, 8.0])
def test_a_pause_of_the_speaker_or_of_the_network_is_no_load(pause_s: float) -> None:
    dispatch, seen = Dispatch(CPU), 0.0
    dispatch.enter("s", "all", 0.0)
    for n in range(400):
        now = n / 20
        speaks = now < 5 or now >= 5 + pause_s
        if speaks and now - seen >= dispatch.rung("all").partial_s:
            dispatch.ask(Wish(("s", 0), "all", False, now - seen, 6.0), now)
            batch = dispatch.take(now)
            assert batch
            dispatch.begun(batch, now)
            dispatch.done(batch, 0.1, now + 0.1)
            seen = now
        dispatch.tick(now)
        assert dispatch.rung("all").step == "full"


def test_passes_that_take_long_are_a_load_though_nobody_waits_in_the_queue() -> None:
    dispatch = Dispatch(CPU)
    dispatch.enter("s", "all", 0.0)
    for now in range(1, 10):
        dispatch.ask(Wish(("s", 0), "all", False, 1.0, 6.0), now)
        batch = dispatch.take(now)
        assert batch
        dispatch.begun(batch, now)
        for quarter in range(4):
            dispatch.tick(now + quarter / 4)
        dispatch.done(batch, 1.0, now + 1.0)
    assert dispatch.rung("all").step == "slower"


def test_as_many_are_let_in_as_get_their_partials_every_second_and_a_half_at_least() -> None:
    count = admits(CPU, every_s=10, most=60)
    assert 10 <= count < 60
    row = at(CPU, count, 30)
    assert row["rungs"].get("finals", 0.0) == 0.0
    assert row["interval"]["p95"] <= 2.0


def test_the_same_crowd_fares_the_same_each_time() -> None:
    assert at(CPU, 12, 10) == at(CPU, 12, 10)
