"""The words that digits are said in, in English, French, Spanish and German, and what several of them make. Pure.

All languages are one vocabulary, as speakers mix them and a recogniser's language may be wrong. Words are as
`moderation.normalize` leaves them: in lower case and without accents. What is ambiguous is read as most people mean it:
"quatre-vingt" is 80, "vingt quatre" 24, "dix sept" 17.
"""

from collections.abc import Sequence
from typing import Final


def _said(words: str, first: int, step: int = 1) -> dict[str, str]:
    """Numbers from `first` on, by their words; those with "/" between them are one number's."""
    places = enumerate(words.split())
    return {word: str(first + step * place) for place, ways in places for word in ways.split("/")}


_GERMAN_UNITS: Final = _said("ein/eins zwei/zwo drei vier funf/fuenf sechs sieben acht neun", 1)
_GERMAN_TENS: Final = _said(
    "zwanzig dreissig/dreizig vierzig funfzig/fuenfzig sechzig siebzig achtzig neunzig", 2
)
_FRENCH_UNITS: Final = _said("un/une deux trois quatre cinq six sept huit neuf", 1)
_FRENCH_TEENS: Final = _said("dix onze douze treize quatorze quinze seize", 10)

UNITS: Final = (
    _said("zero/oh/o/nought/naught one two three four five six seven eight nine/niner", 0)
    | _FRENCH_UNITS
    | _said("cero un/uno/una dos tres cuatro cinco seis siete ocho nueve", 0)
    | {"null": "0", "eine": "1"}
    | _GERMAN_UNITS
)
"""Words for one digit."""
TEENS: Final = (
    _said("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10)
    | _FRENCH_TEENS
    | _said("diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve", 10)
    | _said("veinte veintiuno/veintiun veintidos veintitres veinticuatro veinticinco veintiseis", 20)
    | _said("veintisiete veintiocho veintinueve", 27)
    | _said("zehn elf zwolf/zwoelf dreizehn vierzehn funfzehn/fuenfzehn sechzehn siebzehn achtzehn", 10)
    | {"neunzehn": "19"}
    | {f"{unit}und{ten}": b + a for unit, a in _GERMAN_UNITS.items() for ten, b in _GERMAN_TENS.items()}
    | {f"doppel{unit}": digit * 2 for unit, digit in {**_GERMAN_UNITS, "null": "0"}.items()}
)
"""Words for two digits that go on with no other."""
TENS: Final = (
    _said("twenty thirty forty/fourty fifty sixty seventy eighty ninety", 2)
    | _said("vingt trente quarante cinquante soixante septante huitante/octante nonante", 2)
    | _said("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 3)
    | _GERMAN_TENS
)
"""Words for the first of two digits; alone, a zero follows."""
TIMES: Final = (
    {"double": 2, "triple": 3, "treble": 3, "quadruple": 4, "doble": 2, "cuadruple": 4}
    | {"doppel": 2, "doppelt": 2, "doppelte": 2, "dreifach": 3, "dreifache": 3, "vierfach": 4}
    | {"zweimal": 2, "dreimal": 3, "viermal": 4}
)
ZEROS: Final = dict.fromkeys(
    ("hundred", "cent", "cents", "cien", "cientos", "hundert"), "00"
) | dict.fromkeys(("thousand", "mille", "mil", "tausend"), "000")
LINKS: Final = frozenset(
    """dash hyphen space dot and then uh um er
    et puis tiret espace point virgule euh y guion espacio punto coma luego eh
    und dann strich bindestrich leerzeichen punkt komma ah ahm""".split()  # noqa: SIM905
)
"""What may be said between digits."""
WORDS: Final = frozenset({*UNITS, *TEENS, *TENS, *TIMES})
LONGEST: Final = 4
"""Words that make one number at most: "quatre-vingt-dix-sept"."""
_TWENTY: Final = ("vingt", "vingts")


def number(words: Sequence[str]) -> tuple[str, int]:
    """The digits of the number that `words` begin with, and how many words it takes; no digits, when it is none."""
    first = words[0]
    if first == "quatre" and words[1:2] and words[1] in _TWENTY:
        return _added(8, words, 2)
    if first in TENS:
        return _added(int(TENS[first]), words, 1)
    if first == "dix" and words[1:2] and words[1] in ("sept", "huit", "neuf"):
        return "1" + _FRENCH_UNITS[words[1]], 2
    if first in _GERMAN_UNITS and len(words) > 2 and words[1] == "und" and words[2] in _GERMAN_TENS:
        return _GERMAN_TENS[words[2]] + _GERMAN_UNITS[first], 3
    return UNITS.get(first) or TEENS.get(first) or "", 1


def _added(tens: int, words: Sequence[str], size: int) -> tuple[str, int]:
    """`tens`, said in the first `size` words, with what is added to them; in French that may be 10 to 19."""
    place = size + (1 if words[size : size + 1] in (["et"], ["y"]) else 0)
    if place < len(words):
        teens = words[size - 1] in ("soixante", *_TWENTY) and tens in (6, 8)
        if teens and words[place] in _FRENCH_TEENS:
            more, taken = number(words[place:])
            return f"{tens + 1}{more[1]}", place + taken
        if UNITS.get(words[place], "0") != "0":
            return f"{tens}{UNITS[words[place]]}", place + 1
    return f"{tens}0", size
