"""What to look for in the documents, made from the conversation. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from llm.grounding.terms import COMMON, terms, words
from llm.history import Turn

REFERRING: Final = frozenset({"it", "this", "those", "these", "they", "them", "he", "she", "him"})
VAGUE: Final = frozenset(
    {"its", "that", "there", "one", "ones", "same", "other", "else", "both", "his", "her", "their"}
)
"""These refer to what was said before, unless the sentence has much of its own."""
ELLIPTIC: Final = re.compile(r"\s*(?:and|or|but|so|what about|how about|et|y|und|a co)\b", re.IGNORECASE)
POLITE: Final = frozenset(
    """hello hi hey good morning afternoon evening day thanks thank bye goodbye welcome nice merci bonjour salut revoir
    hola gracias adios buenos dias dekuji ahoj dobry den nashledanou danke hallo guten tag
    wiedersehen""".split()  # noqa: SIM905
)
FAREWELL: Final = frozenset("bye goodbye revoir adios nashledanou wiedersehen".split())  # noqa: SIM905
POLITE_TERMS: Final = frozenset(term for word in POLITE for term in terms(word))
LONGEST: Final = 48
"""Words of a query. Of a long turn the end counts: that is where the question is."""
BEFORE: Final = 24
"""Words that are taken from what was said before."""
FEW, MUCH = 2, 3


def query(turns: Sequence[Turn]) -> str:
    """The newest turn; with the last one before it that has something to refer to, if it seems to refer to it.

    It does, when it has a word like "it" or "that", begins like a continuation, or has less than three words that
    carry something.
    """
    if not turns:
        return ""
    newest = _last(turns[-1].said, LONGEST)
    if not refers(newest):
        return newest
    for turn in reversed(turns[:-1]):
        if len(terms(turn.said)) >= FEW:
            return f"{_last(turn.said, BEFORE)} {newest}".strip()
    return newest


def refers(text: str) -> bool:
    """It can hardly be understood without what was said before."""
    said = words(text)
    own = [word for word in said if word not in COMMON]
    vague = len(own) <= MUCH and bool(VAGUE & set(said))
    return bool(REFERRING & set(said)) or vague or bool(ELLIPTIC.match(text)) or len(own) <= FEW


def _last(text: str, most: int) -> str:
    return " ".join(text.split()[-most:])


def small_talk(text: str) -> bool:
    """A greeting, thanks or a farewell: no document is asked about."""
    said = set(words(text))
    return bool(said & POLITE) and not set(terms(text)) - POLITE_TERMS


def farewell(text: str) -> bool:
    """Nothing but a farewell: whoever says it wants to be asked nothing more."""
    return small_talk(text) and bool(FAREWELL & set(words(text)))
