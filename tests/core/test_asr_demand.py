"""How much work sessions are thought to be, and whom the gateway lets in."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.sharing.costs import Costs
from asr.sharing.demand import Demand, DemandPolicy, Rate, Steps
from asr.sharing.dispatch import Dispatch, Setup
from asr.sharing.wishes import Wish
from streaming.capacity import Load, crowded, foretold
from streaming.errors import Close, Overloaded
from streaming.ingress.door import ServerPolicy, seat
from streaming.roster import Present

COSTS = Costs(call=0, second=0.01, align=0, token=0)
POLICY = DemandPolicy()


def partial(name: str, tenant: str = "t") -> Wish:
    return Wish((name, 0), tenant, False, 1.0, 6.0)


def speak(demand: Demand, name: str, begin: float, seconds: float, pace: float = 1.0) -> float:
    """Somebody speaks, with a partial a second that costs 0.06 s, and a final of 0.15 s every five seconds."""
    for n in range(int(seconds)):
        now = begin + n + 1
        demand.ran(partial(name), 0.06 * pace, pace, now)
        if n % 5 == 4:
            demand.ran(Wish((name, 0), "t", True, 0.0, 15.0), 0.15 * pace, pace, now)
    return begin + seconds


def test_a_newcomer_counts_as_a_speaker_and_is_known_for_what_it_is_later() -> None:
    demand = Demand(POLICY, COSTS, 1)
    demand.enter("silent", "t", 0.0)
    speaker = demand.newcomer(Steps(1.0))
    assert demand.of(Steps(1.0), 0.0) == pytest.approx(speaker)
    later = demand.of(Steps(1.0), 300.0)
    assert later == pytest.approx(POLICY.idle * speaker, rel=0.01)
    demand.enter("speaks", "t", 300.0)
    now = speak(demand, "speaks", 300.0, 200)
    assert demand.of(Steps(1.0), now) - later == pytest.approx(0.06 + 0.15 / 5, rel=0.3)
    demand.leave("speaks")
    assert demand.of(Steps(1.0), now) == pytest.approx(later, rel=0.01)


def test_fewer_partials_are_less_work_and_none_leave_the_finals() -> None:
    demand = Demand(POLICY, COSTS, 1)
    demand.enter("a", "t", -1000.0)
    now = speak(demand, "a", 0.0, 100)
    assert demand.of(Steps(0.5), now) == pytest.approx(0.12 + 0.03, rel=0.3)
    assert demand.of(Steps(2.0), now) == pytest.approx(0.03 + 0.03, rel=0.3)
    assert demand.of(Steps(math.inf), now) == pytest.approx(0.03, rel=0.3)


def test_what_is_measured_counts_more_than_what_was_reckoned() -> None:
    slow, usual = Demand(POLICY, COSTS, 1), Demand(POLICY, COSTS, 1)
    for demand, pace in ((slow, 3.0), (usual, 1.0)):
        demand.enter("a", "t", 0.0)
        speak(demand, "a", 0.0, 120, pace)
    assert slow.newcomer(Steps(1.0)) == pytest.approx(3 * usual.newcomer(Steps(1.0)), rel=0.1)
    assert slow.of(Steps(1.0), 120.0) == pytest.approx(3 * usual.of(Steps(1.0), 120.0), rel=0.1)


def test_a_hard_time_is_not_remembered_for_want_of_partials_that_it_kept_from_being_made() -> None:
    demand = Demand(POLICY, COSTS, 1)
    demand.enter("a", "t", 0.0)
    now, usual = speak(demand, "a", 0.0, 60, pace=10.0), demand.newcomer(Steps(1.0))
    for n in range(60):
        demand.ran(Wish(("a", 0), "t", True, 0.0, 15.0), 0.15, 1.0, now + 5.0 * n)
    assert demand.newcomer(Steps(1.0)) < usual / 5
    assert demand.newcomer(Steps(1.0, draft=True)) < usual / 5


def test_a_hard_time_keeps_nobody_out_when_all_have_been_silent_since() -> None:
    dispatch = Dispatch(Setup(COSTS, 1))
    fresh = dispatch.load(0.0).newcomer
    dispatch.enter("silent", "t", 0.0)
    for n in range(60):
        dispatch.ask(partial("speaks"), n)
        batch = dispatch.take(n)
        assert batch
        dispatch.begun(batch, n)
        dispatch.done(batch, 10 * batch.seconds, n + 0.9)
    assert dispatch.load(60.0 + POLICY.known_s - 5).newcomer > 5 * fresh
    dispatch.ask(partial("speaks"), 60.0)
    batch = dispatch.take(60.0)
    assert batch
    assert dispatch.load(600.0).newcomer > 5 * fresh, "a pass that takes that long is no rest"
    dispatch.done(batch, 540.0, 600.0)
    assert dispatch.load(601.0 + POLICY.known_s).newcomer == fresh


def test_single_passes_of_an_idle_device_do_not_make_it_look_full() -> None:
    batches = Costs(call=0.01, second=0.001, align=0, token=0, batch=16)
    demand = Demand(POLICY, batches, 1)
    demand.enter("a", "t", -1000.0)
    alone = batches.seconds(6.0, None, 1)
    for n in range(60):
        demand.ran(partial("a"), alone, 1.0, float(n))
    assert demand.of(Steps(1.0), 60.0) < 0.5 * alone


def test_a_recording_that_takes_all_that_is_left_over_keeps_nobody_out() -> None:
    demand = Demand(POLICY, COSTS, 1)
    demand.enter("file", "t", 0.0)
    for n in range(120):
        demand.ran(Wish(("file", 0), "t", True, 15.0, 20.0, replayed=True), 1.0, 1.0, float(n))
    assert demand.of(Steps(1.0), 120.0) < 2 * POLICY.idle * demand.newcomer(Steps(1.0))


@given(st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 1.0)), max_size=30))
def test_a_rate_is_never_negative_and_forgets(amounts: list[tuple[float, float]]) -> None:
    rate, now, total = Rate(10.0, 0.0), 0.0, 0.0
    for after, amount in amounts:
        now += after
        rate.add(amount, now)
        total += amount
        assert 0 <= rate.at(now) <= total / 10 + 1e-9
    assert rate.at(now + 300) <= 1e-6


# ---- the gateway's door --------------------------------------------------------------------------------------------


def recogniser(name: str, sessions: int, load: Load | None) -> Present:
    return Present("asr", name, [], 0, sessions, load=load)


def test_a_voice_for_which_there_is_no_room_is_refused_with_a_time_to_come_back() -> None:
    policy = ServerPolicy(retry_after_s=7)
    full = recogniser("a", 3, Load(1.4, 2, 0.3))
    with pytest.raises(Overloaded) as caught:
        seat(policy, [full], posted=3)
    assert (caught.value.code, caught.value.retry_after, caught.value.close) == (
        "overloaded",
        7,
        Close.OVERLOAD,
    )
    seat(policy, [recogniser("a", 3, Load(1.2, 2, 0.3))], posted=3)


def test_the_first_voice_is_let_in_however_slow_the_machine_is_or_was() -> None:
    slow = recogniser("a", 0, Load(0.0, 1, 3.0))
    seat(ServerPolicy(), [slow], posted=0)
    with pytest.raises(Overloaded):
        seat(ServerPolicy(), [slow], posted=1)
    assert not crowded(Load(0.0, 1, 3.0))
    assert crowded(Load(0.1, 1, 3.0))


def test_several_recognisers_add_up() -> None:
    full, idle = recogniser("a", 3, Load(2.0, 2, 0.3)), recogniser("b", 0, Load(0.0, 2, 0.3))
    seat(ServerPolicy(), [full, idle], posted=3)
    with pytest.raises(Overloaded):
        seat(ServerPolicy(), [full], posted=3)


def test_those_that_were_let_in_and_are_not_served_yet_count_too() -> None:
    room_for_four = recogniser("a", 1, Load(0.3, 2, 0.3))
    seat(ServerPolicy(), [room_for_four], posted=4)
    with pytest.raises(Overloaded):
        seat(ServerPolicy(), [room_for_four], posted=5)


def test_without_a_recogniser_or_without_its_word_nobody_is_refused() -> None:
    seat(ServerPolicy(), [], posted=90)
    seat(ServerPolicy(), [recogniser("a", 90, None), Present("moderator", "m", [], 0)], posted=90)


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(1, 8), st.floats(0, 1)), max_size=5), st.integers(0, 50))
def test_more_sessions_never_foretell_less_work(loads: list[tuple[float, float, float]], more: int) -> None:
    known = [Load(*one) for one in loads]
    assert foretold(known, more) <= foretold(known, more + 1)
    if known:
        assert foretold(known, 0) == pytest.approx(
            sum(one.busy for one in known) / sum(one.workers for one in known)
        )
