"""The account of a channel's sound: every sample once, counted where it was decided."""

from hypothesis import given
from hypothesis import strategies as st

from asr.speaker.ledger import Ledger

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("arrive"), st.integers(1, 500)),
        st.tuples(st.just("lose"), st.integers(1, 500)),
        st.tuples(st.just("hole"), st.integers(1, 500)),
        st.tuples(st.sampled_from(["transcribe", "drop"]), st.integers(0, 500)),
    ),
    max_size=40,
)


def play(steps: list[tuple[str, int]]) -> tuple[Ledger, dict[str, int]]:
    ledger, clock, cursor = Ledger(), 0, 0
    true: dict[str, int] = {"arrive": 0, "lose": 0, "hole": 0}
    for what, samples in steps:
        match what:
            case "arrive":
                ledger.arrive(clock, clock + samples)
            case "lose":
                ledger.lose(samples)
            case "hole":
                pass
            case other:
                cursor = min(clock, cursor + samples)
                (ledger.transcribe if other == "transcribe" else ledger.drop)(cursor)
                continue
        true[what] += samples
        clock += samples
    ledger.drop(clock)
    return ledger, true


@given(STEPS)
def test_what_came_and_what_was_lost_adds_up(steps: list[tuple[str, int]]) -> None:
    ledger, true = play(steps)
    assert ledger.transcribed + ledger.silence == true["arrive"]
    assert ledger.lost == true["lose"]
    assert ledger.came == []


@given(STEPS, st.integers(1, 500))
def test_a_hole_that_nobody_told_of_breaks_the_sum(steps: list[tuple[str, int]], hole: int) -> None:
    ledger, true = play([*steps, ("hole", hole)])
    account = ledger.account(0, sum(true.values()))
    counted = account.transcribed_ms + account.silence_ms + sum(account.gap_ms.values())
    assert account.duration_ms - counted == true["hole"] / 16 > 0


def test_nothing_is_decided_twice() -> None:
    ledger = Ledger()
    ledger.arrive(0, 100)
    ledger.transcribe(60)
    ledger.drop(40)
    ledger.drop(100)
    assert (ledger.transcribed, ledger.silence) == (60, 40)
