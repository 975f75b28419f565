"""Words as the index knows them, and what somebody looks for. Pure.

A word is a run of letters, digits and marks, or one sign of a script that puts no spaces between words. It is compared
without case, accents and forms (Unicode NFKD, marks dropped, case folded, until nothing changes any more).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from streaming.errors import ClientFault

_WIDE: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Thai, Lao, Burmese, Khmer, Chinese and Japanese: each sign is a word of its own."""

_JOINED: Final = r"['\u2019\u02bc]"
_RUN: Final = rf"(?:(?![{_WIDE}_])[\w\u0300-\u036f])"
_WORD: Final = re.compile(rf"[{_WIDE}](?<![\W_])|{_RUN}+(?:{_JOINED}{_RUN}+)*")
_QUOTED: Final = re.compile(r'"([^"]*)"?')
MOST_WORDS: Final = 32
"""That one search may have."""


class Word(NamedTuple):
    """A normalised word, and the code points [start, end) of the text that it was."""

    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """Letters and digits of `text` without case, accents and forms. Idempotent."""
    while True:
        apart = unicodedata.normalize("NFKD", text.casefold())
        made = "".join(sign for sign in apart if unicodedata.category(sign)[0] in "LN")
        if made == text:
            return made
        text = made


def words(text: str) -> Iterator[Word]:
    """The words of `text`, in order. Signs that stand for several words (such as U+337F) are all of them at once."""
    for found in _WORD.finditer(text):
        for made in _WORD.findall(plain(found[0])):
            yield Word(made, found.start(), found.end())


def phrases(query: str) -> list[list[str]]:
    """What has to be found: each word by itself, and each "quoted phrase" whole.

    Raises:
        ClientFault: there is no word in it, or too many (`bad_query`).
    """
    quoted = [[word.text for word in words(found[1])] for found in _QUOTED.finditer(query)]
    alone = [[word.text] for word in words(_QUOTED.sub(" ", query))]
    wanted = [phrase for phrase in (*quoted, *alone) if phrase]
    if not wanted:
        raise ClientFault("bad_query", 'there is no word in the query: give words, or a "phrase" in quotes')
    if sum(map(len, wanted)) > MOST_WORDS:
        raise ClientFault("bad_query", f"the query has more than {MOST_WORDS} words: leave some out")
    return wanted


def spans(text: str, wanted: Sequence[Sequence[str]]) -> list[tuple[int, int]]:
    """Where the phrases stand in `text`, in order; what touches or overlaps is one span."""
    there = list(words(text))
    found: list[tuple[int, int]] = []
    for phrase in wanted:
        for first in range(len(there) - len(phrase) + 1):
            run = there[first : first + len(phrase)]
            if all(word.text == asked for word, asked in zip(run, phrase, strict=True)):
                found.append((run[0].start, run[-1].end))
    return _merged(sorted(found))


def _merged(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in found:
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
