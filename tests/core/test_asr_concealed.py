"""What a decoder made up for lost packets: looked at like sound, counted and told as the gap that it is."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.events import AudioGap
from streaming.facts import Skipped, SoundEnded
from tests.promises import check_account, check_promises, words
from tests.scripted import Entry, Run, cut, script

SHAPE = st.lists(st.tuples(st.integers(2, 25), st.integers(7, 25)), min_size=1, max_size=8)


def conceal(entry: Entry) -> Entry:
    """The same sound, but made up."""
    return Entry(entry.place, mark=Skipped(len(entry.pcm) // 2, "concealed", entry.pcm))


@settings(max_examples=30, deadline=None)
@given(SHAPE, st.integers(320, 4_000), st.sets(st.integers(0, 40), min_size=1))
def test_what_was_concealed_is_understood_and_counted_apart(
    shape: list[tuple[int, int]], piece: int, made: set[int]
) -> None:
    one = script(shape)
    entries = [
        conceal(entry) if number in made and entry.pcm else entry
        for number, entry in enumerate(cut([one], [piece], {}, set()))
    ]
    run = Run([one], entries)
    run.finish()
    check_promises(run.facts, 0)
    check_account(run.facts, one.length)
    assert [word.text for word in words(run.facts)] == [f"w{token}" for token, _, _ in one.words]
    marks = [(entry.place[0], entry.mark.samples) for entry in entries if isinstance(entry.mark, Skipped)]
    told = [fact for fact in run.facts if isinstance(fact, AudioGap)]
    assert [(gap.from_ms, gap.to_ms, gap.reason) for gap in told] == [
        ((end - samples) / 16, end / 16, "concealed") for end, samples in marks
    ]
    ended = run.facts[-1]
    assert isinstance(ended, SoundEnded)
    total = sum(samples for _, samples in marks) / 16
    assert ended.accounting[0].gap_ms == ({"concealed": total} if total else {})
