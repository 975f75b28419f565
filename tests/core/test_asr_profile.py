"""What suits a device, and what passes cost on it."""

from hypothesis import given
from hypothesis import strategies as st

from asr.policy import AsrPolicy
from asr.sharing.costs import Costs
from asr.whisper.profile import LONGEST_S, PAYS, WINDOW_S, Device, Taken, best, costs, described, settled

AUTO = AsrPolicy(device="auto", compute_type="auto", workers=0, threads=0)
CPU = Device("cpu", 4, frozenset({"int8", "int8_float32", "float32"}))
GPU = Device("cuda", 16, frozenset({"int8_float16", "float16", "float32"}))
TWO_CORES = Taken(
    encode=0.090,
    encode_long=0.330,
    encode_many=0.180,
    align=0.030,
    begin=0.016,
    step=0.009,
    step_many=0.010,
    many=2,
)
"""Whisper base, int8, on two cores."""


def test_each_core_has_a_worker_of_its_own() -> None:
    found = settled(AUTO, CPU)
    assert (found.device, found.compute_type, found.workers, found.threads) == ("cpu", "int8", 4, 1)


def test_a_part_of_a_core_is_a_worker_too() -> None:
    assert settled(AUTO, Device("cpu", 0.5, CPU.types)).workers == 1


def test_workers_of_two_threads_are_half_as_many() -> None:
    assert settled(AsrPolicy(workers=0, threads=2), CPU).workers == 2


def test_a_gpu_has_few_workers_and_short_numbers() -> None:
    found = settled(AUTO, GPU)
    assert (found.device, found.compute_type, found.workers) == ("cuda", "int8_float16", 2)


def test_a_device_that_knows_none_of_the_types_decides_by_itself() -> None:
    assert settled(AUTO, Device("cpu", 2, frozenset())).compute_type == "default"


def test_what_was_set_stays_set() -> None:
    policy = AsrPolicy(device="cpu", compute_type="float32", workers=3, threads=2)
    assert settled(policy, CPU) == policy


@given(st.sampled_from([CPU, GPU]), st.integers(0, 3), st.integers(0, 3))
def test_what_is_settled_is_settled(device: Device, workers: int, threads: int) -> None:
    once = settled(AsrPolicy(workers=workers, threads=threads, device="auto"), device)
    assert settled(once, device) == once
    assert once.workers > 0
    assert once.threads > 0


def test_two_cores_run_single_passes_that_cost_what_was_measured() -> None:
    found = costs(TWO_CORES, 5)
    assert found.batch == 1
    assert 0.15 < found.each(5.0, None) < 0.22
    assert 0.45 < found.each(15.0, 2.0) < 0.75


def test_a_device_that_takes_many_as_quickly_as_one_runs_batches() -> None:
    even = Taken(
        encode=0.01,
        encode_long=0.02,
        encode_many=0.012,
        align=0.002,
        begin=0.001,
        step=0.003,
        step_many=0.0031,
        many=8,
    )
    found = costs(even, 5)
    assert found.batch >= 8
    assert found.each(WINDOW_S, None) < 0.4 * found.seconds(WINDOW_S, None)


seconds = st.floats(1e-4, 1.0)


@given(st.builds(Taken, seconds, seconds, seconds, seconds, seconds, seconds, seconds, st.integers(2, 16)))
def test_no_cost_is_negative_whatever_was_measured(taken: Taken) -> None:
    found = costs(taken, 5)
    for value in (found.call, found.second, found.align, found.token, found.token_each):
        assert value >= 0


@given(
    st.builds(
        Costs,
        call=st.floats(0, 0.05),
        second=st.floats(1e-5, 0.05),
        align=st.floats(0, 0.05),
        token=st.floats(0, 0.02),
        token_each=st.floats(0, 0.01),
    )
)
def test_a_batch_saves_much_and_keeps_nobody_waiting(costs: Costs) -> None:
    size = best(costs)
    assert size >= 1
    if size > 1:
        assert costs.seconds(WINDOW_S, None, size) / size <= 1.1 * PAYS * costs.seconds(WINDOW_S, None)
        assert costs.seconds(WINDOW_S, None, size) <= LONGEST_S


def test_the_log_says_what_was_chosen() -> None:
    line = described(settled(AUTO, CPU), costs(TWO_CORES, 5))
    assert line.startswith("int8 on cpu, 4 workers of 1 threads, batches of up to 1: a partial takes 0.")
