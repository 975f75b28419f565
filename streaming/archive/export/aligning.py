"""The times of words when their text is another one: those that stay keep theirs, the others share the time of what
they stand for. Pure."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from streaming.archive.words import plain
from streaming.events import Word

_WIDE: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN: Final = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+")
"""A word, or a sign of a script that is written without spaces: recognisers time those one by one too."""


class Token(NamedTuple):
    """A word of a text, and where it begins."""

    text: str
    offset: int


def tokens(text: str) -> list[Token]:
    """The words of a text, in order."""
    return [Token(found.group(), found.start()) for found in TOKEN.finditer(text)]


def aligned(words: Sequence[Word], text: str) -> list[Word]:
    """The words of `text`, which is to stand for what `words` say.

    A word that is in both (case, accents and punctuation aside) keeps its time and confidence; in particular all before
    the first and behind the last difference do. Others have confidence 1: somebody wrote them. Times never go back, and
    stay within those of `words`, which must not be empty.
    """
    old = [part for word in words for part in _parts(word)]
    new = tokens(text)
    out: list[Word] = []
    i = j = 0
    for i_same, j_same, size in (*_same(old, new), (len(old), len(new), 0)):
        out += _shared(old, (i, i_same), new[j:j_same])
        i, j = i_same + size, j_same + size
        out += [_kept(was, now) for was, now in zip(old[i_same:i], new[j_same:j], strict=True)]
    return _forward(out)


def spread(text: str, begin_ms: int, end_ms: int) -> list[Word]:
    """The words of a text that is known to take so long, each by its length."""
    return _even(tokens(text), begin_ms, end_ms)


def spliced(words: Sequence[Word], span: tuple[int, int], put: str) -> list[Word]:
    """The words when `put` takes the place of `span` of their text: those that it touches are one, or none if it is
    blank; all offsets are right again."""
    begin, end = span
    shift = len(put) - (end - begin)
    before = [word for word in words if word.offset + len(word.text) <= begin]
    behind = [word for word in words if word.offset >= end and word not in before]
    touched = [word for word in words if word not in before and word not in behind]
    out = before
    if touched:
        first, last = touched[0], touched[-1]
        head = first.text[: max(0, begin - first.offset)]
        tail = last.text[max(0, end - last.offset) :] if last.offset + len(last.text) > end else ""
        text = f"{head}{put}{tail}".strip()
        if text:
            offset = first.offset if head else begin
            times = (first.start_ms, max(word.end_ms for word in touched))
            out = [*before, Word(text, offset, *times, min(word.confidence for word in touched))]
    return [*out, *(_at(word, word.offset + shift) for word in behind)]


def _parts(word: Word) -> list[Word]:
    """A recogniser's word as words of ours: mostly it is one."""
    parts = spread(word.text, word.start_ms, word.end_ms)
    return [Word(part.text, part.offset, part.start_ms, part.end_ms, word.confidence) for part in parts]


def _same(old: Sequence[Word], new: Sequence[Token]) -> list[tuple[int, int, int]]:
    """Runs that both have: where in each, and how long. What begins or ends both is always one of them."""
    was, now = [_plain(word.text) for word in old], [_plain(token.text) for token in new]
    most = min(len(was), len(now))
    head = next((place for place in range(most) if was[place] != now[place]), most)
    most -= head
    tail = next((place for place in range(most) if was[-1 - place] != now[-1 - place]), most)
    was_middle, now_middle = was[head : len(was) - tail], now[head : len(now) - tail]
    middle = SequenceMatcher(None, was_middle, now_middle, autojunk=False).get_matching_blocks()
    runs = [(0, 0, head), *((block.a + head, block.b + head, block.size) for block in middle)]
    return [run for run in (*runs, (len(was) - tail, len(now) - tail, tail)) if run[2]]


def _shared(words: Sequence[Word], old: tuple[int, int], new: Sequence[Token]) -> list[Word]:
    """New words that stand for words[old]; for none of them, in the pause where they were put in."""
    first, behind = old
    if first < behind:
        begin, end = words[first].start_ms, words[behind - 1].end_ms
    else:
        begin = words[first - 1].end_ms if first else words[0].start_ms
        end = words[first].start_ms if first < len(words) else words[-1].end_ms
    return _even(new, begin, max(begin, end))


def _even(new: Sequence[Token], begin: int, end: int) -> list[Word]:
    whole = sum(len(token.text) for token in new)
    out: list[Word] = []
    said = 0
    for token in new:
        start = begin + (end - begin) * said // whole
        said += len(token.text)
        out.append(Word(token.text, token.offset, start, begin + (end - begin) * said // whole, 1.0))
    return out


def _forward(words: Sequence[Word]) -> list[Word]:
    """Nothing begins before what it follows, nor ends before it begins."""
    out: list[Word] = []
    latest = 0
    for word in words:
        latest = max(latest, word.start_ms)
        out.append(Word(word.text, word.offset, latest, max(latest, word.end_ms), word.confidence))
    return out


def _kept(was: Word, now: Token) -> Word:
    return Word(now.text, now.offset, was.start_ms, was.end_ms, was.confidence)


def _at(word: Word, offset: int) -> Word:
    return Word(word.text, offset, word.start_ms, word.end_ms, word.confidence)


def _plain(text: str) -> str:
    """A word as it is compared; what is nothing but punctuation is itself."""
    return plain(text) or text
