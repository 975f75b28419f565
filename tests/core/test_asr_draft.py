"""Which two models may share a text: those whose tokens are the same."""

from asr.sharing.ladder import LadderPolicy, rungs
from asr.whisper.draft import alike

OURS = {"a": 0, "b": 1, "<|startoftranscript|>": 2, "<|notimestamps|>": 3}


def test_models_are_alike_when_every_token_is_the_same_in_both_but_for_timestamps_without_a_name() -> None:
    assert alike(OURS, {**OURS, "<|0.00|>": 4})
    assert not alike(OURS, {**OURS, "c": 4})
    assert not alike(OURS, {**OURS, "<|notimestamps|>": 4, "<|yue|>": 3})
    assert not alike(OURS, {**OURS, "a": 1, "b": 0})


def test_steps_that_would_change_nothing_are_left_out() -> None:
    policy = LadderPolicy()
    assert [rung.step for rung in rungs(1.0, policy, draft=False)] == ["full", "slowest", "finals", "late"]
    assert [rung.step for rung in rungs(2.0, policy, draft=True)] == ["full", "draft", "finals", "late"]
