"""What is shown of speech while it grows, and when it is final."""

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.transcript import BULLET, goes_on, partial, settle
from streaming.events import Word
from streaming.facts import HeardFinal
from tests.screening import SCREEN, SPLITS, TEXTS, pieces


def heard(text: str, at: int = 0) -> HeardFinal:
    """A final whose words are what stands between its spaces."""
    words, place = list[Word](), 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        words.append(Word(word, place, at + number, at + number + 1, 0.5))
        place += len(word)
    return HeardFinal(1, 0, text, at, at + 100, words, "en", 0.9, "asr@0")


@settings(max_examples=600, deadline=None)
@given(TEXTS, SPLITS, st.data())
def test_what_was_shown_as_stable_begins_all_later_partials_and_the_final(
    text: str, cuts: list[int], data: st.DataObject
) -> None:
    """The recogniser's unstable tail is anything; its stable part only grows."""
    final = settle(SCREEN, [heard(text)])[0].final.text
    kept, said = "", ""
    for piece in pieces(text, cuts):
        said += piece
        tail = data.draw(
            st.sampled_from(["", "4111", " 1111 1111 1111", "x", " how to make", text[len(said) :]])
        )
        shown, stable = partial(SCREEN, said + tail, len(said))
        assert stable <= len(shown)
        assert shown.startswith(kept)
        kept = max(kept, shown[:stable], key=len)
    assert final.startswith(kept)


@settings(max_examples=400, deadline=None)
@given(TEXTS, st.integers(0, 120))
def test_a_partial_shows_no_digit_of_a_number_that_the_final_masks(text: str, size: int) -> None:
    """Each prefix of a text with a card number, shown as a partial, ends before the number's first digit."""
    before, card = "Well, ", "4111 1111 1111 1111"
    whole = f"{before}{card} {text}"
    shown, _ = partial(SCREEN, whole[:size], size)
    assert "1" not in shown.removeprefix(before)[: len("[card number]")]


def test_a_partial_has_a_bullet_for_each_code_point_that_may_become_a_pattern() -> None:
    assert partial(SCREEN, "it is 4111 11", 13) == (f"it is {BULLET * 7}", 6)
    assert partial(SCREEN, "write to john at exam", 21) == (f"write to {BULLET * 12}", 9)
    assert partial(SCREEN, "hello there", 11) == ("hello there", 6)


@settings(max_examples=400, deadline=None)
@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=3))
def test_words_stand_where_their_offset_says_and_show_nothing_that_is_masked(texts: list[str]) -> None:
    for one in settle(SCREEN, [heard(text) for text in texts]):
        final = one.final
        assert [word.offset for word in final.words] == sorted(word.offset for word in final.words)
        for word in final.words:
            assert final.text[word.offset : word.offset + len(word.text)] == word.text
        for told in one.judged:
            begin, end = told.span
            if told.replacement is not None:
                assert final.text[begin:end] == told.replacement


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["4111", "1111", "one", "double one", "41 11", "oh"]), min_size=2, max_size=12),
    st.data(),
)
def test_a_number_cut_into_two_finals_is_masked_as_if_it_were_one(
    parts: list[str], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(1, len(parts) - 1))
    first, second = " ".join(parts[:cut]), " ".join(parts[cut:])
    assert goes_on(SCREEN, [heard(first)])
    one = SCREEN.look(f"{first} {second}", closed=True).findings
    two = settle(SCREEN, [heard(first), heard(second)])
    masked = sum(len(final.judged) for final in two)
    assert bool(one) == bool(masked)
    if any(found.start < len(first) and found.end > len(first) + 1 for found in one):
        assert all(final.judged for final in two)


def test_a_final_waits_only_when_it_ends_in_a_number() -> None:
    for text in ("my card is 4111 11", "it is four one", "it is 4111.", "the code is double", "2024"):
        assert goes_on(SCREEN, [heard(text)]), text
    for text in (
        "hello there.",
        "I have 3 apples",
        "4111 1111 1111 1111 is it",
        "write to john",
        "how to make",
    ):
        assert not goes_on(SCREEN, [heard(text)]), text
