"""Corrected text and the times of its words."""

from hypothesis import given
from hypothesis import strategies as st

from streaming.archive.export.aligning import aligned, tokens
from streaming.events import Word

WORDS = st.lists(st.sampled_from(["a", "b", "Ça", "dog.", "the", "你"]), min_size=1, max_size=12)


def spoken(texts: list[str]) -> list[Word]:
    out: list[Word] = []
    place = 0
    for number, text in enumerate(texts):
        out.append(Word(text, place, number * 100, number * 100 + 90, 0.5))
        place += len(text) + 1
    return out


@given(WORDS, st.text(alphabet="ab çÇ.dog你 \n", max_size=40))
def test_the_words_of_a_correction_are_its_words_and_their_times_only_grow(was: list[str], now: str) -> None:
    old = spoken(was)
    made = aligned(old, now)
    assert [(word.text, word.offset) for word in made] == [tuple(token) for token in tokens(now)]
    starts = [word.start_ms for word in made]
    assert starts == sorted(starts)
    assert all(old[0].start_ms <= word.start_ms <= word.end_ms <= old[-1].end_ms for word in made)


@given(WORDS, WORDS, WORDS)
def test_words_before_and_behind_what_was_changed_keep_their_times(
    head: list[str], tail: list[str], put: list[str]
) -> None:
    old = spoken([*head, "wrong", *tail])
    made = aligned(old, " ".join([*head, *put, *tail]))
    assert [word.start_ms for word in made[: len(head)]] == [word.start_ms for word in old[: len(head)]]
    assert [word.end_ms for word in made[-len(tail) :]] == [word.end_ms for word in old[-len(tail) :]]
