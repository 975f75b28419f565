"""Words as the archive's index knows them."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.archive.words import MOST_WORDS, phrases, plain, spans, words
from streaming.errors import ClientFault

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
TEXT = st.text(max_size=80)
WORDS = st.lists(
    st.sampled_from(["café", "Straße", "ÅNGSTRÖM", "東", "京", "it's", "42", "naïve", "ﬁn"]), max_size=12
)


@given(TEXT)
def test_a_normalised_word_stays_as_it_is(text: str) -> None:
    assert plain(plain(text)) == plain(text)
    assert [again.text for word in words(text) for again in words(word.text)] == [
        word.text for word in words(text)
    ]


@given(TEXT)
def test_case_accents_and_forms_do_not_matter(text: str) -> None:
    marked = [word.text for word in words(text)]
    for form in (text.casefold(), unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        assert "".join(word.text for word in words(form)) == "".join(marked)


@given(TEXT)
def test_words_stand_where_they_say_and_do_not_overlap(text: str) -> None:
    places: dict[tuple[int, int], str] = {}
    for word in words(text):
        places[word.start, word.end] = places.get((word.start, word.end), "") + word.text
    for (_, end), (start, _) in pairwise(places):
        assert end <= start
    assert {place: plain(text[slice(*place)]) for place in places} == places


@given(WORDS)
def test_words_that_stand_apart_are_found_apart(there: list[str]) -> None:
    assert [word.text for word in words(", ".join(there))] == [plain(word) for word in there]


@given(st.text(alphabet='ab "é', max_size=30), st.text(alphabet="ab É", max_size=30))
def test_a_text_with_all_phrases_has_a_span_for_each_and_no_other(query: str, text: str) -> None:
    try:
        wanted = phrases(query)
    except ClientFault:
        assert not any(map(str.isalpha, query))
        return
    there = [word.text for word in words(text)]
    found = spans(text, wanted)
    assert found == sorted(found)
    assert all(last[1] < first[0] for last, first in pairwise(found))
    inside = [any(there[at : at + len(phrase)] == phrase for at in range(len(there))) for phrase in wanted]
    assert bool(found) == any(inside)
    for start, end in found:
        assert {word.text for word in words(text[start:end])} <= {
            word for phrase in wanted for word in phrase
        }


def test_phrases_are_whole_and_words_alone() -> None:
    assert phrases('Hello "big blue World" ÉTÉ "x') == [["big", "blue", "world"], ["x"], ["hello"], ["ete"]]
    assert phrases("東京") == [["東"], ["京"]]
    assert phrases("ℂ") == [["c"]]  # becomes a capital only when it is taken apart
    with pytest.raises(ClientFault, match="more than"):
        phrases("word " * (MOST_WORDS + 1))


def test_spans_count_code_points_of_the_text_as_it_is() -> None:
    text = "😀 Café\u0301 — the CAFÉ"
    assert [text[start:end] for start, end in spans(text, [["cafe"]])] == ["Café\u0301", "CAFÉ"]
