"""The bench compares words, however they are spelled, and numbers, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.bench.numerals import LANGUAGES, digits
from streaming.bench.score import Score, align, matches, score
from streaming.bench.spelling import plain, words

WORDS = st.lists(st.sampled_from(["a", "b", "c", "#1", "#2"]), max_size=12)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("You can't dial 105.", "you can not dial one hundred and five"),
        ("Press one, two, three", "press 1 2 3"),
        ("It's Mr. Smith's [beep]", "it is mister smith is"),
        ("twenty-five thousand", "25,000"),
        ("two thousand and one", "2001"),
        ("um, the colour", "The color!"),
        ("Um, ninety nine", "99"),
        ("Twenty. Two, three.", "20 2 3"),
        ("the thirteenth at six A.M.", "the 13th at 6 am"),
    ],
)
def test_what_sounds_alike_is_the_same_in_english(said: str, heard: str) -> None:
    assert words(said) == words(heard)


@pytest.mark.parametrize(
    ("language", "said", "heard"),
    [
        ("fr", "Appuyez sur quatre-vingt-dix-sept.", "appuyez sur 97"),
        ("fr", "soixante et onze", "71"),
        ("fr", "Échec à l'ouverture", "echec a l ouverture"),
        ("es", "Presione treinta y cinco", "presione 35"),
        ("es", "la contraseña número mil doscientos", "la contrasena numero 1000 doscientos"),
    ],
)
def test_what_sounds_alike_is_the_same_in_other_languages(language: str, said: str, heard: str) -> None:
    assert words(said, language) == words(heard, language)


def test_an_article_is_no_number() -> None:
    assert words("un numéro", "fr") == ["un", "numero"]
    assert words("vingt et un", "fr") == ["#2", "#1"]


@given(st.integers(0, 999_999))
def test_an_english_number_is_read_as_its_digits(number: int) -> None:
    assert digits(spelled(number).split(), LANGUAGES["en"]) == str(number)


def spelled(number: int) -> str:
    """A number in English words."""
    names = {value: name for name, value in [*LANGUAGES["en"].values.items()][::-1]}
    if number >= 1000:
        rest = f" {spelled(number % 1000)}" if number % 1000 else ""
        return f"{spelled(number // 1000)} thousand{rest}"
    if number >= 100:
        return f"{names[number // 100]} hundred" + (f" and {spelled(number % 100)}" if number % 100 else "")
    if number in names:
        return names[number]
    return f"{names[number // 10 * 10]} {names[number % 10]}"


@given(WORDS, WORDS)
def test_an_alignment_has_every_word_of_both_once_and_in_order(want: list[str], got: list[str]) -> None:
    pairs = align(want, got)
    assert [i for i, _ in pairs if i is not None] == list(range(len(want)))
    assert [j for _, j in pairs if j is not None] == list(range(len(got)))
    assert all(want[i] == got[j] for i, j in matches(want, got).items())


@given(WORDS, WORDS)
def test_the_errors_are_the_fewest_edits_and_those_of_numbers_are_apart(
    want: list[str], got: list[str]
) -> None:
    found = score(want, got)
    assert found.words + found.numbers == len(want)
    assert abs(len(want) - len(got)) <= found.errors + found.number_errors <= max(len(want), len(got))
    assert score(want, want) == Score(0, found.words, 0, found.numbers)
    assert score(got, want).errors + score(got, want).number_errors == found.errors + found.number_errors


def test_a_wrong_number_is_no_wrong_word() -> None:
    assert score(words("press five now"), words("press 4 now")) == Score(0, 2, 1, 1)
    assert score(words("press five now"), words("dress 5 now")) == Score(1, 2, 0, 1)


@given(st.text())
def test_any_text_has_words_that_are_in_lower_case_and_bare(text: str) -> None:
    for word in plain(text):
        assert word == word.strip()
        assert word
    assert all(word for language in ("en", "fr", "es", "de") for word in words(text, language))
