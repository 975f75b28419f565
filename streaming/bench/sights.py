"""What a viewer saw, and when: of any system, words' first sight and their commit. Pure. Seconds of the session."""

import difflib
from collections.abc import Sequence
from typing import NamedTuple

from streaming.bench.score import matches
from streaming.bench.spelling import plain


class Sight(NamedTuple):
    """At `at` the viewer saw `text`, all of the session so far. Its first `fixed` characters will never change, says
    the system; the first `done` belong to stretches of speech that it has closed."""

    at: float
    text: str
    fixed: int
    done: int


class Timed(NamedTuple):
    """A word of the sound as `spelling.plain` has it, from second to second."""

    text: str
    begin: float
    end: float


class Seen(NamedTuple):
    """A word of the sound, and when it was first seen, committed, and closed. None: it never was, as it was said."""

    word: Timed
    first: float | None
    commit: float | None
    final: float | None


def seen(sights: Sequence[Sight], truth: Sequence[Timed]) -> list[Seen]:
    """Of each word of `truth`. A word that is seen before it begins in the sound is another one, or a guess."""
    last = plain(sights[-1].text) if sights else []
    said = matches([word.text for word in truth], last)
    begins = {place: truth[number].begin for number, place in said.items()}
    first: dict[int, float] = {}
    commit, final = _Kept(last), _Kept(last)
    for sight in sights:
        for place in _visible(plain(sight.text), last):
            if sight.at >= begins.get(place, 0.0):
                first.setdefault(place, sight.at)
        commit.see(sight.at, plain(sight.text[: sight.fixed]))
        final.see(sight.at, plain(sight.text[: sight.done]))
    return [
        Seen(word, first.get(place), commit.since.get(place), final.since.get(place))
        if (place := said.get(number, -1)) >= 0
        else Seen(word, None, None, None)
        for number, word in enumerate(truth)
    ]


def changed(sights: Sequence[Sight]) -> int:
    """Words that a system had called unchangeable, and changed; case and punctuation count."""
    count, before = 0, ""
    for sight in sights:
        if not sight.text.startswith(before):
            old, new = before.split(), sight.text.split()
            count += len(old) - common(old, new)
        before = sight.text[: sight.fixed]
    return count


def flicker(sights: Sequence[Sight]) -> float:
    """Normalised erasure (Arivazhagan et al. 2020): words taken back for each word that stayed."""
    erased, before = 0, list[str]()
    for sight in sights:
        now = plain(sight.text)
        erased += len(before) - common(before, now)
        before = now
    return erased / max(1, len(before))


def common(one: Sequence[str], two: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for left, right in zip(one, two, strict=False):
        if left != right:
            break
        count += 1
    return count


class _Kept:
    """Since when the words of `last` stand where they stand in the end, without a break."""

    def __init__(self, last: Sequence[str]) -> None:
        self._last = last
        self.since: dict[int, float] = {}

    def see(self, at: float, words: Sequence[str]) -> None:
        count = common(words, self._last)
        for place in range(count, len(self.since)):
            del self.since[place]
        for place in range(len(self.since), count):
            self.since[place] = at


def _visible(words: Sequence[str], last: Sequence[str]) -> list[int]:
    """Places in `last` of the words that are seen in `words`."""
    count = common(words, last)
    rest = words[count:]
    near = last[count : count + len(rest) + 8]
    blocks = difflib.SequenceMatcher(None, rest, near, autojunk=False).get_matching_blocks()
    return [*range(count), *(count + block.b + step for block in blocks for step in range(block.size))]
