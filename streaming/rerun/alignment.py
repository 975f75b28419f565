"""Which words of two transcripts of one sound belong together: the least number of edits (Levenshtein) among words that
were said at about the same time, so that an hour costs little and a text that repeats itself is not mixed up. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

BAND_MS: Final = 20_000
"""Words that are further apart than this are never the same."""
NEVER: Final = 1 << 60


class Spoken(Struct, frozen=True):
    """A word as it is compared, and about when it was said."""

    text: str
    at_ms: int


class Row(Struct):
    """Edits so far, for so many words of the old, and `begin`, `begin` + 1, ... words of the new."""

    begin: int
    edits: list[int]

    def at(self, j: int) -> int:
        """Edits with `j` words of the new; NEVER outside of the band."""
        return self.edits[j - self.begin] if 0 <= j - self.begin < len(self.edits) else NEVER


def differ(one: Spoken, two: Spoken) -> bool:
    """Whether these are not the same word."""
    return one.text != two.text or abs(one.at_ms - two.at_ms) > BAND_MS


def aligned(old: Sequence[Spoken], new: Sequence[Spoken]) -> list[tuple[int | None, int | None]]:
    """Places in `old` and `new` that belong together, in order; None: it has none. Both are in the order of time."""
    rows = _rows(old, new)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(old), len(new)
    while i or j:
        here = rows[i].at(j)
        if i and j and here == rows[i - 1].at(j - 1) + differ(old[i - 1], new[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and here == rows[i - 1].at(j) + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def _rows(old: Sequence[Spoken], new: Sequence[Spoken]) -> list[Row]:
    times = [one.at_ms for one in new]
    low, high = 0, bisect_right(times, old[0].at_ms + BAND_MS) if old else len(new)
    rows = [Row(0, list(range(high + 1)))]
    for number, word in enumerate(old, start=1):
        # The bands of two rows touch, and the last one reaches to the end: there is always a way through.
        low = min(max(low, bisect_left(times, word.at_ms - BAND_MS)), high)
        last = number == len(old)
        high = len(new) if last else max(high, bisect_right(times, word.at_ms + BAND_MS))
        before, row = rows[-1], Row(low, [])
        for j in range(low, high + 1):
            same = before.at(j - 1) + differ(word, new[j - 1]) if j else NEVER
            row.edits.append(min(before.at(j) + 1, row.at(j - 1) + 1, same))
        rows.append(row)
    return rows
