"""The promise of the gate: no split, no restart shows anything else, and little is held back for long."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moderation.gate import Gate
from tests.screening import SCREEN, SPLITS, TEXTS, pieces, whole


@settings(max_examples=3000, deadline=None)
@given(TEXTS, SPLITS)
@example("a$$ and a$$hole", [2, 10])
def test_no_split_of_a_text_shows_anything_else_than_the_whole_text_masked(
    text: str, cuts: list[int]
) -> None:
    gate, shown, blocked = Gate(SCREEN), "", False
    expected = whole(text)
    for piece in pieces(text, cuts):
        release = gate.feed(piece)
        shown += release.text
        blocked = release.blocked
        assert expected.startswith(shown)
        assert gate.shown == len(shown)
        if blocked:
            break
    if not blocked:
        shown += gate.finish().text
    assert shown == expected


@settings(max_examples=1000, deadline=None)
@given(TEXTS, SPLITS, st.integers(0, 8))
def test_a_gate_made_anew_from_its_place_goes_on_as_if_nothing_had_happened(
    text: str, cuts: list[int], restart: int
) -> None:
    gate, shown, fed = Gate(SCREEN), "", 0
    for number, piece in enumerate(pieces(text, cuts)):
        if number == restart:
            gate = Gate(SCREEN, gate.cursor)
            gate.recall(text[gate.consumed : fed])
        release = gate.feed(piece)
        fed += len(piece)
        shown += release.text
        if release.blocked:
            assert shown == whole(text)
            return
    assert shown + gate.finish().text == whole(text)


@pytest.mark.parametrize(
    "text",
    ["hello there my friend, how nice to see you ", "这是一个中文句子，没有空格", "the year 2024 was "],
)
def test_ordinary_words_are_not_held_for_longer_than_the_next_two(text: str) -> None:
    gate = Gate(SCREEN)
    for sign in text:
        gate.feed(sign)
        assert len(gate._pending) - gate.decided <= 16


DIGITS = ["4", "11", "one", "seven", "forty", "5500", "double two"]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.sampled_from([*DIGITS, "a", "j", "dot", "how", "to", "de", "x" * 90]), max_size=120),
        st.lists(st.sampled_from(DIGITS), min_size=60, max_size=120),
    )
)
def test_what_is_held_back_is_bounded(words: list[str]) -> None:
    gate = Gate(SCREEN)
    for word in words:
        gate.feed(word + " ")
        assert len(gate._pending) - gate.decided <= 57 * len("seven ")


def test_numbers_after_a_masked_one_do_not_keep_it_pending() -> None:
    gate = Gate(SCREEN)
    gate.feed("it is 4111 1111 1111 1111, 237, 682, 967, 921, 882, 164, 361, 220, 607, ")
    assert "4111" not in gate._pending


LONG = st.lists(
    st.sampled_from([*DIGITS, "2", "3", "212", "4111 1111 1111 1111", "and", "1,", "2,", "3,"]),
    min_size=15,
    max_size=60,
).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(LONG, st.sampled_from(["", " it is", ". So there"]), st.integers(1, 30))
def test_a_long_run_of_digits_that_is_read_again_from_its_middle_is_judged_the_same(
    run: str, behind: str, size: int
) -> None:
    text, gate, shown = "so " + run + behind, Gate(SCREEN), ""
    for place in range(0, len(text), size):
        gate = Gate(SCREEN, gate.cursor)
        gate.recall(text[gate.consumed : place])
        shown += gate.feed(text[place : place + size]).text
    assert shown + gate.finish().text == whole(text)


@pytest.mark.parametrize("gap", [", ", " "])
@pytest.mark.parametrize("step", [0, 1])
def test_what_is_read_again_of_a_long_count_is_bounded(gap: str, step: int) -> None:
    gate = Gate(SCREEN)
    for number in range(100):
        gate.feed(f"{1 + step * number}{gap}")
        assert len(gate._pending) <= 57 * len("seven ")


def test_the_rest_of_a_run_that_as_a_whole_is_no_number_is_none_either() -> None:
    """No part of these digits passes Luhn's check, and they are too many for a number."""
    text, gate = ", ".join("2130759878705142184602012605091029645681") + ".", Gate(SCREEN)
    shown = "".join(gate.feed(sign).text for sign in text)
    assert shown + gate.finish().text == whole(text) == text
