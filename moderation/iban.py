"""International bank account numbers (ISO 13616): country, check digits, account; mod 97 leaves 1. Pure.

Found in groups of any size with spaces, hyphens, dots or commas between them, with digits said as words and letters
said one by one ("D E eight nine ..."). A word of five letters or more ends what could be one; a country that is an
English word ("it", "is") counts only with its check digits right behind it ("IT60 X054 ..."), or every "it is 20"
would be held back.
"""

import re
from typing import Final

from moderation.finding import Finding, Seen
from moderation.normalize import Plain, Token
from moderation.numberwords import UNITS
from moderation.numerals import STARTS, digits_only

GAP: Final = re.compile(r"[\s\-.,]{0,2}")
LENGTHS: Final = {
    code: int(size)
    for size, codes in {
        "15": "no", "16": "be", "18": "dk fi fo gl nl sd fk", "19": "mk si", "20": "at ba ee kz lt lu xk mn",
        "21": "ch cr hr li lv", "22": "bg bh de gb ge ie me rs va", "23": "ae gi il iq om tl so",
        "24": "ad cz es md pk ro sa se sk tn vg", "25": "ly pt st", "26": "is tr", "27": "bi dj fr gr it mc mr sm",
        "28": "al az by cy do gt hu lb pl sv ni", "29": "br eg ps qa ua", "30": "jo kw mu", "31": "mt sc lc",
        "33": "ru",
    }.items()
    for code in codes.split()
}  # fmt: skip
"""Length of an IBAN by its country (the SWIFT registry)."""
WORDY: Final = frozenset({"ad", "at", "be", "by", "do", "is", "it", "me", "no", "so"})


class _More(Exception):
    """What was read may go on beyond the end of the text; `sure`: it has a digit already."""

    def __init__(self, *, sure: bool) -> None:
        self.sure = sure


def ibans(text: Plain) -> Seen:
    """All IBANs in `text`."""
    end = len(text.chars)
    findings: list[Finding] = []
    held = veiled = end
    place = 0
    while place < len(text.tokens):
        try:
            last = _iban(text, place)
        except _More as more:
            held = min(held, text.tokens[place].start)
            veiled = min(veiled, text.tokens[place].start) if more.sure else veiled
            last = None
        if last is None:
            place += 1
            continue
        start = text.tokens[place].start
        findings.append(Finding(start, text.tokens[last].end, ("pii/iban",), "redact", "[bank account]"))
        place = last + 1
    return Seen(findings, held, veiled)


def valid(iban: str) -> bool:
    """Mod 97 of the rearranged number is 1; `iban` in lower-case letters and digits."""
    turned = iban[4:] + iban[:4]
    return int("".join(str(int(sign, 36)) for sign in turned)) % 97 == 1


def _iban(text: Plain, first: int) -> int | None:
    """The last token of the IBAN that begins at token `first`; None when none does. Raises _More."""
    tokens, signs = text.tokens, ""
    for place in range(first, len(tokens)):
        token = tokens[place]
        if signs and not (GAP.fullmatch(token.gap) and _near(tokens[first], place - first, token.gap)):
            return None
        if not token.whole:
            if _may_go_on(signs, token):
                raise _More(sure=any(map(str.isdigit, signs + token.text)))
            return None
        if len(signs) < 4 and len(token.text) + len(signs) > 2 and _signs(token).isalpha():
            return None
        signs += _signs(token)
        if not _signs(token) or not _head(signs):
            return None
        size = LENGTHS.get(signs[:2], 0)
        if len(signs) >= size > 0:
            return place if len(signs) == size and valid(signs) else None
    if text.closed or not (GAP.fullmatch(text.tail) and _near(tokens[first], len(tokens) - first, text.tail)):
        return None
    raise _More(sure=any(map(str.isdigit, signs)))


def _near(country: Token, behind: int, gap: str) -> bool:
    """Whether a token `behind` the first one is near enough to it; `gap` stands before it."""
    return behind != 1 or gap == "" or country.text not in WORDY


def _signs(token: Token) -> str:
    """What the token adds: its digits, a digit that is said, or letters as they are; "" when it cannot be part."""
    if digits_only(token):
        return token.text
    digit = UNITS.get(token.text, "") if len(token.text) > 1 else ""
    return digit or (token.text if len(token.text) <= 4 and token.text.isascii() else "")


def _head(signs: str) -> bool:
    """Whether `signs` may begin an IBAN: a country of the list, then two digits."""
    country, check = signs[:2], signs[2:4]
    return (
        any(code.startswith(country) for code in LENGTHS) if len(country) == 1 else country in LENGTHS
    ) and (not check or check.isdigit())


def _may_go_on(signs: str, token: Token) -> bool:
    """The same for a token that may still grow."""
    if not digits_only(token) and token.text in STARTS:
        return not signs or _head(signs)
    added = _signs(token)
    return bool(added) and _head((signs + added)[:4] if len(signs) < 4 else signs)
