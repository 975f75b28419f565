"""The words of a text that carry what it says, so that two texts can be compared. Pure; no language model."""

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_ENDINGS: Final = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ies",
    "ied",
    "able",
    "ers",
    "ed",
    "er",
    "es",
    "ly",
    "ys",
    "s",
    "y",
    "e",
)

COMMON: Final = frozenset(
    """
    a an the this that these those there here it its he she they them their his her we us our you your i me my mine who
    whom whose which what when where why how and or but nor so if then than as at by for from in into of off on onto out
    over to up with without within about after again also am are be been being is was were do does did doing done have
    has had having can could may might must shall should will would just only very too more most much many any some all
    each every both such own same other not no yes per via please okay ok well say says said tell know let get gets got
    le la les un une des du de et ou est sont que qui quoi dans pour par sur avec ne pas ce cette ces il elle ils elles
    je tu vous nous votre notre mon ma mes ses son sa au aux en combien comment quand quel quelle
    el los las una unos unas del y o es son que quien como cuando donde por para con sin no se su sus mi mis tu al
    a i je jsou se si na v ve z ze do od po pro pri za nad pod s ke k co kdo kdy kde jak ten ta to ti ty
    der die das den dem des ein eine einen einem einer und oder ist sind nicht zu im am vom mit auf fur von bei wie was
    wer wann wo
    """.split()  # noqa: SIM905
)
"""Words that say little, in the languages of the tests."""

_NEGATIONS: Final = frozenset(
    "not no never none cannot without neither nor ne pas jamais sin nunca nicht kein keine nie".split()  # noqa: SIM905
)
_NUMBERS: Final[dict[str, str]] = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen".split(),  # noqa: SIM905
        map(str, range(16)),
        strict=True,
    )
) | {
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
}


def words(text: str) -> list[str]:
    """The words of `text`, without case and accents; numbers whole ("2.5"), small ones that are spelt as figures."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    found: list[str] = _WORD.findall(plain)
    return [_NUMBERS.get(word, word) for word in found]


def terms(text: str) -> list[str]:
    """Its words that carry something, as stems, in order; figures are kept as they are."""
    return [stem(word) for word in words(text) if word not in COMMON and (len(word) > 1 or word.isdigit())]


def stem(word: str) -> str:
    """A word without its ending, roughly, so that "returned" and "returns" are one."""
    if word[0].isdigit():
        return word.replace(",", "")
    word = word.replace("’", "'").partition("'")[0] or word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def figures(text: str) -> set[str]:
    """The numbers of a text."""
    return {term for term in terms(text) if term[0].isdigit()}


def names(text: str) -> set[str]:
    """Stems of what is written with a capital inside a sentence, or with digits in it: names of people and things."""
    found = re.findall(r"(?<=[\w,;:)] )[A-ZÀ-Þ][\w’'-]*", text)
    return {term for word in found for term in terms(word)}


def negated(text: str) -> bool:
    """It denies something. A "no" or "yes" that answers, at the beginning, says nothing about what follows."""
    found = words(text)
    rest = found[1:] if found[:1] in (["no"], ["yes"], ["non"], ["oui"], ["si"], ["ja"], ["nein"]) else found
    return any(word in _NEGATIONS or word.endswith(("n't", "n’t")) for word in rest)
