"""A pause, however it is cut up: one gap a channel, told when it is over, and the account adds up."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import AudioGap
from streaming.facts import SessionConfig, Skipped, SoundEnded, Updated
from tests.promises import check_account, check_promises
from tests.scripted import Entry, Run, cut, script

SHAPE = st.lists(st.tuples(st.integers(2, 25), st.integers(7, 25)), min_size=1, max_size=12)


def pause(entry: Entry) -> Entry:
    """What was lost, as if it had been paused."""
    told = entry.mark
    return entry._replace(mark=Skipped(told.samples, "paused")) if isinstance(told, Skipped) else entry


@settings(max_examples=40, deadline=None)
@given(SHAPE, st.integers(800, 9_000), st.integers(0, 20), st.integers(1, 20), st.integers(0, 60))
def test_a_pause_told_in_pieces_is_one_gap_also_for_the_next_worker(
    shape: list[tuple[int, int]], piece: int, first: int, pieces: int, death: int
) -> None:
    one = script(shape)
    marks = {first + 1: Updated(SessionConfig("s", paused=True))} if pieces > 2 else {}
    entries = [pause(entry) for entry in cut([one], [piece], marks, set(range(first, first + pieces)))]
    run = Run([one], entries)
    steps = 0
    while run.read():
        run.answer()
        if steps == death:
            run.succeed(run.first)
        steps += 1
    run.finish()
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)
    told = [fact for fact in run.facts if isinstance(fact, AudioGap)]
    ended = run.facts[-1]
    assert isinstance(ended, SoundEnded)
    begin, end = min(first * piece, one.length), min((first + pieces) * piece, one.length)
    expected = [(begin / 16, end / 16, "paused")] if begin < end else []
    assert [(gap.from_ms, gap.to_ms, gap.reason) for gap in told] == expected
    assert ended.accounting[0].gap_ms == ({"paused": (end - begin) / 16} if begin < end else {})
