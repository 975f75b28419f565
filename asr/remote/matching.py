"""A server's whole text of a window as the answer to a question about it. Pure.

The words that are committed and those that were believed are laid beside the words heard now (edit distance, W. Wagner
and M. Fischer 1974, with the times as a tie-break). What is the same in both is borne out: local agreement, as in
D. Macháček et al., arXiv 2307.14743.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from asr.remote.reply import Heard
from asr.remote.written import Written, written
from asr.whisper.passes import Aligned, Answer, Question

WORDS: Final = Written()
FAR_S: Final = 2.0
"""Committed words end about where they ended before: to be so far off costs as much as a wrong word."""


def answer(question: Question, heard: Sequence[Heard], language: str, *, told: bool) -> Answer:
    """What is heard now behind the forced words; of a partial, how far these and the tail are borne out."""
    forced = WORDS.words(question.forced, language)
    tail = WORDS.words(question.tail, language)
    behind = _behind(forced, heard, question.said_s)
    fresh = [word for word in heard[behind:] if word.text.strip()]
    tokens = tuple(token for word in fresh for token in written(word.text))
    if question.final and not tokens:
        return Answer((), Aligned(), language, told)
    known = _matched(forced, heard[:behind])
    known += _sure(fresh) if question.final else _agreed(tail, fresh)
    old = forced + ([written(word.text) for word in fresh] if question.final else tail)
    return Answer(tokens, aligned(old, known, question), language, told, translated=question.translate)


def missed(question: Question) -> Answer:
    """The answer of an engine that could not listen."""
    return Answer((), Aligned(), question.language or question.fallback, missed=True)


def aligned(
    words: Sequence[tuple[int, ...]], known: Sequence[tuple[Heard | None, float]], question: Question
) -> Aligned:
    """Times and probabilities of the words' tokens; a word that was not found stands between its neighbours."""
    edge_s = question.heard / 100
    chances, times, now = list[float](), list[float](), 0.0
    for group, (place, chance) in zip(words, known, strict=True):
        begin = max(now, place.begin_s if place else now)
        now = max(begin, place.end_s if place else begin)
        step = (now - begin) / len(group)
        times += [begin + step * number for number in range(len(group))]
        chances += [chance] * len(group)
    last = now if known and known[-1][0] else edge_s
    times.append(max(now, last))
    assert all(one <= other for one, other in pairwise(times))
    return Aligned(chances, times)


def _behind(forced: Sequence[tuple[int, ...]], heard: Sequence[Heard], said_s: float) -> int:
    """How many of the words heard are the forced ones over again."""
    if not forced:
        return 0
    costs = _distances([plain(WORDS.text(word)) for word in forced], [plain(word.text) for word in heard])
    late = [
        abs((heard[count - 1].end_s if count else 0.0) - said_s) / FAR_S for count in range(len(heard) + 1)
    ]
    return min(range(len(heard) + 1), key=lambda count: (costs[-1][count] + min(2.0, late[count]), count))


def _matched(forced: Sequence[tuple[int, ...]], heard: Sequence[Heard]) -> list[tuple[Heard | None, float]]:
    """The words heard that are the forced ones, one after the other."""
    left, right = [plain(WORDS.text(word)) for word in forced], [plain(word.text) for word in heard]
    costs, i, j = _distances(left, right), len(left), len(right)
    found: list[tuple[Heard | None, float]] = [(None, 0.0)] * len(left)
    while i:
        if j and costs[i][j] == costs[i - 1][j - 1] + (left[i - 1] != right[j - 1]):
            i, j = i - 1, j - 1
            found[i] = (heard[j], _told(heard[j]) if left[i] == right[j] else 0.0)
        elif costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
        else:
            j -= 1
    return found


def _agreed(tail: Sequence[tuple[int, ...]], fresh: Sequence[Heard]) -> list[tuple[Heard | None, float]]:
    """The tail as far as it is heard again, word by word."""
    same = 0
    while same < min(len(tail), len(fresh)) and tail[same] == written(fresh[same].text):
        same += 1
    borne = [(word, _told(word)) for word in fresh[:same]]
    return [*borne, *[(None, 0.0)] * (len(tail) - same)]


def _sure(fresh: Sequence[Heard]) -> list[tuple[Heard | None, float]]:
    return [(word, 1.0 if word.probability is None else word.probability) for word in fresh]


def _told(word: Heard) -> float:
    """To be heard twice is to be sure, unless the server has doubts about this very word."""
    return word.probability if word.sure and word.probability is not None else 1.0


def plain(word: str) -> str:
    """`word` without case and punctuation, unless nothing else is left."""
    return "".join(sign for sign in word.casefold() if sign.isalnum()) or word.strip()


def _distances(left: Sequence[str], right: Sequence[str]) -> list[list[int]]:
    """Edit distances of each first part of `left` to each first part of `right`."""
    rows = [list(range(len(right) + 1))]
    for number, word in enumerate(left, start=1):
        row, above = [number], rows[-1]
        for at, other in enumerate(right, start=1):
            row.append(min(above[at] + 1, row[-1] + 1, above[at - 1] + (word != other)))
        rows.append(row)
    return rows
