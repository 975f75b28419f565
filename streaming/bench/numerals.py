"""Numbers, however they are written: "one hundred and five", "105" and "1 0 5" are the same. Pure.

A number becomes its digits, each a token with "#" before it, since nobody hears where one number ends.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

SCALES = {100, 1000, 1_000_000}


class Numerals(Struct, frozen=True):
    """A language's number words. `links` may stand inside of a number; `only_behind` counts only behind a number (it
    is an article elsewhere). `twenties`: tens to which 11 to 19 may be added, as in French."""

    values: Mapping[str, int]
    links: frozenset[str] = frozenset()
    only_behind: frozenset[str] = frozenset()
    twenties: frozenset[int] = frozenset()


def _counted(words: str, start: int = 0, step: int = 1) -> dict[str, int]:
    return {word: start + step * place for place, word in enumerate(words.split())}


ENGLISH = Numerals(
    _counted(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen"
    )
    | _counted("twenty thirty forty fifty sixty seventy eighty ninety", 20, 10)
    | _counted(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
        1,
    )
    | {"thirtieth": 30, "hundred": 100, "thousand": 1000, "million": 1_000_000},
    links=frozenset({"and"}),
)
FRENCH = Numerals(
    _counted("zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize")
    | _counted("vingt trente quarante cinquante soixante", 20, 10)
    | {"une": 1, "vingts": 20, "septante": 70, "huitante": 80, "nonante": 90}
    | {"cent": 100, "cents": 100, "mille": 1000, "million": 1_000_000, "millions": 1_000_000},
    links=frozenset({"et"}),
    only_behind=frozenset({"un", "une"}),
    twenties=frozenset({60, 80}),
)
SPANISH = Numerals(
    _counted(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
        "diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres veinticuatro veinticinco veintiseis "
        "veintisiete veintiocho veintinueve"
    )
    | _counted("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10)
    | {"cien": 100, "ciento": 100, "mil": 1000, "millon": 1_000_000, "millones": 1_000_000}
    | {"un": 1, "una": 1},
    links=frozenset({"y"}),
    only_behind=frozenset({"un", "una"}),
)
LANGUAGES = {"en": ENGLISH, "fr": FRENCH, "es": SPANISH}


def joined(words: Sequence[str], numerals: Numerals) -> list[str]:
    """`words` (in lower case, without accents) with each number as its digits, "#1", "#0", "#5"."""
    out: list[str] = []
    run: list[str] = []
    for place, word in enumerate(words):
        following = words[place + 1] if place + 1 < len(words) else ""
        if _counts(word, numerals, bool(run)) or (
            run and word in numerals.links and _counts(following, numerals, True)
        ):
            run.append(word)
            continue
        out += _closed(run, numerals)
        run = []
        out.append(word)
    return out + _closed(run, numerals)


def _counts(word: str, numerals: Numerals, behind: bool) -> bool:
    return word.isdecimal() or (word in numerals.values and (behind or word not in numerals.only_behind))


def _closed(run: Sequence[str], numerals: Numerals) -> list[str]:
    return [f"#{digit}" for digit in digits(run, numerals)]


def digits(run: Sequence[str], numerals: Numerals) -> str:
    """The numbers of `run` as digits, one after the other."""
    out: list[str] = []
    whole = part = -1  # whole thousands, and what is below a thousand; -1: nothing yet

    def close() -> None:
        nonlocal whole, part
        if max(whole, part) >= 0:
            out.append(str(max(0, whole) + max(0, part)))
        whole = part = -1

    for word in run:
        value = numerals.values.get(word)
        if word.isdecimal():
            close()
            out.append(word)
        elif value is None:
            continue
        elif value == 100 and part < 100:
            part = 100 * max(1, part)
        elif value in SCALES and value > 100:
            whole, part = max(0, whole) + value * max(1, part), -1
        elif _fits(part, value, numerals):
            part = 80 if (part, value) == (4, 20) else max(0, part) + value
        else:
            close()
            part = value
    close()
    return "".join(out)


def _fits(part: int, value: int, numerals: Numerals) -> bool:
    """Whether `value` goes on with the number whose part below a thousand is `part`."""
    if part < 0:
        return True
    if part == 4 and value == 20 and numerals.twenties:
        return True
    rest = part % 100
    if rest == 0:
        return part > 0 and 0 < value < 100
    return rest >= 20 and rest % 10 == 0 and 0 < value < (20 if rest in numerals.twenties else 10)
