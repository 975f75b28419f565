"""Where sentences begin and end. Pure."""

import re
from typing import Final

_END: Final = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+|\n+")
_SHORT: Final = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|no|nr|vs|approx|e\.g|i\.e|etc|inc|ltd|max|min)|\b\w)\.$", re.IGNORECASE
)
"""What a full stop follows without ending a sentence: usual short forms, and single letters."""


def spans(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as [from, to) without white space around them; a line's end ends one as well."""
    found: list[tuple[int, int]] = []
    begin = 0
    for end in [*_ends(text), len(text)]:
        piece = text[begin:end]
        if piece.strip():
            left = begin + len(piece) - len(piece.lstrip())
            found.append((left, begin + len(piece.rstrip())))
        begin = end
    return found


def complete(text: str) -> int:
    """How much of `text`, which grows, is whole sentences: what follows has begun with something visible."""
    ends = [end for end in _ends(text) if text[end:].strip()]
    return ends[-1] if ends else 0


def _ends(text: str) -> list[int]:
    ends: list[int] = []
    for mark in _END.finditer(text):
        line = mark.group().startswith("\n")
        after = text[mark.end() :].lstrip()[:1]
        if line or not (after.islower() or _SHORT.search(text[: mark.end()])):
            ends.append(mark.end())
    return ends
