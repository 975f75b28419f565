"""Which windows go together where a device takes batches: four at once here."""

import pytest

from asr.sharing.costs import Costs
from asr.sharing.schedule import Schedule
from asr.sharing.wishes import Wish
from tests.house import POLICY, wish


def queue() -> Schedule:
    return Schedule(POLICY, Costs(call=0, second=0.002, align=0, token=0, batch=4), 1)


def test_a_full_batch_begins_at_once_and_one_that_is_not_waits_a_little_for_more() -> None:
    schedule = queue()
    for number in range(3):
        schedule.ask(wish(f"t/{number}", "final"), 1.0)
    assert schedule.take(1.0) is None
    assert schedule.again == pytest.approx(1.0 + POLICY.gather_s)
    schedule.ask(wish("t/3", "final"), 1.01)
    batch = schedule.take(1.01)
    assert batch
    assert len(batch.members) == 4


def test_a_batch_begins_when_it_has_waited_or_its_oldest_member_would_be_late() -> None:
    schedule = queue()
    schedule.ask(wish("t/0", "final"), 1.0)
    assert schedule.take(1.0 + 0.9 * POLICY.gather_s) is None
    assert schedule.take(1.0 + POLICY.gather_s)
    late = queue()
    late.ask(wish("t/0", unheard_s=POLICY.step_s + POLICY.partial_due_s), 1.0)
    assert late.take(1.0)


def test_windows_of_other_lengths_kinds_or_models_go_apart() -> None:
    schedule = queue()
    schedule.ask(wish("t/0", unheard_s=2, window_s=5), 1.0)
    schedule.ask(wish("t/1", unheard_s=1, window_s=5.4), 1.0)
    schedule.ask(wish("t/2", unheard_s=1, window_s=6), 1.0)
    schedule.ask(Wish(("t/3", 0), "t", False, 1.0, 5.0, draft=True), 1.0)
    schedule.ask(wish("f/0", "file", window_s=5), 1.0)
    batch = schedule.take(1.0)
    assert batch
    assert [one.wish.key[0] for one in batch.members] == ["t/0", "t/1"]


def test_a_tenant_with_many_voices_does_not_fill_the_batch_alone() -> None:
    schedule = queue()
    for number in range(8):
        schedule.ask(wish(f"many/{number}", unheard_s=2), 1.0)
    for number in range(2):
        schedule.ask(wish(f"few/{number}", unheard_s=1), 1.0)
    batch = schedule.take(1.0)
    assert batch
    assert sorted(one.wish.tenant for one in batch.members) == ["few", "few", "many", "many"]


def test_whoever_wants_nothing_any_more_is_no_part_of_it_and_pays_nothing() -> None:
    schedule = queue()
    for name in ("a/0", "b/0", "a/1"):
        schedule.ask(wish(name, "final"), 1.0)
    batch = schedule.take(2.0)
    assert batch
    batch = schedule.drop(batch, ("b/0", 0))
    assert schedule.take(2.0) is None
    schedule.done(batch, 1.0)
    schedule.ask(wish("a/0", "final"), 3.0)
    schedule.ask(wish("b/0", "final"), 3.1)
    only = schedule.drop(both, ("a/0", 0)) if (both := schedule.take(4.0)) else None
    assert only
    assert schedule.drop(only, ("b/0", 0)).members == ()
    schedule.ask(wish("b/0", "final"), 5.0)
    assert schedule.take(6.0), "a batch of which nothing is left keeps no worker"
