"""Committed words as text, and the text's words with their places in it. Pure."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from asr.rates import millis
from streaming.events import Word

SPACELESS = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that are written without spaces between words."""


class Vocabulary(Protocol):
    """A model's tokens as text."""

    def words(self, tokens: Sequence[int], language: str) -> list[tuple[int, ...]]:
        """`tokens` in groups, each a word with its leading space and the punctuation behind it."""
        ...

    def text(self, tokens: tuple[int, ...]) -> str:
        """What `tokens` say, leading space included."""
        ...

    def tokens(self, text: str) -> tuple[int, ...]:
        """`text` as tokens, none of which is anything but text."""
        ...


class Spoken(NamedTuple):
    """A word as it stands in the token stream (`text` has its leading space), from sample to sample."""

    text: str
    begin: int
    end: int
    probability: float


def spell(words: Iterable[Spoken]) -> str:
    """The text of `words`. The text of any first part of them begins it."""
    return "".join(word.text for word in words).strip()


def settle(words: Sequence[Spoken], language: str) -> tuple[str, list[Word]]:
    """The text, and its words: their text stands at their offset, their times grow and do not overlap.

    What has no space before it (punctuation that came late) belongs to the word before, except in languages that are
    written without spaces.
    """
    joined: list[Spoken] = []
    for word in words:
        apart = word.text.startswith(" ") or (language in SPACELESS and _letters(word.text))
        joined.append(word if apart or not joined else _glued(joined.pop(), word))
    text, out, at, floor = spell(joined), list[Word](), 0, 0
    for word in joined:
        bare = word.text.strip()
        if not bare:
            continue
        at = text.index(bare, at)
        begin = max(floor, millis(word.begin))
        end = max(begin, millis(word.end))
        out.append(Word(bare, at, begin, end, round(word.probability, 3)))
        at, floor = at + len(bare), end
    return text, out


def confidence(words: Sequence[Spoken]) -> float:
    """Of an utterance: the geometric mean of its words'."""
    if not words:
        return 0.0
    return round(math.exp(sum(math.log(max(word.probability, 1e-6)) for word in words) / len(words)), 3)


def _glued(word: Spoken, rest: Spoken) -> Spoken:
    sure = min(word.probability, rest.probability)
    return Spoken(word.text + rest.text, word.begin, max(word.end, rest.end), sure)


def _letters(text: str) -> bool:
    return any(letter.isalnum() for letter in text)
