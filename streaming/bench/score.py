"""How far what was heard is from what was said. Pure."""

from collections.abc import Sequence
from typing import NamedTuple


class Score(NamedTuple):
    """Words to insert, delete or replace, and words said; numbers apart (by their
    digits), since there are many ways to write them."""

    errors: int = 0
    words: int = 0
    number_errors: int = 0
    numbers: int = 0

    def plus(self, other: "Score") -> "Score":
        """Both together."""
        return Score(*(one + two for one, two in zip(self, other, strict=True)))

    @property
    def wer(self) -> float:
        """Errors in percent of the words said, numbers left out; 0 when there is none."""
        return 100 * self.errors / self.words if self.words else 0.0


def align(want: Sequence[str], got: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Places in `want` and `got` that belong together, in order, with the least number of edits (Levenshtein)."""
    rows = [list(range(len(got) + 1))]
    for i, word in enumerate(want, start=1):
        before, row = rows[-1], [i]
        for j, other in enumerate(got, start=1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (word != other)))
        rows.append(row)
    pairs: list[tuple[int | None, int | None]] = []
    i, j = len(want), len(got)
    while i or j:
        if i and j and rows[i][j] == rows[i - 1][j - 1] + (want[i - 1] != got[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif i and rows[i][j] == rows[i - 1][j] + 1:
            i -= 1
            pairs.append((i, None))
        else:
            j -= 1
            pairs.append((None, j))
    return pairs[::-1]


def score(want: Sequence[str], got: Sequence[str]) -> Score:
    """Of words as `spelling.words` gives them. An edit that a number has part in is a number's error."""
    errors = number_errors = 0
    for i, j in align(want, got):
        said, heard = "" if i is None else want[i], "" if j is None else got[j]
        if said == heard:
            continue
        if said.startswith("#") or heard.startswith("#"):
            number_errors += 1
        else:
            errors += 1
    numbers = sum(word.startswith("#") for word in want)
    return Score(errors, len(want) - numbers, number_errors, numbers)


def matches(want: Sequence[str], got: Sequence[str]) -> dict[int, int]:
    """Places in `got` of the words of `want` that were heard as they were said."""
    pairs = align(want, got)
    return {i: j for i, j in pairs if i is not None and j is not None and want[i] == got[j]}
