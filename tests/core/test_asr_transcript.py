"""Text of words: offsets are code points, stable text begins all later text, times grow."""

from hypothesis import given
from hypothesis import strategies as st

from asr.speaker.transcript import Spoken, confidence, settle, spell

WORDS = st.lists(
    st.builds(
        Spoken,
        st.sampled_from([" a", " été", ",", "'s", " 😀", " ", "4", " end.", " 東京"]),
        st.integers(0, 9999),
        st.integers(0, 9999),
        st.floats(0, 1),
    ),
    max_size=20,
)


@given(WORDS, st.integers(0, 20), st.sampled_from(["en", "ja"]))
def test_the_text_of_the_first_words_begins_the_text_of_all(
    words: list[Spoken], count: int, language: str
) -> None:
    text, _ = settle(words, language)
    assert spell(words) == text
    assert text.startswith(spell(words[:count]))


@given(WORDS, st.sampled_from(["en", "ja"]))
def test_every_word_stands_at_its_offset_and_times_grow(words: list[Spoken], language: str) -> None:
    text, placed = settle(words, language)
    before, to = 0, 0
    for word in placed:
        assert text[word.offset : word.offset + len(word.text)] == word.text
        assert word.offset >= to
        assert before <= word.start_ms <= word.end_ms
        before, to = word.end_ms, word.offset + len(word.text)
    assert "".join(word.text for word in placed).replace(" ", "") == text.replace(" ", "")
    assert 0 <= confidence(words) <= 1


def test_punctuation_that_came_late_belongs_to_the_word_before() -> None:
    words = [Spoken(" Hello", 0, 1600, 0.9), Spoken(",", 1600, 1700, 0.5), Spoken(" you", 1700, 3200, 0.9)]
    text, placed = settle(words, "en")
    assert text == "Hello, you"
    assert [word.text for word in placed] == ["Hello,", "you"]
