"""Refusals: one line for people, wherever they come from."""

from streaming.refusal import Refusal, Usage, refusal_in


def test_a_refusal_is_found_in_the_bundle_of_a_task_group() -> None:
    refusal = Usage("no")
    assert refusal_in(ExceptionGroup("", [ValueError(), ExceptionGroup("", [refusal])])) is refusal
    assert refusal_in(refusal) is refusal


def test_other_errors_are_no_refusals() -> None:
    assert refusal_in(ValueError()) is None
    assert refusal_in(ExceptionGroup("", [ValueError()])) is None


def test_a_wrong_use_ends_in_2_and_a_failure_in_1() -> None:
    assert (Usage.exit_code, Refusal.exit_code) == (2, 1)
