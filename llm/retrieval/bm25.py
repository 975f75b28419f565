"""BM25 with what every word adds computed when the index is built. Pure.

Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with Lucene's IDF, which is
never negative. As in Lu, "BM25S", 2024: since word and passage are known at the time of building, so is what the word
adds to the passage's score, and a search only sums it. Words are folded (case, accents, English plurals after Harman's
S-stemmer, 1991); there is no list of stop words, since the IDF makes them weigh next to nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt
from msgspec import Struct

K1: Final = 1.2
B: Final = 0.75
LONGEST_WORD: Final = 64
WORD: Final = re.compile(r"\w+")

Adds = dict[str, tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]]


class Words(Struct, frozen=True):
    """For each word the passages (by number, rising) that have it, and what it adds to their scores."""

    adds: Adds
    passages: int


def terms(text: str) -> list[str]:
    """The words of `text`, folded, in order."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return [_singular(word)[:LONGEST_WORD] for word in WORD.findall(bare)]


def _singular(word: str) -> str:
    if len(word) < 4 or not word.endswith("s") or word.endswith(("us", "ss")):
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    return word[:-1]


def counted(texts: Sequence[str]) -> Words:
    """What each word adds to each of `texts`."""
    counts = [Counter(terms(text)) for text in texts]
    lengths = [sum(count.values()) for count in counts]
    mean = (sum(lengths) / len(lengths) if lengths else 0) or 1
    holders: dict[str, list[tuple[int, int]]] = {}
    for number, count in enumerate(counts):
        for word, times in count.items():
            holders.setdefault(word, []).append((number, times))
    adds: Adds = {}
    for word, found in sorted(holders.items()):
        rarity = log(1 + (len(texts) - len(found) + 0.5) / (len(found) + 0.5))
        weights = [
            rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * lengths[number] / mean))
            for number, times in found
        ]
        adds[word] = (np.array([number for number, _ in found], np.int32), np.array(weights, np.float32))
    return Words(adds, len(texts))


def ranked(words: Words, query: str, k: int) -> list[tuple[int, float]]:
    """The `k` passages that score highest, best first, equals by number; none that has no word of `query`."""
    scores = np.zeros(words.passages, np.float32)
    for word in dict.fromkeys(terms(query)):
        if (found := words.adds.get(word)) is not None:
            scores[found[0]] += found[1]
    have = np.flatnonzero(scores)
    order = have[np.argsort(-scores[have], kind="stable")][:k]
    return [(int(number), float(scores[number])) for number in order]
