"""Texts as words that can be compared, however they are spelled. Pure.

For English the rules are those of OpenAI Whisper's normaliser in the small (Radford et al. 2022, appendix C): no case,
no punctuation, nothing in brackets, no fillers, contractions in full, British spelling as American where it is common.
Accents are left out in all languages, since transcripts of telephone prompts often lack them.
"""

import re
import unicodedata
from typing import Final

from streaming.bench.numerals import LANGUAGES, joined

ASIDE: Final = re.compile(r"[\[(<{][^\])>}]*[\])>}]")
WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
NUMBER: Final = re.compile(r"(?<=\d),(?=\d{3}\b)")
BREAK: Final = re.compile(r"[.,;:!?]+(?:\s|$)")
INITIALS: Final = re.compile(r"(?<=\b\w)\.(?=\w\b)")
ORDINAL: Final = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
EDGE: Final = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")

FILLERS: Final = frozenset({"hmm", "mm", "mhm", "mmm", "uh", "um"})
WHOLE: Final = {
    "won't": "will not", "can't": "can not", "cannot": "can not", "let's": "let us", "ain't": "is not",
    "gonna": "going to", "wanna": "want to", "gotta": "got to", "y'all": "you all",
    "mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "prof": "professor",
    "colour": "color", "favourite": "favorite", "centre": "center", "dialled": "dialed", "cancelled": "canceled",
    "programme": "program", "grey": "gray", "okay": "ok", "recognise": "recognize", "licence": "license",
}  # fmt: skip
ENDS: Final = (
    ("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"),
    ("'m", " am"), ("'s", " is"), ("'d", " would"),
)  # fmt: skip


def plain(text: str) -> list[str]:
    """The words that are seen in `text`: without case, accents and punctuation, as they are written else."""
    return WORD.findall(_bare(text))


def words(text: str, language: str = "en") -> list[str]:
    """The words to score: as `plain`, fillers and brackets left out, contractions in full, numbers as "#1", "#2"."""
    bare = ORDINAL.sub("", NUMBER.sub("", INITIALS.sub("", _bare(ASIDE.sub(" ", text)))))
    return [word for part in BREAK.split(bare) for word in _phrase(part, language)]


def _phrase(text: str, language: str) -> list[str]:
    """No number goes on across the end of a phrase."""
    found = WORD.findall(EDGE.sub(" ", text))
    if language == "en":
        found = [part for word in found if word not in FILLERS for part in _full(word).split()]
    else:
        found = [part for word in found for part in word.split("'")]
    numerals = LANGUAGES.get(language)
    return joined(found, numerals) if numerals else found


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _full(word: str) -> str:
    if word in WHOLE:
        return WHOLE[word]
    for end, full in ENDS:
        if word.endswith(end) and len(word) > len(end):
            return word[: -len(end)] + full
    return word.replace("'", "")
