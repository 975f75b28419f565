"""Words of what is still being said, for dialects whose partial results have words. Pure.

A partial of ours has no times: a word's is a guess, evenly by letters over the time in which all of it was said.
"""

import re
from collections.abc import Sequence
from typing import Final

from streaming.parts import Word

WORD: Final = re.compile(r"\S+")
SURE: Final = 1.0
UNSURE: Final = 0.5


def guessed(text: str, stable: int, begin_ms: int, end_ms: int) -> Sequence[Word]:
    """The words of a partial that was said from `begin_ms` to `end_ms`. Their confidence says whether they can still
    change: SURE for what lies within the first `stable` code points, else UNSURE."""
    span, size = max(0, end_ms - begin_ms), max(1, len(text))
    return [
        Word(
            text=found.group(),
            offset=found.start(),
            start_ms=begin_ms + span * found.start() // size,
            end_ms=begin_ms + span * found.end() // size,
            confidence=SURE if found.end() <= stable else UNSURE,
        )
        for found in WORD.finditer(text)
    ]


def bare(word: str) -> str:
    """A word in lower case and without what stands around it; a masked one (`[card number]`) stays as it is."""
    if word.startswith("["):
        return word
    return re.sub(r"^[^\w]+|[^\w]+$", "", word.lower()) or word


def seconds(ms: float) -> float:
    """Milliseconds as seconds."""
    return round(ms / 1000, 3)
