"""Card numbers said in French, Spanish and German: found however they are said and split, on each channel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.gate import Gate
from moderation.numberwords import number
from streaming.events import TranscriptFinal
from streaming.facts import Endpoint
from tests.core.test_moderation_pii import CARDS
from tests.screening import SCREEN, SPLITS, pieces, whole
from tests.scribing import Session, final

SAID = {
    "fr": ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"],
    "es": ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
}
TENS = {
    "fr": ["", "", "vingt", "trente", "quarante", "cinquante", "soixante", "", "", ""],
    "es": ["", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"],
    "de": ["-", "-", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
}
TWICE = {"fr": ("double", "triple"), "es": ("doble", "triple"), "de": ("doppel", "dreimal")}


def pair(language: str, tens: int, unit: int) -> str:
    """Two digits said as one number; "" where the table has no word."""
    said, ten = SAID[language], TENS[language][tens].strip("-")
    if not ten or not unit:
        return ten
    if language == "de":
        return f"{'ein' if unit == 1 else said[unit]}und{ten}"
    if language == "es":
        return f"{ten} y {said[unit]}"
    return f"{ten} et un" if unit == 1 else f"{ten}-{said[unit]}"


@st.composite
def spoken(draw: st.DrawFn, digits: str) -> str:
    """`digits` in one language: one by one, doubled, tripled, in pairs."""
    language = draw(st.sampled_from(sorted(SAID)))
    said, (double, triple) = SAID[language], TWICE[language]
    words: list[str] = []
    while digits:
        ways = [(1, said[int(digits[0])])]
        if digits[1:2] == digits[0]:
            ways.append((2, f"{double} {said[int(digits[0])]}"))
        if digits[1:3] == digits[0] * 2:
            ways.append((3, f"{triple} {said[int(digits[0])]}"))
        if len(digits) > 1 and pair(language, int(digits[0]), int(digits[1])):
            ways.append((2, pair(language, int(digits[0]), int(digits[1]))))
        size, word = draw(st.sampled_from(ways))
        words.append(word)
        digits = digits[size:]
    return ", ".join(words)


@settings(max_examples=120, deadline=None)
@given(CARDS.flatmap(spoken), SPLITS)
def test_a_card_number_is_found_in_each_language_however_it_is_said_and_split(
    card: str, cuts: list[int]
) -> None:
    gate = Gate(SCREEN)
    text = f"Ok: {card} . Ok"
    shown = "".join(gate.feed(piece).text for piece in pieces(text, cuts)) + gate.finish().text
    assert shown == "Ok: [card number] . Ok"


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("quatre vingt dix sept", "97"),
        ("quatre vingts", "80"),
        ("quatre vingt un", "81"),
        ("soixante et onze", "71"),
        ("soixante dix neuf", "79"),
        ("soixante et un", "61"),
        ("vingt et un", "21"),
        ("dix huit", "18"),
        ("nonante neuf", "99"),
        ("cuarenta y cinco", "45"),
        ("veintitres", "23"),
        ("zwei und vierzig", "42"),
        ("neunundneunzig", "99"),
        ("doppelvier", "44"),
        ("forty one", "41"),
    ],
)
def test_what_is_said_as_one_number_is_one_number(said: str, digits: str) -> None:
    words = said.split()
    assert number(words) == (digits, len(words))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "ma carte est quatre un un un un un un un un un un un un un un un merci",
            "ma carte est [card number] merci",
        ),
        ("es cuatro uno uno uno, doble uno doble uno, triple uno triple uno uno uno", "es [card number]"),
        (
            "vier eins eins eins doppel eins zweimal eins dreimal eins dreimal eins eins eins ja",
            "[card number] ja",
        ),
        (
            "appelez le zéro six douze trente-quatre cinquante-six soixante-dix-huit",
            "appelez le [phone number]",
        ),
        (
            "j'ai un chat, deux chiens et quatre-vingts poules",
            "j'ai un chat, deux chiens et quatre-vingts poules",
        ),
        (
            "nos vemos a las once y media del quince de mayo",
            "nos vemos a las once y media del quince de mayo",
        ),
        ("ein Haus mit zwei und vierzig Zimmern", "ein Haus mit zwei und vierzig Zimmern"),
        (
            "uno dos tres cuatro cinco seis siete ocho nueve diez",
            "uno dos tres cuatro cinco seis siete ocho nueve diez",
        ),
    ],
)
def test_what_is_masked_in_other_languages(text: str, expected: str) -> None:
    assert whole(text) == expected


def test_a_card_number_is_masked_across_segments_on_each_of_two_channels() -> None:
    session = Session()
    session.take(
        final("ma carte est quatre un un un un un un un", channel=0, at=0),
        final("es cuatro doble uno, doble uno", channel=1, at=100),
        final("un un un un un un un un merci", channel=0, at=1000),
        final("triple uno triple uno uno cuatro uno tres, gracias", channel=1, at=1100),
        Endpoint(0, "silence"),
        Endpoint(1, "silence"),
    )
    told = [(event.channel, event.text) for event in session.log if isinstance(event, TranscriptFinal)]
    assert sorted(told) == [
        (0, "[card number] merci"),
        (0, "ma carte est [card number]"),
        (1, "[card number], gracias"),
        (1, "es [card number]"),
    ]
