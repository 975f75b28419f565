"""Lists of phrases, found in what is said whatever its case, accents and punctuation. Pure.

A phrase is found where its words follow each other, also when a segment ends between them.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """The words of `text` without case and accents; an apostrophe joins ("don't" is "dont")."""
    folded = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    return _WORD.findall("".join(sign for sign in folded if not unicodedata.combining(sign)))


class Phrases:
    """Named lists, looked for in the text of several channels as it grows."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._first: dict[str, list[tuple[list[str], str]]] = {}
        self._longest = 1
        self._before: dict[int, list[str]] = {}
        for name, phrases in lists.items():
            for phrase in phrases:
                words = tokens(phrase)
                if words:
                    self._first.setdefault(words[0], []).append((words, name))
                    self._longest = max(self._longest, len(words))

    def heard(self, channel: int, text: str) -> list[str]:
        """The lists of which a phrase ends in `text`, each once, in the order in which they are found."""
        before = self._before.get(channel, [])
        words = [*before, *tokens(text)]
        found: dict[str, None] = {}
        for place, word in enumerate(words):
            for phrase, name in self._first.get(word, []):
                end = place + len(phrase)
                if end > len(before) and words[place:end] == phrase:
                    found[name] = None
        self._before[channel] = words[-(self._longest - 1) :] if self._longest > 1 else []
        return list(found)
